"""Delimited text with quoting, as CSV files have it: a row may go over several lines."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator

from museum_assets.archives.block import BLOCK_BYTES, Block, Place, Refused
from museum_assets.archives.delimited import as_columns
from museum_assets.archives.header import Fields, fields_of
from museum_assets.archives.lines import UTF8_MARK, line_blocks, trouble
from museum_assets.archives.schema import Source

MOST_LINES = 1000
"""Lines that one row may go over: a quotation mark that is never closed would swallow the rest of the file."""


class QuotedRows:
    """Rows of a quoted file, each with its lines; one that cannot be read is refused at its first line alone.

    So a stray quotation mark costs one row, and not all up to the next one.
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
        """Yield (values or None, the lines, why not)."""
        while True:
            self._taken = []
            # One reader a row: after an error its state is anybody's guess.
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

    def _feed(self) -> Iterator[str]:
        while len(self._taken) < MOST_LINES:
            line = self._ahead.popleft() if self._ahead else next(self._lines, None)
            if line is None:
                return
            self._taken.append(line)
            # Bytes that do not decode are found when the row is looked at.
            yield line.decode(self._encoding, "surrogateescape")


def quoted_blocks(source: Source, stream: io.RawIOBase, file: str, start: Place) -> Iterator[Block]:
    """Yield the rows of a member from a place on. Raises Failure(missing_column, line_too_long)."""
    fields: Fields | None = None
    offset = line = 0
    rows: list[list[str]] = []
    lines: list[int] = []
    bodies: list[bytes] = []
    refused: list[Refused] = []
    size = 0

    def block() -> Block:
        assert fields
        columns = as_columns(rows, fields)
        end = Place(start.file, start.member, offset, line)
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
            refused.append(Refused(file, at, *fault, body))
        else:
            assert values is not None
            rows.append(values)
            lines.append(at)
            bodies.append(body)
        if size >= BLOCK_BYTES:
            yield block()
            rows, lines, bodies, refused, size = [], [], [], [], 0
    if rows or refused:
        yield block()


def _fault(source: Source, fields: Fields, values: list[str] | None, body: bytes, why: str) -> tuple[str, str] | None:
    if found := trouble(body, source.encoding):
        return found
    if values is None:
        return "bad_quoting", f"the line cannot be read as quoted text: {why}"
    if len(values) != fields.count:
        return "field_count", f"the row has {len(values)} fields instead of {fields.count}"
    return None
