"""The names of a museum's kiosk files. Their bucket may hold anything else besides."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from museum_assets.museums.kiosk_museum import KioskMuseum

FileKind = Literal["exhibition", "history"]
FILE_KINDS: tuple[FileKind, ...] = ("exhibition", "history")


def pattern_of(museum: KioskMuseum, kind: FileKind) -> str:
    """Return the shell pattern of this kind's keys, without the museum's prefix."""
    return museum.exhibition_pattern if kind == "exhibition" else museum.history_pattern


def kind_of(museum: KioskMuseum, key: str) -> FileKind | None:
    """Return the kind of file that a key names, None when it is not one of the museum's. `*` matches no `/`."""
    if not key.startswith(museum.prefix) or "\x00" in key:  # Postgres cannot store a NUL
        return None
    name = key[len(museum.prefix) :]
    return next((kind for kind in FILE_KINDS if "/" not in name and fnmatchcase(name, pattern_of(museum, kind))), None)
