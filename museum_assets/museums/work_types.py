"""The work types that can be searched for, and how the museums' own words become them.

The translations are in work_types.csv, to be read and edited by a curator: one term a row, its language, and
the standard English words for it (several separated by ';'). What people mapped in an installation comes before them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

from museum_assets.museums.tables import Table, anything, language

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

F = TypeVar("F", bound=Callable[..., Any])

_mapped: dict[str, str] = {}
_remembering: list[Callable[[], None]] = []

TABLE = Table(
    Path(__file__).with_name("work_types.csv"), {"term": anything, "language": language, "standard": anything}, "term"
)

_WHOLE_WORD = re.compile(rf"\b({'|'.join(SEARCHABLE)})s?\b")


@cache
def translations() -> dict[str, str]:
    """Return {lower-case term: standard English words}, as in work_types.csv."""
    return {row["term"].lower(): row["standard"].lower() for row in TABLE.rows()}


def remembered(maxsize: int) -> Callable[[F], F]:
    """Return what makes a function remember its results, as lru_cache does, until other terms are mapped."""

    def remember(function: F) -> F:
        cached = lru_cache(maxsize=maxsize)(function)
        _remembering.append(cached.cache_clear)
        return cast("F", cached)

    return remember


def map_terms(terms: Mapping[str, str]) -> None:
    """Read these terms {term: standard words}, and no others, before the table's, from now on in this process."""
    if terms != _mapped:
        _mapped.clear()
        _mapped.update(terms)
        for forget in _remembering:
            forget()


def folded(term: str) -> str:
    """Return a term as it is looked up: in lower case, with single spaces."""
    return " ".join(term.lower().split())


def shipped(term: str) -> tuple[str, ...]:
    """Return the searchable types of a term as the table has it, whatever people mapped."""
    word = folded(term)
    found = _words(translations().get(word, word))
    return tuple(each for each in SEARCHABLE if each in found)


def standardise(types: Iterable[str]) -> tuple[str, ...]:
    """Return the searchable types among a museum's own words, each once, in the order of `SEARCHABLE`.

    A type counts where it stands as a whole word, singular or plural: "prints and drawings" is drawing and
    print, "blueprint" is neither.
    """
    return _standardised(tuple(types))


# 200,000 records share some hundreds of combinations, and are to be mapped at 15,000 a second.
@remembered(maxsize=65_536)
def _standardised(types: tuple[str, ...]) -> tuple[str, ...]:
    found = {searchable for term in types for searchable in _searchable_in(term)}
    return tuple(each for each in SEARCHABLE if each in found)


def _searchable_in(term: str) -> list[str]:
    word = folded(term)
    standard = _mapped.get(word)
    return _words(translations().get(word, word) if standard is None else standard)


def _words(standard: str) -> list[str]:
    return _WHOLE_WORD.findall(standard.replace("watercolour", "watercolor"))
