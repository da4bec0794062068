"""The canary: what is asked of production after a promotion, through the views and the search that readers use.

It asks by itself whether each view has the rows that the release was built with, and whether works chosen anew each
time are found by their own vector, are shown by the index as the rows have them, and have their thumbnail. Beside that
it asks what a person noted in production.canary.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import sql
from psycopg.rows import DictRow

from museum_assets.collection.vectors.embedders import search_model
from museum_assets.core.failures import Gone, MuseumError
from museum_assets.releases.schema import Table, tables, tables_of
from museum_assets.releases.snapshot import Snapshot, snapshot
from resources.embedders.embedder import Embedder
from resources.platform import Platform
from resources.postgres import Connection, Database, scalar
from resources.s3 import ObjectStore
from resources.vector_index.search import embedded
from resources.vector_index.session import VectorIndex
from sql import query

SAMPLE = 10
SEEN = 20
"""How many results of a query are looked through."""
ALIKE = 1e-3
"""How far the cosine of a vector with itself may be from 1: an index may keep vectors rounded."""


@dataclass(frozen=True, slots=True)
class Canary:
    """What readers of production use. `embedder` is made only when a query in words is asked."""

    production: Database
    index: VectorIndex
    thumbnails: ObjectStore
    embedder: Callable[[], Embedder]

    def __call__(self, museum: str) -> list[str]:
        """Return what is wrong with what readers of a museum get, nothing when all is well."""
        with self.production.connect() as conn:
            asked = tables_of(conn, museum)
            known = conn.execute("SELECT * FROM production.canary WHERE museum = %s", (museum,)).fetchall()
            problems = [*_counts(conn, museum, asked), *_known_counts(conn, museum, known)]
        if asked[0].kind != "collection":
            return problems
        try:
            words = self._words([row for row in known if row["kind"] == "query"])
            with snapshot(self.production, self.index, museum) as now:
                problems += [*self._sample(now, museum), *self._objects(now, museum, known), *self._queries(now, words)]
        except MuseumError as error:
            problems.append(str(error))
        return problems

    def _words(self, asked: list[DictRow]) -> list[tuple[DictRow, Embedder, Any]]:
        if not asked:
            return []
        model = self.embedder()
        return [(row, model, embedded(model, row["subject"])) for row in asked]

    def _sample(self, now: Snapshot, museum: str) -> Iterator[str]:
        values = {"museum": museum, "seed": secrets.randbits(62), "limit": SAMPLE}
        for row in now.conn.execute(query("releases_canary.sample"), values).fetchall():
            yield from _findable(now, museum, row["object_number"])
            try:
                if row["object_key"] is not None:
                    self.thumbnails.head(row["object_key"])
            except Gone:
                yield f"the thumbnail of {museum}:{row['object_number']} is not in bucket {self.thumbnails.bucket}"

    @staticmethod
    def _objects(now: Snapshot, museum: str, known: list[DictRow]) -> Iterator[str]:
        numbers = [row["subject"] for row in known if row["kind"] == "object"]
        there = {
            row["object_number"]
            for row in now.conn.execute(query("releases.shown_artworks"), {"museum": museum, "numbers": numbers})
        }
        yield from (f"{museum}:{number} is missing" for number in numbers if number not in there)

    @staticmethod
    def _queries(now: Snapshot, words: list[tuple[DictRow, Embedder, Any]]) -> Iterator[str]:
        for row, model, vector in words:
            hits = now.words(model, vector, max(SEEN, row["at_least"]), row["museum"])
            if len(hits) < row["at_least"]:
                yield f"{row['subject']!r} finds {len(hits)} works of {row['museum']}, fewer than {row['at_least']}"
            numbers = [hit.payload["object_number"] for hit in hits]
            if row["finds"] is not None and row["finds"] not in numbers:
                yield f"{row['subject']!r} does not find {row['museum']}:{row['finds']} among the first {len(numbers)}"


def _findable(now: Snapshot, museum: str, number: str) -> Iterator[str]:
    point = now.point(museum, number)
    if point is None:
        yield f"{museum}:{number} is in the tables and not in the index"
        return
    for name, vector in point.vectors.items():
        where = now.where(museum, contract=point.payload.get(f"{name}_contract"))
        best = now.joined(now.session.search(name, vector, 1, where))
        if not best or best[0].score < 1 - ALIKE:
            yield f"{museum}:{number} is not found by its own {name}"


def _counts(conn: Connection, museum: str, asked: list[Table]) -> Iterator[str]:
    built = scalar(conn, query("releases_canary.built_counts"), {"museum": museum})
    for step, name in enumerate(table.name for table in asked):
        rows = _rows(conn, name, museum)
        wanted = (built or {}).get(name)
        if wanted is not None and rows != wanted:
            yield f"production.{name} shows {rows} rows of {museum}, {wanted} were built"
        elif step == 0 and not rows:
            yield f"production.{name} shows nothing of {museum}"


def _known_counts(conn: Connection, museum: str, known: list[DictRow]) -> Iterator[str]:
    for row in known:
        if row["kind"] == "count" and (rows := _rows(conn, row["subject"], museum)) < row["at_least"]:
            yield f"production.{row['subject']} shows {rows} rows of {museum}, fewer than {row['at_least']}"


def _rows(conn: Connection, view: str, museum: str) -> int:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE museum = %s").format(sql.Identifier("production", view))
    return int(scalar(conn, statement, (museum,)))


def canary(platform: Platform) -> Canary:
    """Return the canary of what is configured. Raises NotRunning."""
    thumbnails, embedder = platform.production_thumbnails(), partial(search_model, platform)
    return Canary(platform.production(), platform.production_index(), thumbnails, embedder)


def add_canary(
    conn: Connection, museum: str, kind: str, subject: str, *, at_least: int, finds: str | None, by: str
) -> None:
    """Note what must be in production; the same subject again replaces it. Raises MuseumError for an unknown view."""
    if kind == "count":
        views = [table.name for table in tables(conn)]
        if subject not in views:
            raise MuseumError(f"there is no view production.{subject}: count one of {', '.join(views)}")
    values = {"museum": museum, "kind": kind, "subject": subject, "at_least": at_least, "finds": finds, "by": by}
    conn.execute(query("releases_canary.add"), values)
