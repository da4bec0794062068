"""A history file taken apart into its rows and their four columns: carefully, or all at once if it has no fault."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from museum_assets.kiosk.clock import Array
from museum_assets.kiosk.times import Times, iso_times, read_times

COLUMNS = ("at", "site", "val", "type")
BOM = b"\xef\xbb\xbf"
LARGEST = 2**31 - 1
"""Bytes of a file, by which Arrow tells where a text is."""
TRIMMED = ' "'
"""What may stand around a value."""


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; `reason` is its code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a file: arrays of one length; `site`, `val` and `type` are dictionary-encoded text.

    `ragged` rows have another number of columns than the header, and theirs are empty; `lines` count from 1. A header
    that comes again is no row, and is counted in `repeated`.
    """

    header: str
    at: Times
    site: Any
    val: Any
    type: Any
    ragged: Array
    lines: Array
    repeated: int


def taken_apart(body: bytes) -> Rows:
    """Return the rows of a file. Columns may stand in any order, beside others. Raises UnreadableFile."""
    body = body.removeprefix(BOM)
    if len(body) >= LARGEST:
        raise UnreadableFile("too_large", "the file has more than 2 GiB: split it")
    return _at_once(body) or _carefully(body)


def texts(body: bytes, lines: Array) -> list[str]:
    """Return the text of some lines of a file that could be taken apart."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = _ends(body := body.removeprefix(BOM))
    found = [body[ends[line - 1] : ends[line]].decode() for line in lines.tolist()]
    trimmed: list[str] = pc.utf8_trim_whitespace(pa.array(found, pa.string())).to_pylist()
    return trimmed


def _at_once(body: bytes) -> Rows | None:
    """Read a file with Arrow's CSV reader, in a third of the time; None for one that is not as plain as most.

    Plain is: the four columns and no other, a row in every line, every time ISO and local, all else printable ASCII.
    Then both readers find the same rows: a quote is to both a character like others.
    """
    import pyarrow as pa
    from pyarrow import csv

    header = body[: body.find(b"\n") + 1].decode("ascii", "replace").strip(" \r\n")
    names = _names(header)
    count = len(_ends(body)) - 2
    # To Arrow a carriage return alone ends a line, too.
    returns = b"\r" in body and body.count(b"\r") != body.count(b"\r\n")
    if not header.isprintable() or sorted(names) != sorted(COLUMNS) or returns or not count:
        return None
    encoded = pa.dictionary(pa.int32(), pa.string())
    types = {name: pa.string() if name == "at" else encoded for name in names}
    try:
        table = csv.read_csv(
            pa.py_buffer(body),
            csv.ReadOptions(use_threads=False, block_size=len(body) + 1, column_names=names, skip_rows=1),
            csv.ParseOptions(quote_char=False, double_quote=False, escape_char=False),
            csv.ConvertOptions(column_types=types, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    columns = {name: table[name].combine_chunks() for name in names}
    at = iso_times(columns.pop("at"))
    values = {text for column in columns.values() for text in column.dictionary.to_pylist()}
    # Arrow passes over empty lines; and what is not trimmed here must be what no trimming takes away.
    if table.num_rows != count or at is None or not all(text.isascii() and text.isprintable() for text in values):
        return None
    return Rows(header, at, **columns, ragged=np.zeros(count, bool), lines=np.arange(2, count + 2), repeated=0)


def _carefully(body: bytes) -> Rows:
    import pyarrow.compute as pc

    lines = _lines(body)
    numbers = np.flatnonzero(pc.not_equal(lines, "").to_numpy(zero_copy_only=False))
    if not len(numbers):
        raise UnreadableFile("empty", "the file has no rows, not even a header")
    header = lines[int(numbers[0])].as_py()
    order = _order(header)
    rows = lines.take(numbers[1:])
    again = pc.equal(rows, header).to_numpy(zero_copy_only=False)
    if again.any():
        rows = rows.filter(~again)
    columns, ragged = _split(rows, order, len(_names(header)))
    at = read_times(pc.utf8_trim(columns.pop("at"), TRIMMED))
    encoded = {name: column.dictionary_encode() for name, column in columns.items()}
    return Rows(header, at, **encoded, ragged=ragged, lines=numbers[1:][~again] + 1, repeated=int(again.sum()))


def _ends(body: bytes) -> Array:
    """Return where each line ends, with the line end; nothing before the first line is at 0."""
    ends = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n")) + 1
    last = [] if body.endswith(b"\n") else [len(body)]
    return np.concatenate(([0], ends, last)).astype(np.int32)


def _lines(body: bytes) -> Any:
    """Return the file's lines as an Arrow array of text, without their ends. Raises UnreadableFile."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = _ends(body)
    raw = pa.Array.from_buffers(pa.binary(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(body)])
    try:
        text = raw.cast(pa.string())
    except pa.ArrowInvalid:
        wrong = next(n for n, line in enumerate(raw) if _undecodable(line.as_py()))
        message = f"line {wrong + 1} is not UTF-8: save the file as UTF-8 and upload it again"
        raise UnreadableFile("not_utf8", message) from None
    return pc.utf8_trim_whitespace(text)


def _undecodable(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return True
    return False


def _names(header: str) -> list[str]:
    return [name.strip().strip('"').lower() for name in header.split(",")]


def _order(header: str) -> dict[str, int]:
    """Return where each column stands. Raises UnreadableFile."""
    names = _names(header)
    if missing := [name for name in COLUMNS if name not in names]:
        raise UnreadableFile("missing_column", f"the header {header[:200]!r} has no {', '.join(missing)}")
    if twice := [name for name in COLUMNS if names.count(name) > 1]:
        raise UnreadableFile("column_twice", f"the header {header[:200]!r} has {', '.join(twice)} twice")
    return {name: names.index(name) for name in COLUMNS}


def _split(rows: Any, order: Mapping[str, int], width: int) -> tuple[dict[str, Any], Array]:
    """Return the columns, and which rows have another number of them (theirs are empty)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.split_pattern(rows, ",")
    ragged = pc.not_equal(pc.list_value_length(parts), width).to_numpy(zero_copy_only=False)
    if ragged.any():
        parts = pc.if_else(pa.array(ragged), pa.scalar([""] * width, parts.type), parts)
    return {name: pc.list_element(parts, n) for name, n in order.items()}, ragged
