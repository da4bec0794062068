"""The work types that can be searched for, and how the museums' own words become them.

The translations are in work_types.csv, to be read and edited by a curator: one term a row, its language, and
the standard English words for it (several separated by ';').
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

SEARCHABLE: tuple[str, ...] = (
    "drawing",
    "painting",
    "watercolor",
    "print",
    "design",
    "bust",
    "pastel",
    "aquatint",
    "gouache",
    "miniature",
)

_TABLE = Path(__file__).with_name("work_types.csv")

_WHOLE_WORD = re.compile(rf"\b({'|'.join(SEARCHABLE)})s?\b")


@cache
def translations() -> dict[str, str]:
    """Return {lower-case term: standard English words}, as in work_types.csv."""
    with _TABLE.open(encoding="utf-8", newline="") as table:
        return {row["term"].strip().lower(): row["standard"].strip().lower() for row in csv.DictReader(table)}


def standardise(types: Iterable[str]) -> tuple[str, ...]:
    """Return the searchable types among a museum's own words, each once, in the order of `SEARCHABLE`.

    A type counts where it stands as a whole word, singular or plural: "prints and drawings" is drawing and
    print, "blueprint" is neither.
    """
    return _standardised(tuple(types))


# 200,000 records share some hundreds of combinations, and are to be mapped at 15,000 a second.
@lru_cache(maxsize=65_536)
def _standardised(types: tuple[str, ...]) -> tuple[str, ...]:
    found = {searchable for term in types for searchable in _searchable_in(term)}
    return tuple(each for each in SEARCHABLE if each in found)


def _searchable_in(term: str) -> list[str]:
    word = " ".join(term.lower().split())
    standard = translations().get(word, word)
    return _WHOLE_WORD.findall(standard.replace("watercolour", "watercolor"))
