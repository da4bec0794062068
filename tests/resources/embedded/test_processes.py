"""Servers are found by their processes, also while another thread looks for others."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from resources.embedded import postgres, s3


def test_what_another_thread_wants_of_processes_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """psutil keeps what a walk wants in objects that all threads share: here another walk has replaced it each time."""
    walk = psutil.process_iter

    def disturbed(*wanted: Any) -> Iterator[psutil.Process]:
        for process in list(walk(*wanted)):
            process.info = {"status": None}
            yield process

    program = shutil.copy(shutil.which("sleep") or "", tmp_path / "postgres")
    with subprocess.Popen([program, "600"], cwd=tmp_path) as server:
        monkeypatch.setattr(psutil, "process_iter", disturbed)
        found = postgres.processes(tmp_path), s3.processes(tmp_path)
        server.kill()
    assert [[process.pid for process in each] for each in found] == [[server.pid], []]
