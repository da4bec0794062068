"""An unfinished download: its bytes so far, and a note of the file's version they belong to."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self

import orjson

from museum_assets.core.folders import sync_folder


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a remote file this is, as the headers of an answer tell it."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    size: int | None = None
    strong_date: bool = False
    """Whether Last-Modified tells two versions apart: it is a second or more before the answer's Date."""

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str], size: int | None) -> Self:
        """Return the version that an answer's headers name."""
        date = headers.get("Last-Modified")
        return cls(url, headers.get("ETag"), date, size, _is_settled(date, headers.get("Date")))

    @property
    def validator(self) -> str | None:
        """What If-Range may hold: a strong ETag, else a strong date, else None (RFC 9110, 13.1.5 and 8.8.2.2)."""
        if self.etag is not None:
            return None if self.etag.startswith("W/") else self.etag
        return self.last_modified if self.strong_date else None

    def contradicts(self, other: Version) -> bool:
        """Say whether both give a value for the same field and the values differ."""
        pairs = ((self.etag, other.etag), (self.last_modified, other.last_modified), (self.size, other.size))
        return any(one is not None and another is not None and one != another for one, another in pairs)


class Part:
    """The files `<name>.part` and `<name>.part.json` beside the final `<name>`."""

    def __init__(self, final: Path) -> None:
        self.final = final
        self.path = final.with_name(f"{final.name}.part")
        self._note = final.with_name(f"{final.name}.part.json")

    @property
    def size(self) -> int:
        """How many bytes have come."""
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self, url: str) -> Version | None:
        """Return the version that the bytes belong to; None when the download cannot be continued."""
        try:
            version = Version(**orjson.loads(self._note.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return version if version.url == url and version.validator and self.size else None

    def begin(self, version: Version) -> None:
        """Remove the bytes and note the version that the next ones belong to."""
        # In this order, so that bytes never lie beside the note of another version.
        self.discard()
        self._note.write_bytes(orjson.dumps(asdict(version)))

    def discard(self) -> None:
        """Remove the bytes and the note."""
        for path in (self.path, self._note):
            with suppress(FileNotFoundError):
                path.unlink()

    def finish(self, version: Version, sha256: str) -> None:
        """Give the complete file its name and write the note of its version, both durable on disk."""
        noted = final_note(self.final)
        noted.with_suffix(".new").write_bytes(orjson.dumps({**asdict(version), "size": self.size, "sha256": sha256}))
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        # A file without a note is merely downloaded again, but a note without its file would be wrong.
        with suppress(FileNotFoundError):
            noted.unlink()
        self.path.replace(self.final)
        noted.with_suffix(".new").replace(noted)
        sync_folder(self.final.parent)
        self.discard()


def final_note(final: Path) -> Path:
    """Return the path of the note about a complete file's version."""
    return final.with_name(f"{final.name}.json")


def complete_version(final: Path, url: str) -> tuple[Version, str] | None:
    """Return (version, SHA-256) of a file that was downloaded before; None when it was not, or from another address."""
    try:
        noted = orjson.loads(final_note(final).read_bytes())
        digest = noted.pop("sha256")
        version = Version(**noted)
        same = version.url == url and final.stat().st_size == version.size
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return (version, digest) if same else None


def _is_settled(modified: str | None, answered: str | None) -> bool:
    if not modified or not answered:
        return False
    try:
        return (parsedate_to_datetime(answered) - parsedate_to_datetime(modified)).total_seconds() >= 1
    except (ValueError, TypeError):
        return False
