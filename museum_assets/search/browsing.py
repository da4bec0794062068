"""The works that filters admit, when nobody asks for words: those with an image first, the museums mixed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museum_assets.core.memory import Memory
from museum_assets.search.facets import Combination, Kept, Key, admitted, of_museums, total
from museum_assets.search.production import Now
from museum_assets.search.question import DEEPEST, Filters
from museum_assets.search.ranking import Name, name_of
from sql import query

FEW = 5_000
"""Works that are sorted rather than looked for along the places."""
FIRST_STEP = 4
"""How many times more places are looked through first than works are wanted; each further step has eight times more."""
REMEMBERED = 128


class Browsing:
    """Lists of works by filter, each made once a release. Threads may share it."""

    def __init__(self) -> None:
        self._listed: Memory[tuple[Any, ...], list[Name]] = Memory(REMEMBERED)

    def names(self, now: Now, combinations: Mapping[Key, Combination], filters: Filters) -> list[Name]:
        """Return the first works that the filters admit, as many as can be reached."""
        key = (now.key, filters)
        found = self._listed.get(key)
        if found is None:
            kept = admitted(combinations, filters)
            works = total({key: each.works for key, each in combinations.items()}, combinations, filters)
            few = works <= FEW and None not in kept.values()
            found = _few(now, kept) if few else _along(now, kept, combinations, min(works, DEEPEST))
            self._listed.put(key, found)
        return found


def _few(now: Now, kept: Kept) -> list[Name]:
    values = {**of_museums(kept), "limit": DEEPEST}
    return [name_of(row) for row in now.conn.execute(query("readers.of_facets"), values)]


def _along(now: Now, kept: Kept, combinations: Mapping[Key, Combination], wanted: int) -> list[Name]:
    """Look along the places, which start at 1 in each museum, in steps that grow until enough works are found."""
    sizes = dict.fromkeys(kept, 0)
    for (museum, _), each in combinations.items():
        if museum in sizes:
            sizes[museum] += each.works
    names: list[Name] = []
    first, step = 1, FIRST_STEP * DEEPEST // max(len(kept), 1)
    while len(names) < wanted and first <= max(sizes.values()):
        values = {**of_museums(kept), "first": first, "last": first + step - 1, "limit": DEEPEST - len(names)}
        names += [name_of(row) for row in now.conn.execute(query("readers.first_places"), values)]
        first, step = first + step, 8 * step
    return names
