"""Lists a museum's kiosk files in a bucket that holds other objects too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from museum_assets.museums.kiosk_files import FileKind, kind_of, pattern_of
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.s3 import ObjectStore, StoredObject


@dataclass(frozen=True, slots=True, order=True)
class SourceFile:
    """One version of a file in the bucket: an overwritten object has another etag."""

    key: str
    etag: str
    bytes: int
    last_modified: datetime


def list_files(store: ObjectStore, museum: KioskMuseum, kind: FileKind) -> list[SourceFile]:
    """Return the museum's files of this kind in key order, listing only their common prefix. Raises as S3 does."""
    prefix = museum.prefix + pattern_of(museum, kind).partition("*")[0]
    return [source_file(stored) for stored in store.list(prefix) if kind_of(museum, stored.key) == kind]


def source_file(stored: StoredObject) -> SourceFile:
    """Return a listed object as a source file."""
    return SourceFile(stored.key, stored.etag, stored.size, stored.modified)
