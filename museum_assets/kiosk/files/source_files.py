"""Fetches a museum's files of one kind from its bucket. A file's version and bytes come from one response."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from museum_assets.core.failures import Failure, Gone, RequestRefused, Unavailable
from museum_assets.kiosk.files.bucket import SourceFile, list_files, source_file
from museum_assets.kiosk.files.combined import FileBooks, FileOutcome
from museum_assets.museums.kiosk_files import FileKind
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.s3 import ObjectStore

LARGEST_BYTES: dict[FileKind, int] = {"exhibition": 1 << 20, "history": 128 << 20}
"""Bytes. A history file of 128 MiB has five million rows, and takes about eight times its size in memory."""


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One version of a file with its bytes. `sha256` is hexadecimal."""

    file: SourceFile
    kind: FileKind
    body: bytes
    sha256: str

    def books(self, outcome: FileOutcome, message: str | None = None, rows: int = 0, rejected: int = 0) -> FileBooks:
        """Return the books of this version."""
        f = self.file
        return FileBooks(f.key, f.etag, self.kind, f.bytes, f.last_modified, self.sha256, outcome, message, rows,
                        rejected)  # fmt: skip


@dataclass(slots=True)
class SourceFiles:
    """A museum's files of one kind, in the order of upload: the first file to claim an exhibition code keeps it.

    After the iteration, `unreadable` says by key why a file could not be fetched. Such a file has no outcome, so the
    next run tries it again.
    """

    store: ObjectStore
    museum: KioskMuseum
    kind: FileKind
    unreadable: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[FetchedFile | FileBooks]:
        """Yield each file, or only its books when it need not be read.

        Raises as S3 does, and Unavailable when none of the files could be fetched: then no single file is at fault.
        """
        first: dict[str, str] = {}
        fetched_any = False
        listed = list_files(self.store, self.museum, self.kind)
        for file in sorted(listed, key=lambda each: (each.last_modified, each.key)):
            try:
                fetched = self._fetch(file)
            except Gone:
                continue  # deleted since it was listed
            except RequestRefused as error:
                if error.code != "too_large":
                    self.unreadable[file.key] = str(error)
                    continue
                yield FetchedFile(file, self.kind, b"", "").books("refused", f"{error}: split it")
                continue
            except Failure as error:
                self.unreadable[file.key] = str(error)
                continue
            fetched_any = True
            if (owner := first.setdefault(fetched.sha256, file.key)) != file.key and fetched.body:
                yield fetched.books("same_content", f"its content is that of {owner}")
            else:
                yield fetched
        if self.unreadable and not fetched_any:
            why = next(iter(self.unreadable.values()))
            raise Unavailable(f"none of {len(self.unreadable)} {self.kind} files could be fetched: {why}")

    def _fetch(self, file: SourceFile) -> FetchedFile:
        fetched = self.store.fetch(file.key, LARGEST_BYTES[self.kind])
        # The version that was fetched may be newer than the one that was listed.
        return FetchedFile(source_file(fetched.stored), self.kind, fetched.body, sha256(fetched.body).hexdigest())
