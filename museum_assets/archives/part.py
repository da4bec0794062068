"""A download that is under way: its bytes so far, and beside them what they are a part of."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Self

import orjson


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of a remote file this is. `validator` is None when the server gives nothing to rely on."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    size: int | None = None
    strong_date: bool = False
    """Whether Last-Modified tells two versions apart: it is a second or more before the answer's Date."""

    @classmethod
    def of(cls, url: str, headers: Mapping[str, str], size: int | None) -> Self:
        """Read the validators of an answer."""
        date = headers.get("Last-Modified")
        return cls(url, headers.get("ETag"), date, size, _is_settled(date, headers.get("Date")))

    @property
    def validator(self) -> str | None:
        """What If-Range may hold: a strong ETag, else a strong date (RFC 9110, 13.1.5 and 8.8.2.2)."""
        if self.etag is not None:
            return None if self.etag.startswith("W/") else self.etag
        return self.last_modified if self.strong_date else None

    def contradicts(self, other: Version) -> bool:
        """Tell whether two answers show that they are of different versions."""
        pairs = ((self.etag, other.etag), (self.last_modified, other.last_modified), (self.size, other.size))
        return any(mine is not None and theirs is not None and mine != theirs for mine, theirs in pairs)


class Part:
    """The files `<name>.part` and `<name>.part.json` beside the final `<name>`."""

    def __init__(self, final: Path) -> None:
        self.final = final
        self.path = final.with_name(f"{final.name}.part")
        self._note = final.with_name(f"{final.name}.part.json")

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self, url: str) -> Version | None:
        """Return what the bytes are a part of; None when nothing is there that can be gone on with."""
        try:
            version = Version(**orjson.loads(self._note.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        return version if version.url == url and version.validator and self.size else None

    def begin(self, version: Version) -> None:
        """Forget what is there, and note of what the bytes to come are a part."""
        # In this order: bytes must never lie beside the note of another version.
        self.discard()
        self._note.write_bytes(orjson.dumps(asdict(version)))

    def discard(self) -> None:
        """Remove the bytes and the note."""
        for path in (self.path, self._note):
            with suppress(FileNotFoundError):
                path.unlink()

    def finish(self, version: Version, sha256: str) -> None:
        """Give the finished file its name, durably, with a note of what it is."""
        noted = final_note(self.final)
        noted.with_suffix(".new").write_bytes(orjson.dumps({**asdict(version), "size": self.size, "sha256": sha256}))
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        # A file without its note is only downloaded again; a note must not outlive its file.
        with suppress(FileNotFoundError):
            noted.unlink()
        self.path.replace(self.final)
        noted.with_suffix(".new").replace(noted)
        _sync_folder(self.final.parent)
        self.discard()


def final_note(final: Path) -> Path:
    """Return where it is noted of which version a finished file is."""
    return final.with_name(f"{final.name}.json")


def finished(final: Path, url: str) -> tuple[Version, str] | None:
    """Return version and SHA-256 of a file that was downloaded before; None when there is none of this address."""
    try:
        noted = orjson.loads(final_note(final).read_bytes())
        digest = noted.pop("sha256")
        version = Version(**noted)
        same = version.url == url and final.stat().st_size == version.size
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return (version, digest) if same else None


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_settled(modified: str | None, answered: str | None) -> bool:
    if not modified or not answered:
        return False
    try:
        return (parsedate_to_datetime(answered) - parsedate_to_datetime(modified)).total_seconds() >= 1
    except (ValueError, TypeError):
        return False
