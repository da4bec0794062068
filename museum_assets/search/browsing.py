"""The works that filters admit, when nobody asks for words: those with an image first, the museums mixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museum_assets.core.memory import Memory
from museum_assets.search.facets import Combination, Kept, Key, admitted, of_museums, total
from museum_assets.search.production import Now
from museum_assets.search.question import DEEPEST, Filters
from museum_assets.search.ranking import Name
from sql import query

FEW = 5_000
"""Works that are sorted rather than looked for along the places."""
FIRST_STEP = 4
"""How many times more places are looked through first than works are wanted; each further step has eight times more."""
FIRST_PAGES = 240
"""How deep a list is made that nobody has paged through yet. All that can be reached took four times as long, and up to
80 ms among 200,000 works."""
REMEMBERED = 128


class Browsing:
    """Lists of works by filter, each made once a release. Threads may share it."""

    def __init__(self) -> None:
        self._listed: Memory[tuple[Any, ...], list[Name]] = Memory(REMEMBERED)

    def names(self, now: Now, combinations: Mapping[Key, Combination], filters: Filters, wanted: int) -> list[Name]:
        """Return the first works that the filters admit, at least `wanted` where there are so many."""
        depth = FIRST_PAGES if wanted <= FIRST_PAGES else DEEPEST
        key = (now.key, filters, depth)
        found = self._listed.get(key)
        if found is None:
            kept = admitted(combinations, filters)
            works = total({key: each.works for key, each in combinations.items()}, combinations, filters)
            few = works <= FEW and None not in kept.values()
            found = _few(now, kept, depth) if few else _along(now, kept, combinations, min(works, depth))
            self._listed.put(key, found)
        return found


def _few(now: Now, kept: Kept, wanted: int) -> list[Name]:
    return now.names(query("readers.of_facets"), {**of_museums(kept), "limit": wanted})


def _along(now: Now, kept: Kept, combinations: Mapping[Key, Combination], wanted: int) -> list[Name]:
    """Look along the places, which start at 1 in each museum, in steps that grow until enough works are found."""
    sizes = dict.fromkeys(kept, 0)
    for (museum, _), each in combinations.items():
        if museum in sizes:
            sizes[museum] += each.works
    names: list[Name] = []
    first, step = 1, max(FIRST_STEP * wanted // max(len(kept), 1), 1)
    while len(names) < wanted and first <= max(sizes.values()):
        values = {**of_museums(kept), "first": first, "last": first + step - 1, "limit": wanted - len(names)}
        names += now.names(query("readers.first_places"), values)
        first, step = first + step, 8 * step
    return names
