"""Reading a history file: CSV with at, site, val and type, whole columns at a time.

A row at a time took 9 us, columns take under 1: a museum's history is millions of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from museum_assets.kiosk.clock import Array, to_utc
from museum_assets.kiosk.history_text import TRIMMED, taken_apart, texts
from museum_assets.kiosk.message import CLOCK_TOLERANCE
from museum_assets.kiosk.museum import INCIDENT, KioskMuseum
from museum_assets.kiosk.order import in_order
from museum_assets.kiosk.times import Times

NONE = -32768
"""In place of a number that is not there; no button or site has it."""
WRONG = -32767
"""In place of what is no number."""


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
    rows = taken_apart(body)
    at, wrong = _times(rows.at, museum, now)
    site, val, type_ = (_numbers(column) for column in (rows.site, rows.val, rows.type))
    reasons = {"wrong_number_of_columns": rows.ragged, **wrong, **_site(site, sites), **_val(val, museum),
               **_type(type_, val, museum)}  # fmt: skip
    # In a row of the wrong length nothing else is known to stand where it seems to.
    reasons = {name: mask if mask is rows.ragged else mask & ~rows.ragged for name, mask in reasons.items()}
    order = in_order(at, site, val, type_)
    read = Presses(at, site, val, type_, np.ones(len(at), np.int16), rows.lines)[order]
    # Refused rows are numbered like the others: once their exhibition or a better rule is there they are presses too.
    read = replace(read, occurrence=_occurrences(read))
    refused = reduce(or_, reasons.values())[order]
    return History(rows.header, read[~refused], _refused(body, read[refused], order[refused], reasons), rows.repeated)


def _refused(body: bytes, read: Presses, places: Array, reasons: Mapping[str, Array]) -> list[RefusedRow]:
    """Return the refused rows in the order of their lines; `places` are where their reasons are."""
    found = [
        RefusedRow(int(read.line[n]), text, tuple(reason for reason, mask in reasons.items() if mask[place]),
                   int(read.occurrence[n]), int(read.site[n]) if reasons["unknown_site"][place] else None)
        for n, (text, place) in enumerate(zip(texts(body, read.line), places.tolist(), strict=True))
    ]  # fmt: skip
    return sorted(found, key=lambda row: row.line)


def _occurrences(sorted_rows: Presses) -> Array:
    """Number identical neighbours from 1; the most that fit a smallint."""
    count = len(sorted_rows)
    if not count:
        return np.ones(0, np.int16)
    starts = np.ones(count, bool)
    columns = (sorted_rows.at, sorted_rows.site, sorted_rows.val, sorted_rows.type)
    starts[1:] = reduce(or_, (column[1:] != column[:-1] for column in columns))
    begin = np.maximum.accumulate(np.where(starts, np.arange(count), 0))
    return np.minimum(np.arange(count) - begin + 1, 32_767).astype(np.int16)


def _numbers(column: Any) -> Array:
    """Return whole numbers (`0.0` is 0), NONE for nothing and WRONG for anything else, of dictionary-encoded text."""
    values = np.array([_number(text.strip(TRIMMED)) for text in column.dictionary.to_pylist()] or [NONE], np.int32)
    read: Array = values[column.indices.to_numpy()]
    return read


def _number(text: str) -> int:
    if not text:
        return NONE
    whole, point, fraction = text.partition(".")
    digits = whole.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) <= 4 and (not point or set(fraction) <= {"0"})
    return int(whole) if plain else WRONG


def _times(read: Times, museum: KioskMuseum, now: datetime) -> tuple[Array, dict[str, Array]]:
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
