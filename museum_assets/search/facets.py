"""Counts to narrow a search by.

A release keeps every combination of what its works can be filtered by, a few hundred, and each work has the number of
its combination. So a search counts works by one number, and what the numbers mean is remembered: a release never
changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.core.memory import Memory
from museum_assets.search.answer import Facets
from museum_assets.search.production import Now
from museum_assets.search.question import Filters
from sql import query

NAMES = ("museum", "work_type", "century", "has_image")
REMEMBERED = 64
"""Releases: those of every museum, and the ones around a promotion."""

Key = tuple[str, int]
"""A museum and the number of a combination in its live release."""
Kept = Mapping[str, Sequence[int] | None]
"""The museums to search, each with the combinations that filters admit; None for all that it has."""


@dataclass(frozen=True, slots=True)
class Combination:
    """What some works of a museum have in common."""

    values: Mapping[str, tuple[Any, ...]]
    works: int

    def admitted(self, wanted: Mapping[str, Any]) -> bool:
        """Say whether these works have all that is wanted."""
        return not wanted or all(value in self.values[name] for name, value in wanted.items())


class Combinations:
    """The combinations of live releases, read once a release. Threads may share it."""

    def __init__(self) -> None:
        self._known: Memory[tuple[str, int], dict[Key, Combination]] = Memory(REMEMBERED)

    def of(self, now: Now) -> dict[Key, Combination]:
        """Return all combinations of the releases that are live."""
        found = {release: self._known.get(release) for release in now.releases.items()}
        if missing := [museum for (museum, _), known in found.items() if known is None]:
            read: dict[str, dict[Key, Combination]] = {museum: {} for museum in missing}
            for row in now.conn.execute(query("readers.facets"), {"museums": missing}):
                read[row["museum"]][row["museum"], row["facet"]] = Combination(_values(row), row["works"])
            for museum, combinations in read.items():
                release = (museum, now.releases[museum])
                self._known.put(release, combinations)
                found[release] = combinations
        return {key: each for known in found.values() if known for key, each in known.items()}


def _values(row: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    first, last = row["first_century"], row["last_century"]
    centuries = () if first is None else tuple(each for each in range(first, last + 1) if each)
    return {
        "museum": (row["museum"],),
        "work_type": tuple(row["work_types"]),
        "century": centuries,
        "has_image": (row["has_image"],),
    }


def wanted(filters: Filters, *, but: str = "") -> dict[str, Any]:
    """Return what filters ask of a combination, all of them or all but one."""
    asked = {name: getattr(filters, name) for name in NAMES if name != but}
    return {name: value for name, value in asked.items() if value is not None}


def admitted(combinations: Mapping[Key, Combination], filters: Filters) -> Kept:
    """Return the museums with works that the filters admit, each with their combinations."""
    asked = wanted(filters)
    if not asked:
        return dict.fromkeys(museum for museum, _ in combinations)
    kept: dict[str, list[int]] = {}
    for (museum, facet), combination in combinations.items():
        if combination.admitted(asked):
            kept.setdefault(museum, []).append(facet)
    every = Counter(museum for museum, _ in combinations)
    return {museum: None if len(facets) == every[museum] else facets for museum, facets in kept.items()}


def of_museums(kept: Kept) -> dict[str, list[Any]]:
    """Return the parameters of a query over some museums: their slugs, and the combinations to look at as text."""
    facets = [None if each is None else "{" + ",".join(map(str, each)) + "}" for each in kept.values()]
    return {"museums": list(kept), "facets": facets}


def total(counts: Mapping[Key, int], combinations: Mapping[Key, Combination], filters: Filters) -> int:
    """Return how many of the counted works the filters admit."""
    asked = wanted(filters)
    return sum(works for key, works in counts.items() if combinations[key].admitted(asked))


def facets(counts: Mapping[Key, int], combinations: Mapping[Key, Combination], filters: Filters) -> Facets:
    """Return the counts of each value among the counted works."""
    found: dict[str, Counter[Any]] = {name: Counter() for name in NAMES}
    others = {name: wanted(filters, but=name) for name in NAMES}
    for key, works in counts.items():
        combination = combinations[key]
        for name in NAMES:
            if combination.admitted(others[name]):
                for value in combination.values[name]:
                    found[name][value] += works
    ordered = {name: sorted(counted.items(), key=lambda item: (-item[1], item[0])) for name, counted in found.items()}
    return Facets(**ordered | {"century": sorted(found["century"].items())})
