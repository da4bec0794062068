"""Delimited text without quoting, and fixed-width text: a line is a row, whatever it holds.

A block without any fault is split by Arrow at 300 MB/s; a block with one line by line, so that the fault is found.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.archives.block import Block, Place, Refused
from museum_assets.archives.header import Fields, fields_of
from museum_assets.archives.lines import UTF8_MARK, first_line, line_blocks, skip, trouble
from museum_assets.archives.schema import Source

Split = Callable[[str], Sequence[str]]


def delimited_blocks(source: Source, stream: io.RawIOBase, file: str, start: Place) -> Iterator[Block]:
    """Yield the rows of a member from a place on. Raises Failure(missing_column, line_too_long)."""
    blocks = line_blocks(stream)
    head = next(blocks, b"")
    if not head.strip():
        return
    fields = _fields(source, head, file)
    if fields.is_header and start.offset == 0:
        header = len(first_line(head))
        start = Place(start.file, start.member, header, 1)
    reader = _Reader(source, file, fields, start)
    skipped = start.offset
    if len(head) > skipped:
        yield from reader.read(head[skipped:])
        skipped = 0
    else:
        skipped -= len(head)
    # Blocks end at lines, and so does a place; but not every time at the same ones.
    for block in blocks:
        if skipped >= len(block):
            skipped -= len(block)
            continue
        yield from reader.read(block[skipped:])
        skipped = 0


def fixed_blocks(source: Source, stream: io.RawIOBase, file: str, start: Place) -> Iterator[Block]:
    """Yield the rows of a fixed-width member; a line that ends early has blanks there."""
    skip(stream, start.offset)
    ends = [(column.start or 1) - 1 for column in source.columns.values()]
    spans = [slice(at, at + (column.width or 0)) for at, column in zip(ends, source.columns.values(), strict=True)]
    fields = Fields(len(spans), {name: place for place, name in enumerate(source.columns)}, is_header=False)
    reader = _Reader(source, file, fields, start, lambda line: [line[span] for span in spans])
    for block in line_blocks(stream):
        yield from reader.read(block)


def _fields(source: Source, head: bytes, file: str) -> Fields:
    line = first_line(head).removeprefix(UTF8_MARK).rstrip(b"\r\n")
    return fields_of(source, line.decode(source.encoding, "replace").split(source.delimiter), file)


@dataclass(slots=True)
class _Reader:
    """Turns blocks of lines into rows, keeping the place. `split` is None for delimited text."""

    source: Source
    file: str
    fields: Fields
    place: Place
    split: Split | None = None

    def read(self, block: bytes) -> Iterator[Block]:
        """Yield the rows of one block of lines."""
        size = len(block)
        if self.place.offset == 0:
            block = block.removeprefix(UTF8_MARK)
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        end = Place(self.place.file, self.place.member, self.place.offset + size, self.place.line + count)
        yield self._fast(block, count, end) or self._slow(block, end)
        self.place = end

    def _fast(self, block: bytes, count: int, end: Place) -> Block | None:
        """Return the rows of a block without a fault; None when it may have one."""
        if self.split or self.fields.count < 2 or b"\0" in block:
            return None
        # Arrow takes any CR for a line's end; one within a line is a character like others.
        if block.count(b"\r") != block.count(b"\r\n"):
            return None
        plain = block
        if self.source.encoding in ("utf-8", "ascii") or not plain.isascii():
            try:
                text = plain.decode(self.source.encoding)
            except UnicodeDecodeError:
                return None
            plain = plain if self.source.encoding == "utf-8" else text.encode()
        columns = _split(plain, self.source, self.fields)
        # Arrow passes over empty lines.
        if columns is None or len(next(iter(columns.values()))) != count:
            return None
        lines = range(end.line - count + 1, end.line + 1)
        bodies = _Bodies(block)
        return Block(self.file, columns, lines, bodies, end, "\\" if b"\\" in block else "")

    def _slow(self, block: bytes, end: Place) -> Block:
        rows: list[Sequence[str]] = []
        lines: list[int] = []
        bodies: list[bytes] = []
        refused: list[Refused] = []
        for line, raw in enumerate(block.split(b"\n"), self.place.line + 1):
            body = raw.removesuffix(b"\r")
            if not body:
                continue
            fault = trouble(body, self.source.encoding)
            if not fault:
                text = body.decode(self.source.encoding)
                values = self.split(text) if self.split else text.split(self.source.delimiter)
                if len(values) == self.fields.count:
                    rows.append(values)
                    lines.append(line)
                    bodies.append(body)
                    continue
                fault = "field_count", f"the line has {len(values)} fields instead of {self.fields.count}"
            refused.append(Refused(self.file, line, *fault, body))
        return Block(self.file, as_columns(rows, self.fields), lines, bodies.__getitem__, end, refused=refused)


class _Bodies:
    """The lines of a block, cut only when somebody asks for one."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._lines: list[bytes] | None = None

    def __call__(self, row: int) -> bytes:
        if self._lines is None:
            self._lines = self._block.split(b"\n")
        return self._lines[row].removesuffix(b"\r")


def as_columns(rows: Sequence[Sequence[str]], fields: Fields) -> dict[str, Any]:
    """Turn rows of texts into the declared columns; one that the file lacks is empty."""
    import pyarrow as pa

    turned = list(zip(*rows, strict=True)) or [()] * fields.count
    empty = [""] * len(rows)
    return {
        name: pa.array(empty if place is None else turned[place], pa.string())
        for name, place in fields.positions.items()
    }


def _split(utf8: bytes, source: Source, fields: Fields) -> dict[str, Any] | None:
    """Return the declared columns; None when not every line has as many fields."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(place) for place in range(fields.count)]
    wanted = [str(place) for place in fields.positions.values() if place is not None]
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(wanted, pa.string()),
        include_columns=list(dict.fromkeys(wanted)),
        strings_can_be_null=False,
        check_utf8=False,
    )
    try:
        table = csv.read_csv(
            pa.BufferReader(utf8),
            read_options=csv.ReadOptions(use_threads=False, column_names=names, block_size=len(utf8) + 1),
            parse_options=csv.ParseOptions(delimiter=source.delimiter, quote_char=False, escape_char=False),
            convert_options=convert,
        )
    except pa.ArrowInvalid:
        return None
    empty = pa.array([""] * table.num_rows, pa.string()) if None in fields.positions.values() else None
    return {
        name: empty if place is None else table.column(str(place)).combine_chunks()
        for name, place in fields.positions.items()
    }
