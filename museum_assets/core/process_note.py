"""A file in a home that leads other commands to a running process; it counts only while that process lives."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil


def write_note(file: Path, pid: int, **more: Any) -> None:
    """Note a process, readable by its owner alone; a reader finds the whole note or none."""
    unfinished = file.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps({"pid": pid, "started": psutil.Process(pid).create_time(), **more}))
    unfinished.replace(file)


def read_note(file: Path) -> dict[str, Any] | None:
    """Return the note of a process that lives; None when it has ended, or there is none."""
    if not file.exists():
        return None
    found: dict[str, Any] = json.loads(file.read_text())
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(found["pid"])
        # The number alone may be another process's by now.
        if process.create_time() == found["started"] and process.status() != psutil.STATUS_ZOMBIE:
            return found
    return None
