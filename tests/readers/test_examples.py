"""The commands of docs/readers.md, run as they stand there against a server with a work of this number."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI

from museum_assets.readers.site import Site
from museum_assets.search.question import Filters, Question
from tests.readers.serving import serving
from tests.support.places import ROOT

TEXT = (ROOT / "docs/readers.md").read_text(encoding="utf-8")
PLACE = "http://127.0.0.1:8000"


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl is here")
def test_the_documents_examples_run(app: FastAPI, site: Site, tmp_path: Path) -> None:
    works = site.reader.search(Question(filters=Filters(museum="smk", has_image=True))).found
    commands = re.findall(r"^ {4}(curl .+)$", TEXT, re.MULTILINE)
    assert len(commands) >= 9
    with serving(app, site.settings) as address:
        for command in commands:
            # The document's work is one of SMK's; the simulator's are called otherwise.
            real = command.replace("smk/KMS1", f"smk/{works[0].artwork.object_number}").replace(PLACE, address)
            done = subprocess.run(
                ["bash", "-c", real.replace("curl ", "curl -fsS --noproxy '*' ", 1)],
                cwd=tmp_path, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stderr}"
    assert (tmp_path / "KMS1.jpg").read_bytes().startswith(b"\xff\xd8")
