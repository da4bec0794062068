"""Delimited text without quoting, and fixed-width text: every line is a row.

Arrow splits a block without faults at 300 MB/s. A block that may have one is read line by line to find it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.read.block import LONGEST_HEADER, LONGEST_ROW, Block, Checkpoint, RowRefusal
from museum_assets.archive_files.read.header import Fields, fields_of
from museum_assets.archive_files.read.lines import UTF8_MARK, first_line, line_blocks, skip, text_fault

Split = Callable[[str], Sequence[str]]


def delimited_blocks(source: DeclaredSource, stream: io.RawIOBase, file: str, start: Checkpoint) -> Iterator[Block]:
    """Yield the rows of a member after a checkpoint. Raises Failure: missing_column or line_too_long."""
    blocks = line_blocks(stream)
    head = next(blocks, b"")
    if not head.strip():
        return
    fields = _fields(source, head, file)
    if fields.is_header and start.offset == 0:
        header = len(first_line(head))
        start = Checkpoint(start.file, start.member, header, 1)
    reader = _Reader(source, file, fields, start)
    skipped = start.offset
    if len(head) > skipped:
        yield from reader.read(head[skipped:])
        skipped = 0
    else:
        skipped -= len(head)
    # Blocks and checkpoints both end with a line, but not always with the same one.
    for block in blocks:
        if skipped >= len(block):
            skipped -= len(block)
            continue
        yield from reader.read(block[skipped:])
        skipped = 0


def fixed_blocks(source: DeclaredSource, stream: io.RawIOBase, file: str, start: Checkpoint) -> Iterator[Block]:
    """Yield the rows of a fixed-width member after a checkpoint; columns beyond a line's end are empty."""
    skip(stream, start.offset)
    ends = [(column.start or 1) - 1 for column in source.columns.values()]
    spans = [slice(at, at + (column.width or 0)) for at, column in zip(ends, source.columns.values(), strict=True)]
    fields = Fields(len(spans), {name: place for place, name in enumerate(source.columns)}, is_header=False)
    reader = _Reader(source, file, fields, start, lambda line: [line[span] for span in spans])
    for block in line_blocks(stream):
        yield from reader.read(block)


def _fields(source: DeclaredSource, head: bytes, file: str) -> Fields:
    line = first_line(head).removeprefix(UTF8_MARK).rstrip(b"\r\n")[:LONGEST_HEADER]
    return fields_of(source, line.decode(source.encoding, "replace").split(source.delimiter), file)


@dataclass(slots=True)
class _Reader:
    """Turns blocks of lines into rows and keeps the checkpoint. `split` is None for delimited text."""

    source: DeclaredSource
    file: str
    fields: Fields
    reached: Checkpoint
    split: Split | None = None

    def read(self, block: bytes) -> Iterator[Block]:
        """Yield the rows of one block of lines."""
        size = len(block)
        if self.reached.offset == 0:
            block = block.removeprefix(UTF8_MARK)
        count = block.count(b"\n") + (not block.endswith(b"\n"))
        end = Checkpoint(self.reached.file, self.reached.member, self.reached.offset + size, self.reached.line + count)
        yield self._fast(block, count, end) or self._slow(block, end)
        self.reached = end

    def _fast(self, block: bytes, count: int, end: Checkpoint) -> Block | None:
        """Return the rows of a block without a fault; None when it may have one."""
        if self.split or self.fields.count < 2 or b"\0" in block or len(block) > LONGEST_ROW:
            return None
        # Arrow takes every CR for a line's end, but here a CR within a line is a character like any other.
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
        # Arrow skips empty lines, so the count tells whether there were any.
        if columns is None or len(next(iter(columns.values()))) != count:
            return None
        lines = range(end.line - count + 1, end.line + 1)
        bodies = _Bodies(block)
        return Block(self.file, columns, lines, bodies, end, "\\" if b"\\" in block else "")

    def _slow(self, block: bytes, end: Checkpoint) -> Block:
        rows: list[Sequence[str]] = []
        lines: list[int] = []
        bodies: list[bytes] = []
        refused: list[RowRefusal] = []
        for line, raw in enumerate(block.split(b"\n"), self.reached.line + 1):
            body = raw.removesuffix(b"\r")
            if not body:
                continue
            fault = row_too_long(body) or text_fault(body, self.source.encoding)
            if not fault:
                text = body.decode(self.source.encoding)
                count = self.fields.count if self.split else text.count(self.source.delimiter) + 1
                if count == self.fields.count:
                    rows.append(self.split(text) if self.split else text.split(self.source.delimiter))
                    lines.append(line)
                    bodies.append(body)
                    continue
                fault = "field_count", f"the line has {count} fields instead of {self.fields.count}"
            refused.append(RowRefusal(self.file, line, *fault, body))
        return Block(self.file, as_columns(rows, self.fields), lines, bodies.__getitem__, end, refused=refused)


def row_too_long(body: bytes) -> tuple[str, str] | None:
    """Return (code, message) for a row of more bytes than are split into fields; None for others."""
    if len(body) <= LONGEST_ROW:
        return None
    return "row_too_long", f"the row has {len(body):,} bytes; more than {LONGEST_ROW:,} are no row"


class _Bodies:
    """The bytes of each line of a block, which is split when the first one is asked for."""

    def __init__(self, block: bytes) -> None:
        self._block = block
        self._lines: list[bytes] | None = None

    def __call__(self, row: int) -> bytes:
        if self._lines is None:
            self._lines = self._block.split(b"\n")
        return self._lines[row].removesuffix(b"\r")


def as_columns(rows: Sequence[Sequence[str]], fields: Fields) -> dict[str, Any]:
    """Return rows of texts as {declared column: values}; a column that the file lacks is empty."""
    import pyarrow as pa

    turned = list(zip(*rows, strict=True)) or [()] * fields.count
    empty = [""] * len(rows)
    return {
        name: pa.array(empty if place is None else turned[place], pa.string())
        for name, place in fields.positions.items()
    }


def _split(utf8: bytes, source: DeclaredSource, fields: Fields) -> dict[str, Any] | None:
    """Return {declared column: values}; None when lines differ in their number of fields."""
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
