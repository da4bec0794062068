"""Rights as museums state them: licences and the statements of rightsstatements.org, by name and address.

They are in rights.csv. Of an address, scheme, `www.` and the page of a language (`/deed.da`) do not count; `*` stands
for a version, a country or a variant.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache, lru_cache
from pathlib import Path

from museum_assets.museums.tables import Table, address, anything
from museum_assets.museums.years import this_year

TABLE = Table(Path(__file__).with_name("rights.csv"), {"name": anything, "address": address}, "address")
_VARIES = r"[\w.-]+(?:/\w+)?"


@cache
def licences() -> dict[str, tuple[re.Pattern[str], ...]]:
    """Return {name: its addresses}, by the names that declarations use."""
    found: dict[str, tuple[re.Pattern[str], ...]] = {}
    for row in TABLE.rows():
        pattern = _VARIES.join(map(re.escape, row["address"].split("*")))
        whole = re.compile(rf"https?://(?:www\.)?{pattern}(?:/deed\.\w+)?/?(?:[?#].*)?", re.IGNORECASE)
        found[row["name"]] = (*found.get(row["name"], ()), whole)
    return found


def is_open(stated: str, allowed: Collection[str]) -> bool:
    """Say whether a licence is one of those allowed, by its name, its address or the museum's own word."""
    return stated in allowed or known_licence(stated) in allowed


@lru_cache(maxsize=4_096)
def known_licence(stated: str) -> str | None:
    """Return the name of a licence's address, None for one that is not known."""
    return next((name for name, each in licences().items() if any(one.fullmatch(stated) for one in each)), None)


def latest_death(term: int) -> int:
    """Return the last year of death that lies `term` whole years back: copyright ends with the year."""
    return this_year() - term - 1
