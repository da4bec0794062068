"""The note in a home that says a restore has begun there and has not ended."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from pathlib import Path

from museum_assets.core.failures import MuseumError

NOTE = "restore.unfinished"


class RestoreUnfinished(MuseumError):
    """A restore into this home was interrupted: what it left is not the platform that was backed up."""


def note_restore(home: Path, source: str) -> None:
    """Note that a restore begins."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    (home / NOTE).write_text(f"{source}\n{datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n", encoding="utf-8")


def forget_restore(home: Path) -> None:
    """Note that it has ended."""
    (home / NOTE).unlink(missing_ok=True)


def refuse_unfinished(home: Path) -> None:
    """Raise RestoreUnfinished when a restore into this home has begun and not ended, with what to do."""
    note = home / NOTE
    if not note.exists():
        return
    source, _, when = note.read_text(encoding="utf-8").partition("\n")
    raise RestoreUnfinished(
        f"the restore of {source} into {home}, begun {when.strip()}, runs still or was interrupted, so what is there "
        "is not whole. If none runs, begin anew with empty services: `museum erase` removes this home; empty the "
        "databases, buckets and collections that the settings name elsewhere; then run "
        f"`museum restore {shlex.quote(source)}` again"
    )
