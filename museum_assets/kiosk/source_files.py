"""Fetching a museum's files of one kind from its bucket, each version with its bytes from one answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from museum_assets.failures import Failure, Gone, Refused, Unavailable
from museum_assets.kiosk.bucket import Kind, SourceFile, list_files, source_file
from museum_assets.kiosk.combined import Outcome, ReadFile
from museum_assets.kiosk.museum import KioskMuseum
from resources.s3 import ObjectStore

LARGEST: dict[Kind, int] = {"exhibition": 1 << 20, "history": 128 << 20}
"""Bytes. A history file of 128 MiB has five million rows, and is read in about eight times its size."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One version of a file, with its bytes and their digest in hexadecimal."""

    file: SourceFile
    kind: Kind
    body: bytes
    sha256: str

    def read(self, outcome: Outcome, message: str | None = None, rows: int = 0, rejected: int = 0) -> ReadFile:
        """Return what became of it."""
        f = self.file
        return ReadFile(f.key, f.etag, self.kind, f.bytes, f.last_modified, self.sha256, outcome, message, rows,
                        rejected)  # fmt: skip


@dataclass(slots=True)
class SourceFiles:
    """A museum's files of one kind, the first uploaded first, so that who claims something first keeps it.

    After they were gone through, `unreadable` names the files that could not be fetched, with why: they have no
    outcome, and so are tried again.
    """

    store: ObjectStore
    museum: KioskMuseum
    kind: Kind
    unreadable: dict[str, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Fetched | ReadFile]:
        """Yield each file, or its outcome when it need not be read.

        Raises as S3 does, and Unavailable when not one of the files could be fetched: then it is not the files' fault.
        """
        first: dict[str, str] = {}
        fetched_any = False
        listed = list_files(self.store, self.museum, self.kind)
        for file in sorted(listed, key=lambda each: (each.last_modified, each.key)):
            try:
                fetched = self._fetch(file)
            except Gone:
                continue  # deleted since it was listed: the bucket does not hold it
            except Refused as error:
                if error.code != "too_large":
                    self.unreadable[file.key] = str(error)
                    continue
                yield Fetched(file, self.kind, b"", "").read("refused", f"{error}: split it")
                continue
            except Failure as error:
                self.unreadable[file.key] = str(error)
                continue
            fetched_any = True
            if (owner := first.setdefault(fetched.sha256, file.key)) != file.key and fetched.body:
                yield fetched.read("same_content", f"its content is that of {owner}")
            else:
                yield fetched
        if self.unreadable and not fetched_any:
            why = next(iter(self.unreadable.values()))
            raise Unavailable(f"none of {len(self.unreadable)} {self.kind} files could be fetched: {why}")

    def _fetch(self, file: SourceFile) -> Fetched:
        found = self.store.fetch(file.key, LARGEST[self.kind])
        # The version that was read, which may be newer than the one that was listed.
        return Fetched(source_file(found.stored), self.kind, found.body, sha256(found.body).hexdigest())
