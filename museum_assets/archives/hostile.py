"""What an archive may not be: the limits, the names and kinds that are refused, and a stream that stops a bomb.

Every refusal is permanent and has its own code: `path_traversal`, `absolute_path`, `bad_name`, `link_member`,
`special_member`, `nested_archive`, `encrypted_archive`, `overlapping_members`, `too_many_members`, `archive_too_large`,
`decompression_bomb`, `truncated_archive`, `wrong_checksum`, `damaged_archive`, `unsupported_archive`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from museum_assets.failures import Failure

MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")
USTAR_AT = 257
NESTED = re.compile(r"\.(zip|tar|tgz|tbz2?|txz|gz|bz2|xz|7z|rar|zst|iso|cab|jar)$", re.IGNORECASE)
OFFICE = re.compile(r"\.(xlsx|docx|pptx|ods|odt|odp|epub)$", re.IGNORECASE)
"""Documents that are ZIPs inside; nothing here opens them."""
DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True, slots=True)
class Limits:
    """How much an archive may hold. `ratio` is unpacked to packed bytes, once `ratio_from` bytes are unpacked.

    Real ones stay far below: Chicago's dump has 140,000 members, 2.5 GB and a ratio of 22, a county's tables 10.
    """

    members: int = 1_000_000
    bytes: int = 64 * 2**30
    ratio: int = 200
    ratio_from: int = 16 * 2**20


class BadArchive(Failure):
    """An archive that is not read: hostile, damaged or of a kind that is not known. `code` says which."""

    permanent = True


class Suspect(NamedTuple):
    """A member as its archive describes it."""

    archive: str
    name: str


def refuse(code: str, archive: str, why: str) -> BadArchive:
    """Return the refusal; the caller raises it."""
    return BadArchive(f"{archive} is refused: {why}. Nothing was written.", code=code)


def check_name(suspect: Suspect) -> None:
    """Refuse a name that would lie outside the folder it is unpacked in, though nothing here unpacks to a folder."""
    archive, name = suspect
    plain = name.replace("\\", "/")
    if not plain.strip("/") or "\x00" in name:
        raise refuse("bad_name", archive, f"a member has the name {name!r:.120}")
    if plain.startswith("/") or DRIVE.match(plain):
        raise refuse("absolute_path", archive, f"the member {name!r:.120} has an absolute path")
    if ".." in PurePosixPath(plain).parts:
        raise refuse("path_traversal", archive, f"the member {name!r:.120} leads out of its folder")


def check_nested(suspect: Suspect, head: bytes = b"") -> None:
    """Refuse an archive in an archive, by its name or by its first bytes."""
    inside = head.startswith(MAGIC) and not OFFICE.search(suspect.name)
    if NESTED.search(suspect.name) or inside or head[USTAR_AT : USTAR_AT + 5] == b"ustar":
        raise refuse("nested_archive", suspect.archive, f"the member {suspect.name!r:.120} is an archive itself")


class Guarded(io.RawIOBase):
    """What comes out of a decompressor, counted: refuses to go beyond the limits.

    `packed` tells how many bytes went in. `last_nonzero` is where the last byte other than zero ended.
    """

    def __init__(self, inner: IO[bytes], packed: Callable[[], int], archive: str, limits: Limits) -> None:
        self._inner = inner
        self._packed = packed
        self._archive = archive
        self._limits = limits
        self.count = 0
        self.last_nonzero = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return at most a megabyte: whoever asks for all of a bomb gets it in pieces, and is stopped."""
        body = self._inner.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        if body:
            if kept := len(body.rstrip(b"\0")):
                self.last_nonzero = self.count + kept
            self.count += len(body)
            check_amount(self._archive, self.count, self._packed(), self._limits)
        return body

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer."""
        body = self.read(len(buffer))
        buffer[: len(body)] = body
        return len(body)


def check_amount(archive: str, unpacked: int, packed: int, limits: Limits) -> None:
    """Refuse what has grown beyond the limits."""
    if unpacked > limits.bytes:
        raise refuse("archive_too_large", archive, f"it unpacks to more than {limits.bytes:,} bytes")
    if unpacked > limits.ratio_from and unpacked > limits.ratio * max(packed, 1):
        raise refuse("decompression_bomb", archive, f"{packed:,} bytes of it unpack to more than {unpacked:,}")
