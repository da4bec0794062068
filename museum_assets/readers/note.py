"""The note in a home that leads other commands to its readers' pages. It imports little: a command is to be quick."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from museum_assets.core.process_note import read_note, write_note

NOTE = "readers.json"


@contextmanager
def noted(home: Path, address: str) -> Iterator[None]:
    """Let the other commands of this home find the pages for as long as the block lasts."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_note(home / NOTE, os.getpid(), address=address)
    try:
        yield
    finally:
        # Another one may have taken its place.
        if (note := read_note(home / NOTE)) and note["pid"] == os.getpid():
            (home / NOTE).unlink(missing_ok=True)


def running_at(home: Path) -> str | None:
    """Return the address of the pages of this home; None when nobody serves them."""
    note = read_note(home / NOTE)
    return str(note["address"]) if note else None
