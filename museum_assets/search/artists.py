"""Artists of the live releases: who they are, their works in all museums, and which of them an answer holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.search.answer import Artist, ArtistCount, MakerOf
from museum_assets.search.facets import Combination, Kept, Key, of_museums
from museum_assets.search.memory import Memory
from museum_assets.search.production import Now
from museum_assets.search.question import DEEPEST
from museum_assets.search.ranking import Name, name_of
from museum_assets.search.words import Words
from sql import query

REMEMBERED = 256
AMONG = 200
"""The first works of an answer, whose artists are counted: that costs a few lookups, and not all that was found."""
MOST_ARTISTS = 20


@dataclass(frozen=True, slots=True)
class Works:
    """The works of an artist that a question finds, as far as they can be reached, with counts of all."""

    counts: dict[Key, int]
    names: list[Name]


class Artists:
    """Artists across museums. Threads may share it."""

    def __init__(self) -> None:
        self._works: Memory[tuple[Any, ...], Works] = Memory(REMEMBERED)
        self._among: Memory[tuple[Any, ...], list[ArtistCount]] = Memory(REMEMBERED)

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

    def works(
        self, now: Now, identity: str, kept: Kept, combinations: dict[Key, Combination], words: Words | None
    ) -> Works:
        """Return the works of an artist among those that filters admit; with words, those that have them all."""
        tsquery = words.all if words and words.words else None
        key = (now.key, identity, tsquery, tuple((museum, tuple(each or ())) for museum, each in kept.items()))
        found = self._works.get(key)
        if found is None:
            found = _worded(now, identity, kept, combinations, tsquery) if tsquery else _all(now, identity, kept)
            self._works.put(key, found)
        return found

    def among(self, now: Now, names: Sequence[Name]) -> list[ArtistCount]:
        """Return the artists of the first works of an answer, those of most of them first."""
        first = tuple(names[:AMONG])
        found = self._among.get((now.key, first))
        if found is None:
            museums, numbers = [museum for museum, _ in first], [number for _, number in first]
            values = {"museums": museums, "numbers": numbers, "limit": MOST_ARTISTS}
            rows = now.conn.execute(query("readers_artists.among"), values)
            found = [ArtistCount(row["identity"], row["label"], row["works"]) for row in rows]
            self._among.put((now.key, first), found)
        return found

    @staticmethod
    def of_work(now: Now, museum: str, number: str) -> list[MakerOf]:
        """Return the makers of a work, in the museum's order."""
        rows = now.conn.execute(query("readers_artists.of_work"), {"museum": museum, "number": number})
        return [MakerOf(row["name"], row["role"], row["qualifier"], row["identity"], row["label"]) for row in rows]


def _all(now: Now, identity: str, kept: Kept) -> Works:
    rows = now.conn.execute(query("readers_artists.counts"), {"identity": identity})
    counts = {(row["museum"], row["facet"]): row["works"] for row in rows}
    values = {**of_museums(kept), "identity": identity, "limit": DEEPEST}
    return Works(counts, [name_of(row) for row in now.conn.execute(query("readers_artists.works"), values)])


def _worded(now: Now, identity: str, kept: Kept, combinations: dict[Key, Combination], tsquery: str) -> Works:
    rows = now.conn.execute(query("readers_artists.worded"), {"identity": identity, "query": tsquery}).fetchall()
    counts = Counter((row["museum"], row["facet"]) for row in rows if (row["museum"], row["facet"]) in combinations)
    admitted = [
        row for row in rows
        if row["museum"] in kept and (kept[row["museum"]] is None or row["facet"] in (kept[row["museum"]] or ()))
    ]  # fmt: skip
    return Works(dict(counts), [name_of(row) for row in admitted[:DEEPEST]])
