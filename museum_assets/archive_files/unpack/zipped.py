"""The members of a ZIP file whose directory is within the limits."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from typing import IO, Any, cast

from museum_assets.archive_files.unpack.hostile import ArchiveLimits, MemberName, check_amount, check_name, refuse

LZMA_MEMORY = 256 * 2**20
"""The largest dictionary of a member packed with LZMA; the decoder takes it as the member is unpacked."""

ENTRY = b"PK\x01\x02"
"""What every entry of a directory begins with."""
KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def zip_members(file: IO[bytes], archive: str, limits: ArchiveLimits) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield (name, stream) of each file. Raises BadArchive, and the errors of zipfile."""
    guarded = _DirectoryGuard(file, archive, limits)
    with zipfile.ZipFile(cast("IO[bytes]", guarded)) as opened:
        guarded.reading_directory = False
        for info in _checked(opened, archive, limits):
            if info.compress_type == zipfile.ZIP_LZMA:
                _check_dictionary(file, info, archive)
            with opened.open(info) as stream:
                yield info.filename, stream


class _DirectoryGuard:
    """A file as zipfile opens it, which refuses a directory beyond the limits before zipfile makes objects of it.

    zipfile reads the directory whole and in one call, of the size that the file claims. Each of its entries begins with
    the same four bytes, so there are never more entries than those.
    """

    def __init__(self, file: IO[bytes], archive: str, limits: ArchiveLimits) -> None:
        self._file = file
        self._archive = archive
        self._limits = limits
        self.reading_directory = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises BadArchive(too_many_members)."""
        if not self.reading_directory:
            return self._file.read(size)
        most = self._limits.zip_directory
        found = b"" if size > most else self._file.read(size if size >= 0 else most + 1)
        if max(size, len(found)) > most:
            raise refuse("too_many_members", self._archive, f"its directory has more than {most:,} bytes")
        if (count := found.count(ENTRY)) > min(self._limits.members, self._limits.zip_members):
            raise refuse("too_many_members", self._archive, f"it has {count:,} members")
        return found


def _check_dictionary(file: IO[bytes], info: zipfile.ZipInfo, archive: str) -> None:
    """Refuse a member packed with LZMA whose decoder would take too much memory."""
    file.seek(info.header_offset + 26)
    name, extra = struct.unpack("<HH", file.read(4).ljust(4, b"\0"))
    file.seek(info.header_offset + 30 + name + extra + 5)  # after LZMA's version, the length and the first property
    if (size := int.from_bytes(file.read(4), "little")) > LZMA_MEMORY:
        raise refuse("unsupported_archive", archive, f"{info.filename!r:.120} asks for {size:,} bytes of memory")


def _checked(opened: zipfile.ZipFile, archive: str, limits: ArchiveLimits) -> list[zipfile.ZipInfo]:
    """Return the files that the directory lists. Raises BadArchive before a byte is unpacked."""
    entries = opened.infolist()
    if len(entries) > limits.members:
        raise refuse("too_many_members", archive, f"it has {len(entries):,} members")
    for info in entries:
        _check_entry(info, archive, limits)
    check_amount(archive, sum(each.file_size for each in entries), limits.bytes, limits)
    _check_overlaps(entries, opened.start_dir, archive)
    return [info for info in entries if not info.is_dir()]


def _check_entry(info: zipfile.ZipInfo, archive: str, limits: ArchiveLimits) -> None:
    check_name(MemberName(archive, info.filename))
    kind = stat.S_IFMT(info.external_attr >> 16)
    if stat.S_ISLNK(kind):
        raise refuse("link_member", archive, f"the member {info.filename!r:.120} is a link")
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        raise refuse("special_member", archive, f"the member {info.filename!r:.120} is no plain file")
    if info.flag_bits & 0x41 or info.compress_type == 99:
        raise refuse("encrypted_archive", archive, f"the member {info.filename!r:.120} is encrypted")
    if info.compress_type not in KNOWN:
        raise refuse("unsupported_archive", archive, f"{info.filename!r:.120} has compression {info.compress_type}")
    check_amount(archive, info.file_size, info.compress_size, limits)


def _check_overlaps(entries: list[zipfile.ZipInfo], end: int, archive: str) -> None:
    """Refuse members that share bytes: 46 MB can unpack to 4.5 PB that way (Fifield, "A better zip bomb", 2019).

    Python checks this itself from 3.11.8 and 3.12.2 on.
    """
    starts = sorted((info.header_offset, info.compress_size) for info in entries)
    for (start, size), (following, _) in zip(starts, [*starts[1:], (end, 0)], strict=True):
        if start + 30 + size > following:
            raise refuse("overlapping_members", archive, f"the member at byte {start:,} reaches into the next one")
