"""Reading the files of an import into blocks of rows, whatever their format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from io import RawIOBase
from pathlib import Path

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.read.block import Block, Checkpoint
from museum_assets.archive_files.read.delimited import delimited_blocks, fixed_blocks
from museum_assets.archive_files.read.documents import json_line_blocks, json_member_blocks
from museum_assets.archive_files.read.quoted import quoted_blocks
from museum_assets.archive_files.unpack.unpack import Member, members

Reader = Callable[[DeclaredSource, RawIOBase, str, Checkpoint], Iterator[Block]]

READER_OF: Mapping[str, Reader] = {"fixed": fixed_blocks, "jsonl": json_line_blocks}


def read_blocks(source: DeclaredSource, paths: Sequence[Path], start: Checkpoint) -> Iterator[Block]:
    """Yield the rows of all declared members after a checkpoint. Raises Failure, BadArchive among them."""
    for number, path in enumerate(paths):
        if number < start.file:
            continue
        first = start if number == start.file else Checkpoint(number)
        declared = (m for m in members(path) if m.index >= first.member and is_declared(source, m))
        if source.format == "json":
            yield from json_member_blocks(source, declared, number)
        else:
            for member in declared:
                begin = first if member.index == first.member else Checkpoint(number, member.index)
                yield from _reader(source)(source, member.stream, member.name, begin)


def is_declared(source: DeclaredSource, member: Member) -> bool:
    """Say whether the source declares this member; a file that is not an archive always counts as declared."""
    return member.alone or source.member_pattern.matches(member.name)


def _reader(source: DeclaredSource) -> Reader:
    if source.format == "delimited":
        return quoted_blocks if source.quote else delimited_blocks
    return READER_OF[source.format]
