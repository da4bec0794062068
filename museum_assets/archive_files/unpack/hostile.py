"""Refusing hostile archives: limits, forbidden names and kinds of member, and a stream that stops a bomb.

Every refusal is permanent and has its own code: `path_traversal`, `absolute_path`, `bad_name`, `link_member`,
`special_member`, `nested_archive`, `encrypted_archive`, `overlapping_members`, `too_many_members`, `archive_too_large`,
`decompression_bomb`, `truncated_archive`, `wrong_checksum`, `damaged_archive`, `unsupported_archive`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, NamedTuple

from museum_assets.core.failures import Failure

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
USTAR_AT = 257
NESTED = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|7z|rar|zst|iso|cab|jar)$", re.IGNORECASE)
OFFICE = re.compile(r"\.(xlsx|docx|pptx|ods|odt|odp|epub)$", re.IGNORECASE)
"""Office documents are ZIP files too, but they are not unpacked here and so are allowed as members."""
DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold. From `ratio_from` unpacked bytes on, they may be `ratio` times the packed ones.

    Real archives stay far below: Chicago's dump has 140,000 members, 2.5 GB and a ratio of 22; a county's tables 10.
    """

    members: int = 1_000_000
    zip_members: int = 300_000
    """A ZIP file's directory is read whole, and takes 370 bytes a member; a TAR is read member by member."""
    zip_directory: int = 48 * 2**20
    bytes: int = 64 * 2**30
    ratio: int = 200
    ratio_from: int = 16 * 2**20


class BadArchive(Failure):
    """An archive is hostile, damaged or of an unknown kind, and so is not read. `code` says which."""

    permanent = True


class MemberName(NamedTuple):
    """The name of a member, and of its archive."""

    archive: str
    name: str


def refuse(code: str, archive: str, why: str) -> BadArchive:
    """Return the refusal of an archive, for the caller to raise."""
    return BadArchive(f"{archive} is refused: {why}. Nothing was written.", code=code)


def check_name(suspect: MemberName) -> None:
    """Refuse a name that leads out of the folder of an archive, although nothing here unpacks into a folder."""
    archive, name = suspect
    plain = name.replace("\\", "/")
    if not plain.strip("/") or "\x00" in name:
        raise refuse("bad_name", archive, f"a member has the name {name!r:.120}")
    if plain.startswith("/") or DRIVE.match(plain):
        raise refuse("absolute_path", archive, f"the member {name!r:.120} has an absolute path")
    if ".." in plain.split("/"):
        raise refuse("path_traversal", archive, f"the member {name!r:.120} leads out of its folder")


def check_nested(suspect: MemberName, head: bytes = b"") -> None:
    """Refuse an archive within an archive, which its name or its first bytes show."""
    inside = head.startswith(MAGIC) and not OFFICE.search(suspect.name)
    if NESTED.search(suspect.name) or inside or head[USTAR_AT : USTAR_AT + 5] == b"ustar":
        raise refuse("nested_archive", suspect.archive, f"the member {suspect.name!r:.120} is an archive itself")


class GuardedStream(io.RawIOBase):
    """A decompressor's output. It counts the bytes and refuses the archive when they exceed the limits.

    `packed` returns how many bytes the decompressor has read. `last_nonzero` is the offset after the last byte that is
    not zero.
    """

    def __init__(self, inner: IO[bytes], packed: Callable[[], int], archive: str, limits: ArchiveLimits) -> None:
        self._inner = inner
        self._packed = packed
        self._archive = archive
        self._limits = limits
        self.count = 0
        self.last_nonzero = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most a megabyte, so that a bomb is stopped although all of it was asked for."""
        body = self._inner.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        if body:
            if kept := len(body.rstrip(b"\0")):
                self.last_nonzero = self.count + kept
            self.count += len(body)
            check_amount(self._archive, self.count, self._packed(), self._limits)
        return body

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill the buffer with the next bytes; return how many."""
        body = self.read(len(buffer))
        buffer[: len(body)] = body
        return len(body)


def check_amount(archive: str, unpacked: int, packed: int, limits: ArchiveLimits) -> None:
    """Refuse an archive that unpacks to more than the limits allow."""
    if unpacked > limits.bytes:
        raise refuse("archive_too_large", archive, f"it unpacks to more than {limits.bytes:,} bytes")
    if unpacked > limits.ratio_from and unpacked > limits.ratio * max(packed, 1):
        raise refuse("decompression_bomb", archive, f"{packed:,} bytes of it unpack to more than {unpacked:,}")
