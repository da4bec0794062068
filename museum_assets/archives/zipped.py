"""The members of a ZIP, after its directory was held against the limits."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from typing import IO

from museum_assets.archives.hostile import Limits, Suspect, check_amount, check_name, refuse

KNOWN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def zip_members(file: IO[bytes], archive: str, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and stream of each file. Raises BadArchive, and what zipfile raises."""
    with zipfile.ZipFile(file) as opened:
        for info in _checked(opened, archive, limits):
            with opened.open(info) as stream:
                yield info.filename, stream


def _checked(opened: zipfile.ZipFile, archive: str, limits: Limits) -> list[zipfile.ZipInfo]:
    """Return the files of the directory, or refuse all of it before a byte is unpacked."""
    entries = opened.infolist()
    if len(entries) > limits.members:
        raise refuse("too_many_members", archive, f"it has {len(entries):,} members")
    for info in entries:
        _check_entry(info, archive, limits)
    check_amount(archive, sum(each.file_size for each in entries), limits.bytes, limits)
    _check_overlaps(entries, opened.start_dir, archive)
    return [info for info in entries if not info.is_dir()]


def _check_entry(info: zipfile.ZipInfo, archive: str, limits: Limits) -> None:
    check_name(Suspect(archive, info.filename))
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

    Python looks for it itself from 3.11.8 and 3.12.2 on.
    """
    starts = sorted((info.header_offset, info.compress_size) for info in entries)
    for (start, size), (following, _) in zip(starts, [*starts[1:], (end, 0)], strict=True):
        if start + 30 + size > following:
            raise refuse("overlapping_members", archive, f"the member at byte {start:,} reaches into the next one")
