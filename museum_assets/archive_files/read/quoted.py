"""Delimited text with quoting, as in CSV files: a row may span several lines."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from itertools import islice

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.read.block import BLOCK_BYTES, LONGEST_ROW, MOST_ROWS, Block, Checkpoint, RowRefusal
from museum_assets.archive_files.read.delimited import as_columns, row_too_long
from museum_assets.archive_files.read.header import Fields, fields_of
from museum_assets.archive_files.read.lines import UTF8_MARK, line_blocks, text_fault

MOST_LINES = 1000
"""The most lines that a row may span: a quotation mark that is never closed would swallow the rest of the file."""


class QuotedRows:
    """Iterates over the rows of a quoted file. Where a row cannot be read, only its first line is refused.

    So a stray quotation mark costs one row, and not all rows up to the next quotation mark.
    """

    def __init__(
        self, stream: io.RawIOBase, *, delimiter: str = ",", quote: str = '"', encoding: str = "utf-8"
    ) -> None:
        self._delimiter = delimiter
        self._quote = quote
        self._encoding = encoding
        self._ahead: deque[bytes] = deque()
        self._lines = (line for block in line_blocks(stream) for line in block.splitlines(keepends=True))
        self._taken: list[bytes] = []

    def __iter__(self) -> Iterator[tuple[list[str] | None, list[bytes], str]]:
        """Yield (values, lines, reason); values are None when the lines cannot be read, for that reason."""
        while True:
            self._taken = []
            if too_long := self._too_long():
                yield None, [too_long], f"it has {len(too_long):,} bytes"
                continue
            # A new reader for each row, because its state is undefined after an error.
            reader = csv.reader(self._feed(), delimiter=self._delimiter, quotechar=self._quote, strict=True)
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                first, *rest = self._taken
                self._ahead.extendleft(reversed(rest))
                yield None, [first], str(error)
                continue
            yield values, self._taken, ""

    def _too_long(self) -> bytes | None:
        """Take the next line when it alone is longer than a row may be, before it is split; else None."""
        if not self._ahead:
            self._ahead.extend(islice(self._lines, 1))
        return self._ahead.popleft() if self._ahead and len(self._ahead[0]) > LONGEST_ROW else None

    def _feed(self) -> Iterator[str]:
        size = 0
        while len(self._taken) < MOST_LINES:
            line = self._ahead.popleft() if self._ahead else next(self._lines, None)
            if line is None:
                return
            size += len(line)
            if size > LONGEST_ROW:
                self._ahead.appendleft(line)
                return
            self._taken.append(line)
            # Bytes that do not decode are refused later, by text_fault.
            yield line.decode(self._encoding, "surrogateescape")


def quoted_blocks(source: DeclaredSource, stream: io.RawIOBase, file: str, start: Checkpoint) -> Iterator[Block]:
    """Yield the rows of a member after a checkpoint. Raises Failure: missing_column or line_too_long."""
    fields: Fields | None = None
    offset = line = 0
    rows: list[list[str]] = []
    lines: list[int] = []
    bodies: list[bytes] = []
    refused: list[RowRefusal] = []
    size = 0

    def block() -> Block:
        assert fields
        columns = as_columns(rows, fields)
        end = Checkpoint(start.file, start.member, offset, line)
        return Block(file, columns, lines, bodies.__getitem__, end, refused=refused)

    dialect = {"delimiter": source.delimiter, "quote": source.quote, "encoding": source.encoding}
    for values, taken, why in QuotedRows(stream, **dialect):
        at, body = line + 1, b"".join(taken)
        offset, line = offset + len(body), line + len(taken)
        if fields is None:
            mark = UTF8_MARK.decode(source.encoding, "replace")
            first = [name.removeprefix(mark) for name in values or []]
            fields = fields_of(source, first, file)
            if fields.is_header:
                continue
        if offset <= start.offset or not body.strip():
            continue
        body, size = body.rstrip(b"\r\n"), size + len(body)
        if fault := _fault(source, fields, values, body, why):
            refused.append(RowRefusal(file, at, *fault, body))
        else:
            assert values is not None
            rows.append(values)
            lines.append(at)
            bodies.append(body)
        if size >= BLOCK_BYTES or len(rows) + len(refused) >= MOST_ROWS:
            yield block()
            rows, lines, bodies, refused, size = [], [], [], [], 0
    if rows or refused:
        yield block()


def _fault(
    source: DeclaredSource, fields: Fields, values: list[str] | None, body: bytes, why: str
) -> tuple[str, str] | None:
    if found := row_too_long(body) or text_fault(body, source.encoding):
        return found
    if values is None:
        return "bad_quoting", f"the line cannot be read as quoted text: {why}"
    if len(values) != fields.count:
        return "field_count", f"the row has {len(values)} fields instead of {fields.count}"
    return None
