"""Rights as museums state them: licences by name and address, and terms of copyright by country."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from museum_assets.museums.years import this_year

_SEVENTY = ("AT", "AU", "BE", "BR", "CA", "CH", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HU", "IE", "IL",
            "IS", "IT", "JP", "KR", "LT", "LU", "LV", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK", "UA")  # fmt: skip
TERMS: Mapping[str, int] = {**dict.fromkeys(_SEVENTY, 70), "CN": 50, "CO": 80, "IN": 60, "MX": 100, "ZA": 50}
"""Years after the last maker's death until a work is out of copyright, by ISO country; the term ends with its year.

Works that older law freed earlier are not looked at. The US is not here: its term of older works is counted from
publication."""

LICENCES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"https?://{address}/?(?:[?#].*)?", re.IGNORECASE)
    for name, address in {
        "CC0": r"(?:www\.)?creativecommons\.org/publicdomain/zero/1\.0(?:/deed\.\w+)?",
        "PDM": r"(?:www\.)?creativecommons\.org/publicdomain/mark/1\.0(?:/deed\.\w+)?",
        "CC BY": r"(?:www\.)?creativecommons\.org/licenses/by/\d\.\d(?:/\w+)?(?:/deed\.\w+)?",
        "CC BY-SA": r"(?:www\.)?creativecommons\.org/licenses/by-sa/\d\.\d(?:/\w+)?(?:/deed\.\w+)?",
        "NoC-US": r"rightsstatements\.org/(?:vocab|page)/NoC-US/1\.0",
        "NoC-NC": r"rightsstatements\.org/(?:vocab|page)/NoC-NC/1\.0",
        "NoC-OKLR": r"rightsstatements\.org/(?:vocab|page)/NoC-OKLR/1\.0",
        "NKC": r"rightsstatements\.org/(?:vocab|page)/NKC/1\.0",
        "InC": r"rightsstatements\.org/(?:vocab|page)/InC(?:-[A-Z-]+)?/1\.0",
    }.items()
}
"""Licences and the statements of rightsstatements.org, by the names that declarations use, with their addresses."""


def is_open(stated: str, allowed: Collection[str]) -> bool:
    """Say whether a licence is one of those allowed, by its name, its address or the museum's own word."""
    return stated in allowed or any(name in LICENCES and LICENCES[name].fullmatch(stated) for name in allowed)


def known_licence(stated: str) -> str | None:
    """Return the name of a licence's address, None for one that is not known."""
    return next((name for name, address in LICENCES.items() if address.fullmatch(stated)), None)


def latest_death(term: int) -> int:
    """Return the last year of death that lies `term` whole years back: copyright ends with the year."""
    return this_year() - term - 1
