"""Reads a history file: CSV with at, site, val and type.

Whole columns are read at a time, which takes under 1 us a row instead of 9. A museum's history is millions of rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

import numpy as np

from museum_assets.kiosk.files.clock import Array, to_utc
from museum_assets.kiosk.files.history_text import TRIMMED, line_texts, read_columns
from museum_assets.kiosk.files.order import sort_order
from museum_assets.kiosk.files.times import Times
from museum_assets.museums.kiosk_museum import INCIDENT, KioskMuseum

ABSENT = -32768
"""Stands for an empty value; no button or site has this number."""
ANY_TIME = [-(1 << 63), (1 << 63) - 1]
NOT_A_NUMBER = -32767
"""Stands for a text that is not a number."""


@dataclass(frozen=True, slots=True)
class Presses:
    """Good rows, sorted by at, site, val, type and line; arrays of one length. `type` is ABSENT for a rating.

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

    def __getitem__(self, rows: Any) -> Presses:
        return Presses(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A refused row with every reason. `site` is set only when the site is unknown."""

    line: int
    text: str
    reasons: tuple[str, ...]
    occurrence: int
    site: int | None


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file's contents: rows = len(presses) + len(refused). Repeated headers do not count as rows."""

    header: str
    presses: Presses
    refused: list[RefusedRow]
    repeated_headers: int

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.presses) + len(self.refused)

    @property
    def recurring(self) -> int:
        """How many rows have a twin in the file: the same time, site, value and type."""
        # The second of several identical rows stands for the first one, too.
        numbers = np.concatenate((self.presses.occurrence, [row.occurrence for row in self.refused]))
        return int((numbers > 1).sum() + (numbers == 2).sum())


def read_history(body: bytes, museum: KioskMuseum, sites: AbstractSet[int], now: datetime | None) -> HistoryFile:
    """Return a file's presses and refused rows. `sites` are those with an exhibition; `now` has a timezone.

    Without `now`, a time in the future or before the museum had kiosks is no reason to refuse a row.
    Columns may stand in any order, among others. Blank lines are skipped. Takes about eight times the file's size in
    memory. Raises UnreadableFile.
    """
    rows = read_columns(body)
    at, wrong = _times(rows.at, museum, now)
    site, val, type_ = (_numbers(column) for column in (rows.site, rows.val, rows.type))
    reasons = {"wrong_number_of_columns": rows.ragged, **wrong, **_site(site, sites), **_val(val, museum),
               **_type(type_, val, museum)}  # fmt: skip
    # In a row of the wrong length no value is known to be in its column, so it gets no other reason.
    reasons = {name: mask if mask is rows.ragged else mask & ~rows.ragged for name, mask in reasons.items()}
    order = sort_order(at, site, val, type_)
    read = Presses(at, site, val, type_, np.ones(len(at), np.int16), rows.lines)[order]
    # Refused rows are numbered with the others: when they are replayed they become presses too.
    read = replace(read, occurrence=_occurrences(read))
    refused = reduce(or_, reasons.values())[order]
    return HistoryFile(
        rows.header, read[~refused], _refused(body, read[refused], order[refused], reasons), rows.repeated
    )


def _refused(body: bytes, read: Presses, places: Array, reasons: Mapping[str, Array]) -> list[RefusedRow]:
    """Return the refused rows in the order of their lines; `places` are their positions in `reasons`."""
    rows = [
        RefusedRow(int(read.line[n]), text, tuple(reason for reason, mask in reasons.items() if mask[place]),
                   int(read.occurrence[n]), int(read.site[n]) if reasons["unknown_site"][place] else None)
        for n, (text, place) in enumerate(zip(line_texts(body, read.line), places.tolist(), strict=True))
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row.line)


def _occurrences(sorted_rows: Presses) -> Array:
    """Number identical neighbours from 1; beyond 32,767 the number stays."""
    count = len(sorted_rows)
    if not count:
        return np.ones(0, np.int16)
    starts = np.ones(count, bool)
    columns = (sorted_rows.at, sorted_rows.site, sorted_rows.val, sorted_rows.type)
    starts[1:] = reduce(or_, (column[1:] != column[:-1] for column in columns))
    begin = np.maximum.accumulate(np.where(starts, np.arange(count), 0))
    return np.minimum(np.arange(count) - begin + 1, 32_767).astype(np.int16)


def _numbers(column: Any) -> Array:
    """Return dictionary-encoded text as integers: `0.0` is 0, empty is ABSENT, anything else NOT_A_NUMBER."""
    values = np.array([_number(text.strip(TRIMMED)) for text in column.dictionary.to_pylist()] or [ABSENT], np.int32)
    read: Array = values[column.indices.to_numpy()]
    return read


def _number(text: str) -> int:
    if not text:
        return ABSENT
    whole, point, fraction = text.partition(".")
    digits = whole.removeprefix("-")
    plain = digits.isascii() and digits.isdigit() and len(digits) <= 4 and (not point or set(fraction) <= {"0"})
    return int(whole) if plain else NOT_A_NUMBER


def _times(read: Times, museum: KioskMuseum, now: datetime | None) -> tuple[Array, dict[str, Array]]:
    at, shown = to_utc(read.local, museum.timezone)
    at = np.where(read.absolute, read.local, at)
    known = read.known
    bounds = [int(each.timestamp() * 1_000_000) for each in museum.plausible_times(now)] if now else ANY_TIME
    earliest, latest = bounds
    wrong = {
        "missing_at": read.missing,
        "at_not_a_time": ~known & ~read.missing,
        "at_skipped_by_the_clock": known & ~read.absolute & ~shown,
        "before_the_kiosks": known & (at < earliest),
        "in_the_future": known & (at > latest),
    }
    return np.where(known, at, 0), wrong


def _site(site: Array, sites: AbstractSet[int]) -> dict[str, Array]:
    return {
        "missing_site": site == ABSENT,
        "site_not_a_number": (site == NOT_A_NUMBER) | ((site < 0) & (site != ABSENT)),
        "unknown_site": (site >= 0) & ~np.isin(site, list(sites)),
    }


def _val(val: Array, museum: KioskMuseum) -> dict[str, Array]:
    return {
        "missing_val": val == ABSENT,
        "val_not_an_integer": val == NOT_A_NUMBER,
        "val_out_of_range": (val > NOT_A_NUMBER) & ~np.isin(val, [INCIDENT, *museum.ratings]),
    }


def _type(type_: Array, val: Array, museum: KioskMuseum) -> dict[str, Array]:
    incident, readable, given = val == INCIDENT, val > NOT_A_NUMBER, type_ != ABSENT
    judged = given & (incident | ~readable)
    return {
        "missing_type": incident & ~given,
        "type_not_an_integer": judged & (type_ == NOT_A_NUMBER),
        "type_out_of_range": judged & (type_ != NOT_A_NUMBER) & ~np.isin(type_, list(museum.incidents)),
        "type_on_a_rating": given & readable & ~incident,
    }


def as_history_file(header: str, rows: Iterable[str]) -> bytes:
    """Return rows as a history file, so that they can be read again."""
    return "\n".join((header, *rows)).encode()
