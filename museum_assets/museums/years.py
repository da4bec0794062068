"""Years as museums write them. Years are signed: 500 BC is -500."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

EARLIEST, LATEST = -10_000, 2_100

_WHOLE_YEAR = re.compile(r"\s*([+-]?\d{1,6})(?:-\d{2}(?:-\d{2}(?:[T ].*)?)?)?\s*", re.DOTALL)
"""A year, or the year of an ISO date; with a sign, as ISO 8601 writes years before 1."""

_BCE = r"\s*(?:b\.?\s?c\.?(?:\s?e\.?)?(?![a-z])|v\.?\s?chr\b|f\.?\s?kr\b)"
"""BC, B.C., BCE; Dutch v.Chr.; Danish f.Kr."""

_YEAR_IN_TEXT = re.compile(
    rf"(?P<bce>(?<!\d)\d{{1,5}}(?={_BCE}))"
    r"|(?P<sign>(?:(?<=[(/\[])|^)-)?(?<![\d.,])(?P<plain>\d{4}|\d{3}(?![?ux]))(?!\d)",
    re.IGNORECASE,
)
"""A number before an era mark, or 3-4 digits; '164?' names a decade and is not the year 164. A minus is a
sign only where a range cannot stand (at the start, after a slash or bracket: '-0500/-0400')."""

_BCE_MARK = re.compile(rf"(?<![a-z]){_BCE}", re.IGNORECASE)
_CE_MARK = re.compile(r"(?<![a-z.])(?:a\.?\s?d\b|c\.?\s?e\b|n\.?\s?chr\b|e\.?\s?kr\b)", re.IGNORECASE)
_RANGE_DASH = re.compile(r"\s*(?:[-–—/]|to|tot|til|or)\s*(?:ca?\.?\s*)?", re.IGNORECASE)


def this_year() -> int:
    """Return the calendar year."""
    return datetime.now(UTC).year


def year(value: object) -> int | None:
    """Return the signed year of an integer, a numeric text or an ISO date.

    None for all else, and outside EARLIEST..LATEST (9999 stands for "open" in several museums' data).
    """
    if isinstance(value, str):
        number = _written(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        number = None
    return number if number is not None and EARLIEST <= number <= LATEST else None


# The works of a collection share some hundreds of years.
@lru_cache(maxsize=8_192)
def _written(value: str) -> int | None:
    match = _WHOLE_YEAR.fullmatch(value)
    return int(match[1]) if match else None


def year_range(start: object, end: object) -> tuple[int | None, int | None]:
    """Return the years of both ends. A reversed pair is a slip of the museum's and comes back in order."""
    first, last = year(start), year(end)
    if first is not None and last is not None and first > last:
        return last, first
    return first, last


def years_in(text: str) -> tuple[int | None, int | None]:
    """Return the earliest and the latest year named in free text, (None, None) when there is none.

    3-4 digit numbers are years ('c. 1640 - 1650', '(1658)', '800'); before BC, v.Chr. or f.Kr. any number is.
    """
    found: list[int] = []
    before_bce: int | None = None
    """The end (BCE, so signed) of a range whose start is read next: the text is walked from its end."""
    following = len(text)
    for match in reversed(list(_YEAR_IN_TEXT.finditer(text))):
        number = int(match["bce"] or match["plain"])
        joined = _RANGE_DASH.fullmatch(text, match.end(), following) is not None
        starts_bce_range = joined and before_bce is not None and number >= -before_bce
        is_bce = bool(match["bce"] or match["sign"]) or starts_bce_range
        before_bce = -number if is_bce else None
        found.append(-number if is_bce else number)
        following = match.start()
    known = [each for each in map(year, found) if each is not None]
    return (min(known), max(known)) if known else (None, None)


def year_range_as_written(start: object, end: object, written: str | None) -> tuple[int | None, int | None]:
    """Return the years of both ends, for a museum that leaves the sign of its years to the text beside them.

    CMA sends 1391 and 1353 for "c. 1391-1353 BC" (1952.513, recorded in 2020).
    """
    first, last = year(start), year(end)
    if written and _BCE_MARK.search(written):
        ends_in_ce = bool(_CE_MARK.search(written)) or (years_in(written)[1] or 0) > 0
        first = -first if first and first > 0 else first
        last = -last if last and last > 0 and not ends_in_ce else last
    return year_range(first, last)
