"""Artists of the live releases: who they are, their works in all museums, and how many of an answer are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from museum_assets.core.memory import Memory
from museum_assets.search.answer import Artist, ArtistCount, MakerOf
from museum_assets.search.columns import Columns
from museum_assets.search.facets import Kept, Key, of_museums
from museum_assets.search.production import Now
from museum_assets.search.question import DEEPEST
from museum_assets.search.ranking import Name
from museum_assets.search.work_sets import WorkSet
from sql import query

REMEMBERED = 256
LABELS = 4_096
MOST_ARTISTS = 20


@dataclass(frozen=True, slots=True)
class Works:
    """The works of an artist that filters admit, as far as they can be reached, with counts of all that are theirs."""

    counts: dict[Key, int]
    names: list[Name]


class Artists:
    """Artists across museums. Threads may share it."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._works: Memory[tuple[Any, ...], Works] = Memory(REMEMBERED)
        self._labels: Memory[tuple[Any, ...], str] = Memory(LABELS)

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
            counts = self._columns.counts(now, self._columns.of_artist(now, identity))
            values = {**of_museums(kept), "identity": identity, "limit": DEEPEST}
            found = Works(counts, now.names(query("readers_artists.works"), values))
            self._works.put(key, found)
        return found

    @staticmethod
    def numbers(now: Now, identity: str, kept: Kept) -> dict[str, list[str]]:
        """Return the object numbers of all works of an artist that filters admit, by museum."""
        rows = now.conn.execute(query("readers_artists.numbers"), {**of_museums(kept), "identity": identity})
        return {row["museum"]: row["numbers"] for row in rows}

    def counted(self, now: Now, works: WorkSet, chosen: str | None) -> list[ArtistCount]:
        """Return the artists with most of some works, with how many each has; `chosen` is always among them."""
        found = self._columns.artists(now, works, chosen, MOST_ARTISTS)
        if chosen is not None:
            found.setdefault(chosen, 0)
        labels = self._labelled(now, list(found))
        counts = [ArtistCount(each, label, found[each]) for each, label in labels.items()]
        return sorted(counts, key=lambda each: (-each.works, each.label))

    def _labelled(self, now: Now, identities: Sequence[str]) -> dict[str, str]:
        """Return what artists are called, without those whom no live release has."""
        known = {each: self._labels.get((now.key, each)) for each in identities}
        if missing := [each for each, label in known.items() if label is None]:
            for row in now.conn.execute(query("readers_artists.labels"), {"identities": missing}):
                known[row["identity"]] = row["label"]
                self._labels.put((now.key, row["identity"]), row["label"])
        return {each: label for each, label in known.items() if label is not None}

    @staticmethod
    def of_work(now: Now, museum: str, number: str) -> list[MakerOf]:
        """Return the makers of a work, in the museum's order."""
        rows = now.conn.execute(query("readers_artists.of_work"), {"museum": museum, "number": number})
        return [MakerOf(row["name"], row["role"], row["qualifier"], row["identity"], row["label"]) for row in rows]


def _hashable(kept: Kept) -> tuple[tuple[str, Sequence[int] | None], ...]:
    return tuple((museum, None if each is None else tuple(each)) for museum, each in kept.items())
