"""Which objects of a general-purpose bucket are a museum's kiosk files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Literal

from museum_assets.kiosk.museum import KioskMuseum
from resources.s3 import ObjectStore, StoredObject

Kind = Literal["exhibition", "history"]
KINDS: tuple[Kind, ...] = ("exhibition", "history")


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One version of a file in the bucket: an overwritten object has another etag."""

    key: str
    etag: str
    bytes: int
    last_modified: datetime


def pattern_of(museum: KioskMuseum, kind: Kind) -> str:
    """Return the pattern of a kind's keys, below the museum's prefix."""
    return museum.exhibition_pattern if kind == "exhibition" else museum.history_pattern


def kind_of(museum: KioskMuseum, key: str) -> Kind | None:
    """Return what a key names, None when it is none of the museum's files; `*` does not reach across a `/`."""
    if not key.startswith(museum.prefix) or "\x00" in key:  # which Postgres cannot hold
        return None
    name = key[len(museum.prefix) :]
    return next((kind for kind in KINDS if "/" not in name and fnmatchcase(name, pattern_of(museum, kind))), None)


def list_files(store: ObjectStore, museum: KioskMuseum, kind: Kind) -> list[SourceFile]:
    """Return the museum's files of this kind in key order; only their common prefix is listed. Raises as S3 does."""
    prefix = museum.prefix + pattern_of(museum, kind).partition("*")[0]
    return [source_file(found) for found in store.list(prefix) if kind_of(museum, found.key) == kind]


def source_file(found: StoredObject) -> SourceFile:
    """Return an object of a listing as a file."""
    return SourceFile(found.key, found.etag, found.size, found.modified)
