"""Production full of made-up works whose words are as frequent as those of a language, for the row `readers`."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import numpy as np

from bench.measuring import IMAGES, TEXTS, VECTORS
from museum_assets.collection.vectors.index import point_payload
from museum_assets.museums.work_types import SEARCHABLE
from museum_assets.releases.promotion.build import fill_search, vacuum
from museum_assets.releases.record import begin, live, move_pointer, set_state
from museum_assets.releases.schema import tables_of
from resources.platform import Platform
from resources.postgres import Connection
from resources.vector_index.index import STILL, PointRecord, SearchFilter, point_id
from resources.vector_index.readers import copies_of

MODEL = "bench"
VOCABULARY = 20_000
BATCH = 2_000
WORKS_EACH = 10
"""Works of an artist on average. The n-th artist has 1/n as many as the first, who has one work in eleven or so."""


class Words:
    """Words of two to four syllables; the n-th is 1/n as frequent as the first, as in any language."""

    def __init__(self) -> None:
        chosen = random.Random(0)
        syllables = [a + b for a in "bdfgklmnprstv" for b in ("a", "e", "i", "o", "u", "an", "er", "ol")]
        self.words = ["".join(chosen.choices(syllables, k=chosen.randint(2, 4))) for _ in range(VOCABULARY)]
        self.weights = np.cumsum([1 / (number + 2) for number in range(VOCABULARY)]).tolist()

    def some(self, chosen: random.Random, count: int) -> list[str]:
        """Return so many words."""
        return chosen.choices(self.words, cum_weights=self.weights, k=count)


class MadeUpArtists:
    """Artists whom every museum spells in its own way."""

    def __init__(self, words: Words, works: int) -> None:
        chosen = random.Random(1)
        self.names = [[word.capitalize() for word in words.some(chosen, 2)] for _ in range(works // WORKS_EACH)]
        self.weights = np.cumsum([1 / (number + 2) for number in range(len(self.names))]).tolist()

    def one(self, chosen: random.Random) -> int:
        """Return an artist, a frequent one more often."""
        (number,) = chosen.choices(range(len(self.names)), cum_weights=self.weights)
        return number

    def spelt(self, number: int, museum: str) -> str:
        """Return the name as a museum writes it."""
        first, last = self.names[number]
        # Only one museum has the artist's number, as a middle name.
        return f"{first} {last}" if museum < "n" else f"{last}{number} {first}"

    @staticmethod
    def identity(number: int) -> str:
        """Return the artist's identity."""
        return f"bench:{number}"


def promoted(platform: Platform, words: Words, museum: str, works: int, artists: MadeUpArtists | None = None) -> int:
    """Make a museum's next release, all its works new, and show it to readers; return its number."""
    with platform.production().connect() as conn:
        before = live(conn, museum)
        release = begin(conn, museum, by="bench", why="bench")
        chosen = random.Random(release.id)
        made = list(_works(words, chosen, museum, release.id, works))
        _rows(conn, museum, release.slot, made)
        if artists:
            _artists(conn, museum, release.slot, made, artists)
        tables = tables_of(conn, museum)
        vacuum(conn, tables, museum, release.slot)
        fill_search(conn, release)
        _points(platform, museum, release.id, made)
        set_state(conn, release, "ready", was=["building"])
        move_pointer(conn, museum, "promote", from_=before, to=release.id, by="bench", why="bench")
    return release.id


def _works(words: Words, chosen: random.Random, museum: str, release: int, count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        start = chosen.randint(1500, 1950)
        kind = chosen.choices(SEARCHABLE, weights=range(len(SEARCHABLE), 0, -1))[0]
        yield {
            "museum": museum,
            "object_number": f"{museum}.{number}",
            "museum_db_id": str(number),
            "title": " ".join(words.some(chosen, chosen.randint(2, 8))),
            "artists": [" ".join(words.some(chosen, 2))],
            "production_date_start": start,
            "production_date_end": start + chosen.choice((0, 0, 2, 30)),
            "period": None,
            "work_types": [kind],
            "searchable_work_types": [kind],
            "digest": sha256(f"{release} {number}".encode()).digest(),
            "image": chosen.random() < 0.8,
        }


def _rows(conn: Connection, museum: str, slot: int, works: Sequence[dict[str, Any]]) -> None:
    names = ("object_number", "museum_db_id", "title", "artists", "production_date_start", "production_date_end",
             "work_types", "searchable_work_types")  # fmt: skip
    with conn.cursor().copy(
        f"COPY production.artwork_release (museum, slot, {', '.join(names)}, rights, row_hash) FROM STDIN"
    ) as rows:
        for work in works:
            rows.write_row((museum, slot, *(work[name] for name in names), "CC0", work["digest"]))
    with conn.cursor().copy(
        "COPY production.thumbnail_release (museum, slot, object_number, object_key, width, height, row_hash)"
        " FROM STDIN"
    ) as rows:
        for work in works:
            if work["image"]:
                key = f"{museum}/{work['object_number']}.jpg"
                rows.write_row((museum, slot, work["object_number"], key, 600, 800, work["digest"]))
    with conn.cursor().copy(
        "COPY production.index_status_release (museum, slot, object_number, digest, row_hash) FROM STDIN"
    ) as rows:
        for work in works:
            rows.write_row((museum, slot, work["object_number"], work["digest"], work["digest"]))


def _artists(conn: Connection, museum: str, slot: int, works: Sequence[dict[str, Any]], artists: MadeUpArtists) -> None:
    """Let each work be of one artist, whom every museum spells in its own way."""
    chosen = random.Random(museum)
    by = [artists.one(chosen) for _ in works]
    with conn.cursor().copy(
        "COPY production.artwork_identity_release (museum, slot, object_number, position, identity, name, row_hash)"
        " FROM STDIN"
    ) as rows:
        for work, number in zip(works, by, strict=True):
            name = artists.spelt(number, museum)
            rows.write_row((museum, slot, work["object_number"], 1, artists.identity(number), name, work["digest"]))
    with conn.cursor().copy(
        "COPY production.artist_identity_release (museum, slot, identity, label, names, artworks, row_hash) FROM STDIN"
    ) as rows:
        for number, count in Counter(by).items():
            names = [artists.spelt(number, each) for each in ("met", "smk")]
            identity = artists.identity(number)
            rows.write_row((museum, slot, identity, artists.spelt(number, museum), names, count, identity.encode()))


def _points(platform: Platform, museum: str, release: int, works: Sequence[dict[str, Any]]) -> None:
    """Put the points straight into the index: the cache of vectors that a promotion reads is no part of this row."""
    numbers, index = np.random.default_rng(release), platform.production_index()
    names = [IMAGES, TEXTS]
    with index.open() as session:
        session.ensure_collection({name: VECTORS[name] for name in names}, released=True)
        # All works are new ones.
        session.set_where(SearchFilter(museum=museum, until_release=(STILL, STILL)), "until_release", release)
    for start in range(0, len(works), BATCH):
        part = works[start : start + BATCH]
        vectors = {name: numbers.standard_normal((len(part), VECTORS[name]), dtype=np.float32) for name in names}
        records = [
            PointRecord(
                point_id(museum, f"{work['object_number']} {release}"),
                {
                    **point_payload(work), **{f"{name}_contract": MODEL for name in names},
                    "digest": work["digest"].hex(), "from_release": release, "until_release": STILL,
                },
                {name: rows[at] / np.linalg.norm(rows[at]) for name, rows in vectors.items()},
            )
            for at, work in enumerate(part)
        ]  # fmt: skip
        with index.open() as session:
            session.put_records(records)
    with index.open() as session:
        session.optimise()
        session.wait_until_built()
    if copies := copies_of(index):
        copies.publish({museum: release})
