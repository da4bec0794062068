"""What the works of live releases are, kept by place: which of them have a word, what they count as, whose they are.

Read once a release, which never changes. Counted anew for each question, the 42,000 works with a frequent word took
Postgres 46 ms, and their artists as long again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museum_assets.core.memory import Memory
from museum_assets.search.facets import Kept, Key
from museum_assets.search.production import Now
from museum_assets.search.words import Words
from museum_assets.search.work_sets import WorkSet
from sql import query

Places = NDArray[np.int32]

RELEASES = 64
"""Those of every museum, and the ones around a promotion."""
WORDS = 4_096
"""Words of a release whose places are remembered, four bytes for each work: all of them together take 10 MB of a
release with 200,000 works."""


@dataclass(frozen=True, slots=True)
class Column:
    """Of one release: the combination at each place, and row by row the number of an artist with the place of a work.

    No work is at place 0.
    """

    facets: NDArray[np.int32]
    kinds: int
    """One more than there are combinations, which begin at 1."""
    artists: NDArray[np.int32]
    places: Places

    def mask(self, places: Any) -> NDArray[np.bool_]:
        """Return for each place whether it is one of these."""
        mask = np.zeros(len(self.facets), dtype=np.bool_)
        mask[places] = True
        return mask


class Columns:
    """The columns of live releases. Threads may share them."""

    def __init__(self) -> None:
        self._known: Memory[tuple[str, int], Column] = Memory(RELEASES)
        self._worded: Memory[tuple[str, int, str], Places] = Memory(WORDS)
        self._numbers: dict[str, int] = {}
        self._identities: list[str] = []
        self._numbering, self._reading = Lock(), Lock()

    def with_all(self, now: Now, words: Words) -> WorkSet:
        """Return the works that have every required word in one of its forms."""
        return reduce(and_, self._with_each(now, [word.tsquery for word in words.required]))

    def with_some(self, now: Now, words: Words) -> WorkSet:
        """Return the works that have one of the words at least of those that tell something."""
        return reduce(or_, self._with_each(now, [word.tsquery for word in words.telling]))

    def of_artist(self, now: Now, identity: str) -> WorkSet:
        """Return the works of an artist."""
        columns = [(museum, self.of(now, museum)) for museum in now.releases]
        number = self._numbers.get(identity, -1)
        return WorkSet({museum: each.mask(each.places[each.artists == number]) for museum, each in columns})

    def admitted(self, now: Now, kept: Kept) -> WorkSet:
        """Return the works that filters admit, given as the combinations of each museum."""
        masks = {}
        for museum, facets in kept.items():
            column = self.of(now, museum)
            # By a table of all combinations: `np.isin` took 2.7 ms for 200,000 works instead of 0.15.
            asked = np.full(column.kinds, facets is None, dtype=np.bool_)
            asked[[] if facets is None else facets] = True
            asked[0] = False
            masks[museum] = asked[column.facets]
        return WorkSet(masks)

    def at(self, now: Now, places: Iterable[tuple[str, int]]) -> WorkSet:
        """Return the works at some places of museums."""
        by_museum: dict[str, list[int]] = {}
        for museum, place in places:
            by_museum.setdefault(museum, []).append(place)
        return WorkSet({museum: self.of(now, museum).mask(each) for museum, each in by_museum.items()})

    def counts(self, now: Now, works: WorkSet) -> dict[Key, int]:
        """Return how many of the works are of each combination."""
        counted = {museum: np.bincount(self.of(now, museum).facets[mask]) for museum, mask in works.masks.items()}
        return {
            (museum, int(facet)): int(each[facet]) for museum, each in counted.items() for facet in each.nonzero()[0]
        }

    def artists(self, now: Now, works: WorkSet, chosen: str | None, limit: int) -> dict[str, int]:
        """Return the artists with most of the works and how many they have; `chosen` is among them if they have any."""
        columns = [(self.of(now, museum), mask) for museum, mask in works.masks.items()]
        counted = np.zeros(len(self._identities), dtype=np.int64)
        for column, mask in columns:
            # Another thread may be reading a newer release, whose artists have numbers beyond these.
            counted += np.bincount(column.artists[mask[column.places]], minlength=len(counted))[: len(counted)]
        numbers = _most(counted, limit)
        asked = len(counted) if chosen is None else self._numbers.get(chosen, len(counted))
        if asked < len(counted) and counted[asked] and asked not in numbers:
            numbers[limit - 1 :] = [asked]
        return {self._identities[number]: int(counted[number]) for number in numbers}

    def of(self, now: Now, museum: str) -> Column:
        """Return the column of a museum's live release, which one thread reads while others wait for it."""
        release = (museum, now.live[museum].release)
        found = self._known.get(release)
        if found is None:
            with self._reading:
                found = self._known.get(release) or self._read(now, museum)
                self._known.put(release, found)
        return found

    def _with_each(self, now: Now, tsqueries: Sequence[str]) -> list[WorkSet]:
        """Return the works that each of some words finds."""
        releases = now.releases
        found = {
            (museum, tsquery): self._worded.get((museum, release, tsquery))
            for museum, release in releases.items()
            for tsquery in tsqueries
        }
        if missing := [key for key, places in found.items() if places is None]:
            values = {"museums": [museum for museum, _ in missing], "queries": [tsquery for _, tsquery in missing]}
            with now.conn.cursor(binary=True) as cursor:
                rows = cursor.execute(query("readers.places_with"), values).fetchall()
            for row in rows:
                museum, tsquery = missing[row["number"] - 1]
                places = found[museum, tsquery] = _integers(row["places"])
                self._worded.put((museum, releases[museum], tsquery), places)
        return [
            WorkSet({museum: self.of(now, museum).mask(found[museum, tsquery]) for museum in releases})
            for tsquery in tsqueries
        ]

    def _read(self, now: Now, museum: str) -> Column:
        with now.conn.cursor(binary=True) as cursor:
            rows = cursor.execute(query("readers.places_of_facets"), {"museum": museum}).fetchall()
            artists = cursor.execute(query("readers_artists.places"), {"museum": museum}).fetchall()
        facets = np.zeros(1 + sum(row["works"] for row in rows), dtype=np.int32)
        for row in rows:
            facets[_integers(row["places"])] = row["facet"]
        numbers = [self._number(row["identity"]) for row in artists]
        works = [row["works"] for row in artists]
        places = _integers(b"".join(row["places"] for row in artists))
        kinds = 1 + max((row["facet"] for row in rows), default=0)
        return Column(facets, kinds, np.repeat(np.array(numbers, dtype=np.int32), works), places)

    def _number(self, identity: str) -> int:
        """Return the number of an artist, who keeps it from release to release."""
        with self._numbering:
            number = self._numbers.setdefault(identity, len(self._identities))
            if number == len(self._identities):
                self._identities.append(identity)
            return number


def _integers(sent: bytes | None) -> Places:
    """Return integers as Postgres sends them."""
    return np.frombuffer(sent or b"", dtype=">i4").astype(np.int32)


def _most(counted: NDArray[np.int64], limit: int) -> list[int]:
    """Return the numbers of the largest counts, largest first, but none of nothing; of equal ones the first numbers."""
    least = 1 if len(counted) <= limit else max(int(np.partition(counted, -limit)[-limit]), 1)
    enough = np.flatnonzero(counted >= least)
    return [int(number) for number in enough[np.argsort(-counted[enough], kind="stable")][:limit]]
