"""Splits a history file into its four columns: with Arrow's CSV reader when the file is plain, else step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from museum_assets.kiosk.files.clock import Array
from museum_assets.kiosk.files.times import Times, iso_times, read_times

HISTORY_COLUMNS = ("at", "site", "val", "type")
BOM = b"\xef\xbb\xbf"
LARGEST_FILE = 2**31 - 1
"""Bytes. Arrow's offsets into a file are 32-bit integers."""
TRIMMED = ' "'
"""Characters removed around a value."""


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; `reason` is the code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class HistoryColumns:
    """A file's rows as arrays of one length; `site`, `val` and `type` are dictionary-encoded text.

    A `ragged` row has another number of columns than the header, and its values are empty. `lines` count from 1.
    `repeated` counts the headers that come again, which are not rows.
    """

    header: str
    at: Times
    site: Any
    val: Any
    type: Any
    ragged: Array
    lines: Array
    repeated: int


def read_columns(body: bytes) -> HistoryColumns:
    """Return the columns of a file, which may stand in any order, among others. Raises UnreadableFile."""
    body = body.removeprefix(BOM)
    if len(body) >= LARGEST_FILE:
        raise UnreadableFile("too_large", "the file has more than 2 GiB: split it")
    return _read_plain(body) or _read_any(body)


def line_texts(body: bytes, lines: Array) -> list[str]:
    """Return the text of these lines of a file that `read_columns` could read."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = _ends(body := body.removeprefix(BOM))
    cut = [body[ends[line - 1] : ends[line]].decode() for line in lines.tolist()]
    trimmed: list[str] = pc.utf8_trim_whitespace(pa.array(cut, pa.string())).to_pylist()
    return trimmed


def _read_plain(body: bytes) -> HistoryColumns | None:
    """Return a plain file's columns, read with Arrow's CSV reader in a third of the time. None when it is not plain.

    A plain file has the four columns and no other, a row in every line, local ISO times only, and otherwise printable
    ASCII. Both readers then return the same rows: to both, a quote is a character like any other.
    """
    import pyarrow as pa
    from pyarrow import csv

    header = body[: body.find(b"\n") + 1].decode("ascii", "replace").strip(" \r\n")
    names = _names(header)
    count = len(_ends(body)) - 2
    # Arrow also ends a line at a carriage return alone.
    returns = b"\r" in body and body.count(b"\r") != body.count(b"\r\n")
    if not header.isprintable() or sorted(names) != sorted(HISTORY_COLUMNS) or returns or not count:
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
    # Arrow skips empty lines. It trims nothing, so no value may have whitespace that the other reader trims.
    if table.num_rows != count or at is None or not all(text.isascii() and text.isprintable() for text in values):
        return None
    return HistoryColumns(
        header, at, **columns, ragged=np.zeros(count, bool), lines=np.arange(2, count + 2), repeated=0
    )


def _read_any(body: bytes) -> HistoryColumns:
    """Return any file's columns. Raises UnreadableFile."""
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
    return HistoryColumns(
        header, at, **encoded, ragged=ragged, lines=numbers[1:][~again] + 1, repeated=int(again.sum())
    )


def _ends(body: bytes) -> Array:
    """Return 0, and then the offset after each line, its line end included."""
    ends = np.flatnonzero(np.frombuffer(body, np.uint8) == ord("\n")) + 1
    last = [] if body.endswith(b"\n") else [len(body)]
    return np.concatenate(([0], ends, last)).astype(np.int32)


def _lines(body: bytes) -> Any:
    """Return the file's lines, without line ends, as an Arrow array of text. Raises UnreadableFile."""
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
    """Return the position of each column. Raises UnreadableFile."""
    names = _names(header)
    if missing := [name for name in HISTORY_COLUMNS if name not in names]:
        raise UnreadableFile("missing_column", f"the header {header[:200]!r} has no {', '.join(missing)}")
    if twice := [name for name in HISTORY_COLUMNS if names.count(name) > 1]:
        raise UnreadableFile("column_twice", f"the header {header[:200]!r} has {', '.join(twice)} twice")
    return {name: names.index(name) for name in HISTORY_COLUMNS}


def _split(rows: Any, order: Mapping[str, int], width: int) -> tuple[dict[str, Any], Array]:
    """Return (the columns, which rows are ragged). The values of a ragged row are empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.split_pattern(rows, ",")
    ragged = pc.not_equal(pc.list_value_length(parts), width).to_numpy(zero_copy_only=False)
    if ragged.any():
        parts = pc.if_else(pa.array(ragged), pa.scalar([""] * width, parts.type), parts)
    return {name: pc.list_element(parts, n) for name, n in order.items()}, ragged
