"""From the files of an import to blocks of rows, whatever their format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from io import RawIOBase
from pathlib import Path

from museum_assets.archives.block import Block, Place
from museum_assets.archives.delimited import delimited_blocks, fixed_blocks
from museum_assets.archives.documents import json_line_blocks, json_member_blocks
from museum_assets.archives.quoted import quoted_blocks
from museum_assets.archives.schema import Source
from museum_assets.archives.unpack import Member, members

Reader = Callable[[Source, RawIOBase, str, Place], Iterator[Block]]

READERS: Mapping[str, Reader] = {"fixed": fixed_blocks, "jsonl": json_line_blocks}


def read_blocks(source: Source, paths: Sequence[Path], start: Place) -> Iterator[Block]:
    """Yield the rows of all wanted members from a place on. Raises Failure, BadArchive among them."""
    for number, path in enumerate(paths):
        if number < start.file:
            continue
        place = start if number == start.file else Place(number)
        found = (m for m in members(path) if m.index >= place.member and is_wanted(source, m))
        if source.format == "json":
            yield from json_member_blocks(source, found, number)
        else:
            for member in found:
                at = place if member.index == place.member else Place(number, member.index)
                yield from _reader(source)(source, member.stream, member.name, at)


def is_wanted(source: Source, member: Member) -> bool:
    """Say whether a member is one of those declared; a file that is no archive always is."""
    return member.alone or source.wanted.matches(member.name)


def _reader(source: Source) -> Reader:
    if source.format == "delimited":
        return quoted_blocks if source.quote else delimited_blocks
    return READERS[source.format]
