"""Artists of the live releases: who they are, their works in all museums, and how many of an answer are theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.core.memory import Memory
from museum_assets.search.answer import Artist, ArtistCount, MakerOf
from museum_assets.search.artist_totals import ArtistTotals
from museum_assets.search.facets import Kept, Key, of_museums
from museum_assets.search.production import Now
from museum_assets.search.question import DEEPEST
from museum_assets.search.ranking import Name
from sql import query

REMEMBERED = 256
MOST_ARTISTS = 20
MOST_COUNTED = 5_000
"""Works of a museum whose artists are counted, of those with the words that were asked for: of words that 100,000 works
have it took 134 ms to read them all."""


@dataclass(frozen=True, slots=True)
class Works:
    """The works of an artist that filters admit, as far as they can be reached, with counts of all."""

    counts: dict[Key, int]
    names: list[Name]


class Artists:
    """Artists across museums. Threads may share it."""

    def __init__(self) -> None:
        self._works: Memory[tuple[Any, ...], Works] = Memory(REMEMBERED)
        self._counted: Memory[tuple[Any, ...], list[ArtistCount]] = Memory(REMEMBERED)
        self._totals = ArtistTotals()

    @staticmethod
    def who(now: Now, identity: str) -> Artist | None:
        """Return what the live releases say of an artist, None where no work is by them."""
        rows = now.conn.execute(query("readers_artists.who"), {"identity": identity}).fetchall()
        if not rows:
            return None
        born, died = (next((row[name] for row in rows if row[name] is not None), None)
                      for name in ("birth_year", "death_year"))  # fmt: skip
        names = dict.fromkeys(name for row in rows for name in row["names"] or ())
        return Artist(identity, rows[0]["label"], tuple(names), born, died,
                      tuple((row["museum"], row["artworks"]) for row in rows))  # fmt: skip

    def works(self, now: Now, identity: str, kept: Kept) -> Works:
        """Return the works of an artist in the order of places."""
        key = (now.key, identity, _hashable(kept))
        found = self._works.get(key)
        if found is None:
            rows = now.conn.execute(query("readers_artists.counts"), {"identity": identity})
            counts = {(row["museum"], row["facet"]): row["works"] for row in rows}
            values = {**of_museums(kept), "identity": identity, "limit": DEEPEST}
            found = Works(counts, now.names(query("readers_artists.works"), values))
            self._works.put(key, found)
        return found

    @staticmethod
    def numbers(now: Now, identity: str, kept: Kept) -> dict[str, list[str]]:
        """Return the object numbers of all works of an artist that filters admit, by museum."""
        rows = now.conn.execute(query("readers_artists.numbers"), {**of_museums(kept), "identity": identity})
        return {row["museum"]: row["numbers"] for row in rows}

    def of_found(
        self, now: Now, tsquery: str, museums: Sequence[str], more: Sequence[str], chosen: str | None
    ) -> list[ArtistCount]:
        """Return the artists of the works of some museums that a query finds, with how many each has.

        `more` are the artists of works that something else finds, each as often as they have one. Of the works of a
        museum the first MOST_COUNTED are counted; `chosen` is always among the artists.
        """
        values = {"museums": list(museums), "query": tsquery, "more": list(more), "chosen": chosen}

        def count() -> dict[str, int]:
            given = {**values, "most": MOST_COUNTED, "limit": MOST_ARTISTS}
            rows = now.conn.execute(query("readers_artists.of_found"), given)
            return {row["identity"]: row["works"] for row in rows}

        return self._labelled(now, (now.key, tuple(museums), chosen, tsquery, tuple(more)), count)

    def of_listed(self, now: Now, kept: Kept, chosen: str | None) -> list[ArtistCount]:
        """Return the same of all works that filters admit."""
        key = (now.key, _hashable(kept), chosen)
        return self._labelled(now, key, lambda: self._totals.most(now, kept, chosen, MOST_ARTISTS))

    def _labelled(self, now: Now, key: tuple[Any, ...], count: Callable[[], dict[str, int]]) -> list[ArtistCount]:
        found = self._counted.get(key)
        if found is None:
            works = count()
            if (chosen := key[2]) is not None:
                works.setdefault(chosen, 0)
            names = now.conn.execute(query("readers_artists.labels"), {"identities": list(works)}).fetchall()
            labels = {row["identity"]: row["label"] for row in names}
            counts = [ArtistCount(each, labels[each], works[each]) for each in works if each in labels]
            found = sorted(counts, key=lambda each: (-each.works, each.label))
            self._counted.put(key, found)
        return found

    @staticmethod
    def of_work(now: Now, museum: str, number: str) -> list[MakerOf]:
        """Return the makers of a work, in the museum's order."""
        rows = now.conn.execute(query("readers_artists.of_work"), {"museum": museum, "number": number})
        return [MakerOf(row["name"], row["role"], row["qualifier"], row["identity"], row["label"]) for row in rows]


def _hashable(kept: Kept) -> tuple[tuple[str, Sequence[int] | None], ...]:
    return tuple((museum, None if each is None else tuple(each)) for museum, each in kept.items())
