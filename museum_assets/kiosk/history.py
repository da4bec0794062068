"""Reading a history file: CSV with at, site, val and type, whole columns at a time.

A row at a time took 9 us, columns take under 1: a museum's history is millions of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from museum_assets.kiosk.clock import Array, to_utc
from museum_assets.kiosk.message import CLOCK_TOLERANCE
from museum_assets.kiosk.museum import INCIDENT, KioskMuseum
from museum_assets.kiosk.times import read_times

COLUMNS = ("at", "site", "val", "type")
NONE = -32768
"""In place of a number that is not there; no button or site has it."""
WRONG = -32767
"""In place of what is no number."""


class UnreadableFile(ValueError):
    """The file as a whole cannot be read; `reason` is its code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Presses:
    """Good rows, sorted by at, site, val, type and line; arrays of one length. `type` is NONE for a rating.

    `at` is microseconds since 1970 UTC; `occurrence` counts identical rows of the file from 1; `line` counts from 1.
    """

    at: Array
    site: Array
    val: Array
    type: Array
    occurrence: Array
    line: Array

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, wanted: Any) -> Presses:
        return Presses(*(getattr(self, name)[wanted] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is no press: its line, its text, every reason, its occurrence, and its site when that is unknown."""

    line: int
    text: str
    reasons: tuple[str, ...]
    occurrence: int
    site: int | None


@dataclass(frozen=True, slots=True)
class History:
    """What a file holds: rows read = len(presses) + len(refused). Headers that come again are no rows."""

    header: str
    presses: Presses
    refused: list[RefusedRow]
    repeated_headers: int

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.presses) + len(self.refused)


def read_history(body: bytes, museum: KioskMuseum, sites: AbstractSet[int], now: datetime) -> History:
    """Read a whole file. `sites` are those with an exhibition; `now` is aware. Raises UnreadableFile.

    Columns may stand in any order, beside others. Blank lines are passed over. Memory is about eight times the file.
    """
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
    numbers = numbers[1:][~again] + 1
    columns, ragged = _split(rows, order, len(header.split(",")))
    at, wrong = _times(columns["at"], museum, now)
    site, val, type_ = (_numbers(columns[name]) for name in ("site", "val", "type"))
    reasons = {"wrong_number_of_columns": ragged, **wrong, **_site(site, sites), **_val(val, museum),
               **_type(type_, val, museum)}  # fmt: skip
    # In a row of the wrong length nothing else is known to stand where it seems to.
    reasons = {name: mask if name == "wrong_number_of_columns" else mask & ~ragged for name, mask in reasons.items()}
    return _history(header, rows, Presses(at, site, val, type_, np.ones(len(at), np.int16), numbers), reasons,
                    int(again.sum()))  # fmt: skip


def _history(header: str, rows: Any, read: Presses, reasons: Mapping[str, Array], repeated: int) -> History:
    order = _in_order(read)
    read = read[order]
    masks = {name: mask[order] for name, mask in reasons.items()}
    refused = np.logical_or.reduce(list(masks.values()))
    # Refused rows are numbered like the others: once their exhibition or a better rule is there they are presses too.
    read = Presses(read.at, read.site, read.val, read.type, _occurrences(read), read.line)
    bad = [
        RefusedRow(int(read.line[n]), rows[int(order[n])].as_py(), tuple(r for r, mask in masks.items() if mask[n]),
                   int(read.occurrence[n]), int(read.site[n]) if masks["unknown_site"][n] else None)
        for n in np.flatnonzero(refused).tolist()
    ]  # fmt: skip
    return History(header, read[~refused], sorted(bad, key=lambda row: row.line), repeated)


def _in_order(read: Presses) -> Array:
    """Return the order of at, site, val, type and line. Few share a time: sorting by all five took four times that."""
    order = np.argsort(read.at, kind="stable")
    at = read.at[order]
    same = at[1:] == at[:-1]
    tied = np.flatnonzero(np.concatenate(([False], same)) | np.concatenate((same, [False])))
    ties = order[tied]
    columns = (read.line, read.type, read.val, read.site, read.at)
    order[tied] = ties[np.lexsort([column[ties] for column in columns])]
    return order


def _occurrences(sorted_rows: Presses) -> Array:
    """Number identical neighbours from 1; the most that fit a smallint."""
    count = len(sorted_rows)
    if not count:
        return np.ones(0, np.int16)
    starts = np.ones(count, bool)
    starts[1:] = np.logical_or.reduce(
        [column[1:] != column[:-1] for column in (sorted_rows.at, sorted_rows.site, sorted_rows.val, sorted_rows.type)]
    )
    begin = np.maximum.accumulate(np.where(starts, np.arange(count), 0))
    return np.minimum(np.arange(count) - begin + 1, 32_767).astype(np.int16)


def _lines(body: bytes) -> Any:
    """Return the file's lines as an Arrow array of text, without their ends. Raises UnreadableFile."""
    import pyarrow as pa
    import pyarrow.compute as pc

    body = body.removeprefix(b"\xef\xbb\xbf")
    if not body.endswith(b"\n"):
        body += b"\n"
    if len(body) > 2**31 - 1:
        raise UnreadableFile("too_large", "the file has more than 2 GiB: split it")
    ends = np.flatnonzero(np.frombuffer(body, np.uint8) == 10).astype(np.int32) + 1
    offsets = np.concatenate(([0], ends)).astype(np.int32)
    raw = pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(offsets), pa.py_buffer(body)])
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


def _order(header: str) -> dict[str, int]:
    """Return where each column stands. Raises UnreadableFile."""
    names = [name.strip().strip('"').lower() for name in header.split(",")]
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
    columns = {name: pc.utf8_trim(pc.list_element(parts, n), ' "') for name, n in order.items()}
    return columns, ragged


def _numbers(column: Any) -> Array:
    """Return whole numbers (`0.0` is 0), NONE for nothing and WRONG for anything else.

    Each distinct text is read once: a column of buttons has a handful.
    """
    import pyarrow as pa

    encoded = column.dictionary_encode()
    values = np.array([_number(text) for text in encoded.dictionary.to_pylist()] or [NONE], np.int32)
    return values[encoded.indices.to_numpy() if isinstance(encoded, pa.DictionaryArray) else []]


def _number(text: str) -> int:
    if not text:
        return NONE
    whole, point, fraction = text.partition(".")
    digits = whole.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) <= 4 and (not point or set(fraction) <= {"0"})
    return int(whole) if plain else WRONG


def _times(column: Any, museum: KioskMuseum, now: datetime) -> tuple[Array, dict[str, Array]]:
    read = read_times(column)
    at, shown = to_utc(read.local, museum.timezone)
    at = np.where(read.absolute, read.local, at)
    known = read.known
    latest = int((now + CLOCK_TOLERANCE).timestamp() * 1_000_000)
    wrong = {
        "missing_at": read.missing,
        "at_not_a_time": ~known & ~read.missing,
        "at_skipped_by_the_clock": known & ~read.absolute & ~shown,
        "in_the_future": known & (at > latest),
    }
    return np.where(known, at, 0), wrong


def _site(site: Array, sites: AbstractSet[int]) -> dict[str, Array]:
    return {
        "missing_site": site == NONE,
        "site_not_a_number": (site == WRONG) | ((site < 0) & (site != NONE)),
        "unknown_site": (site >= 0) & ~np.isin(site, list(sites)),
    }


def _val(val: Array, museum: KioskMuseum) -> dict[str, Array]:
    return {
        "missing_val": val == NONE,
        "val_not_an_integer": val == WRONG,
        "val_out_of_range": (val > WRONG) & ~np.isin(val, [INCIDENT, *museum.ratings]),
    }


def _type(type_: Array, val: Array, museum: KioskMuseum) -> dict[str, Array]:
    incident, readable, given = val == INCIDENT, val > WRONG, type_ != NONE
    judged = given & (incident | ~readable)
    return {
        "missing_type": incident & ~given,
        "type_not_an_integer": judged & (type_ == WRONG),
        "type_out_of_range": judged & (type_ != WRONG) & ~np.isin(type_, list(museum.incidents)),
        "type_on_a_rating": given & readable & ~incident,
    }


def rows_of(header: str, texts: Iterator[str] | list[str]) -> bytes:
    """Return single rows as a file again, for replaying them."""
    return "\n".join((header, *texts)).encode()
