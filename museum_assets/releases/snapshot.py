"""Search in production: what the index finds, joined with the rows of the very release that readers see.

The pointer, the search and the rows belong to one REPEATABLE READ transaction: the pointer says which release of each
museum to ask the index for, and the rows are read through the views of the same snapshot. Both sides keep older
releases as they were, so that a promotion in between changes neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from psycopg import IsolationLevel

from museum_assets.collection.stages import vectors_of
from museum_assets.collection.vectors.index import point_payload
from museum_assets.core.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.releases import commands
from resources.embedders.embedder import Embedder, Vector
from resources.postgres import Connection, Database
from resources.vector_index.index import Hit, PointRecord, SearchFilter
from resources.vector_index.search import by_likeness, by_words
from resources.vector_index.session import VectorIndex, VectorSession
from sql import query as sql_query


class NotOneRelease(MuseumError):
    """The index and the tables of production disagree about a release."""


def differs(museum: str, number: str, release: int) -> str:
    """Say that the index shows an artwork that the rows do not, and what to do."""
    return (
        f"The index shows {museum}:{number} in release {release}, and the tables of production do not, or not like "
        f'this. Run `museum release rollback {museum} --why "…"`, then {commands.promote(museum)}.'
    )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Production at one moment: a transaction, the index, and the release of each museum."""

    conn: Connection
    session: VectorSession
    releases: dict[str, int]

    def where(self, museum: str | None = None, **more: Any) -> SearchFilter:
        """Return the filter of the points that readers see now."""
        return SearchFilter(museum=museum, releases=tuple(self.releases.items()), **more)

    def words(
        self,
        embedder: Embedder,
        vector: Vector,
        limit: int,
        museum: str | None = None,
        work_type: str | None = None,
    ) -> list[Hit]:
        """Search with the vector of a query in words. Raises as `search_text` does, and NotOneRelease."""
        names, where = vectors_of(embedder.name), self.where(museum, work_type=work_type)
        return self.joined(by_words(self.session, embedder, names, vector, where, limit))

    def point(self, museum: str, object_number: str) -> PointRecord | None:
        """Return the point of an artwork with its vectors; None when production does not show it."""
        found = list(self.session.scroll(self.where(museum, object_numbers=(object_number,)), with_payload=False))
        return self.session.retrieve([found[0].id], with_vectors=True)[0] if found else None

    def likeness(self, museum: str, object_number: str, model: str, limit: int) -> list[Hit]:
        """Search for what is like an artwork. Raises as `similar` does, and NotOneRelease."""
        point = self.point(museum, object_number)
        if point is None:
            raise MuseumError(f"{museum}:{object_number} is not in production: see `museum release show {museum}`.")
        return self.joined(by_likeness(self.session, point, vectors_of(model), self.where(), limit))

    def joined(self, hits: Sequence[Hit]) -> list[Hit]:
        """Return the hits with what production's rows say of them. Raises NotOneRelease naming the first that differs.

        A payload is then that of the point, made anew from the row, with `release` and `thumbnail`, its S3 key.
        """
        rows = {}
        for museum in {hit.payload["museum"] for hit in hits}:
            numbers = [hit.payload["object_number"] for hit in hits if hit.payload["museum"] == museum]
            for row in self.conn.execute(sql_query("releases.shown_artworks"), {"museum": museum, "numbers": numbers}):
                # A release that was forced over duplicates has an object number more than once.
                rows[museum, row["object_number"], row["digest"].hex()] = row
        return [
            self._join(hit, rows.get((hit.payload["museum"], hit.payload["object_number"], hit.payload["digest"])))
            for hit in hits
        ]

    def _join(self, hit: Hit, row: dict[str, Any] | None) -> Hit:
        museum, number = hit.payload["museum"], hit.payload["object_number"]
        release = self.releases[museum]
        if row is None or row["release_id"] != release:
            raise NotOneRelease(differs(museum, number, release))
        more = {"release": release, "thumbnail": row["object_key"]}
        return replace(hit, payload={**hit.payload, **point_payload(row), **more})


@contextmanager
def snapshot(database: Database, index: VectorIndex, museum: str | None = None) -> Iterator[Snapshot]:
    """Open production at one moment. Raises MuseumError when nothing, or not this museum, is in production."""
    # The index first: another process may have to leave it, and the snapshot should not grow old meanwhile.
    with index.open() as session, database.connect() as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        with conn.transaction():
            pointers = conn.execute(
                "SELECT museum, release_id FROM production.current_release WHERE release_id IS NOT NULL"
            )
            releases = {row["museum"]: row["release_id"] for row in pointers}
            if not releases or (museum is not None and museum not in releases):
                who = "No museum is" if museum is None else f"{museum} is not"
                todo = commands.promote(museum or next(iter(MUSEUMS)))
                raise MuseumError(f"{who} in production yet: {todo} promotes a candidate.")
            yield Snapshot(conn, session, releases)
