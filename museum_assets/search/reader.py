"""Answers to readers of production: always through the pointer, and each of one release per museum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from psycopg import IsolationLevel
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from museum_assets.collection.stages import vectors_of
from museum_assets.search.answer import (
    Answer,
    Artwork,
    Facets,
    Found,
    LiveRelease,
    MuseumNow,
    News,
    QueryVector,
    Reason,
    Why,
)
from museum_assets.search.question import Filters, Question
from resources.postgres import Connection, Database
from resources.vector_index.index import Hit, SearchFilter, contract_field
from resources.vector_index.session import VectorIndex
from sql import query

POOL = 8
STATEMENT_SECONDS = 5


class Reader:
    """Production as readers see it; threads may share one. `close` gives its connections back.

    `vectors_for` returns the vector of a query in words, None while no model is ready.
    """

    def __init__(
        self, database: Database, index: VectorIndex, vectors_for: Callable[[str], QueryVector | None]
    ) -> None:
        self.index = index
        self.vectors_for = vectors_for
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            database.url, min_size=1, max_size=POOL, open=True, kwargs={"autocommit": True, "row_factory": dict_row}
        )

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    def search(self, question: Question) -> Answer:
        """Return one page of what a question finds, best first."""
        with self._now() as conn:
            live = self._live(conn)
            works = conn.execute(query("readers.browse")).fetchall()
            words = question.words.lower().split()
            works = [work for work in works if all(word in str(work["title"]).lower() for word in words)]
            kept = [work for work in works if _admits(question.filters, work)]
            page = kept[question.offset : question.offset + question.limit]
            why = (Why(Reason.WORDS, tuple(words)),) if words else ()
            found = [
                Found(work, why) for work in self._artworks(conn, [(w["museum"], w["object_number"]) for w in page])
            ]
        releases = {museum: each.release for museum, each in live.items()}
        return Answer(found, len(kept), _facets(works, question.filters), releases)

    def artwork(self, museum: str, number: str) -> Artwork | None:
        """Return a work of a museum's live release by its object number."""
        with self._now() as conn:
            return next(iter(self._artworks(conn, [(museum, number)])), None)

    def similar(self, museum: str, number: str, limit: int = 24) -> list[Found]:
        """Return works that look like one, or are described like it, best first; none when it has no vector."""
        with self._now() as conn, self.index.open() as session:
            where = self._shown(conn)
            points = list(session.scroll(replace(where, museum=museum, object_numbers=(number,)), with_payload=False))
            for point in session.retrieve([point.id for point in points], with_vectors=True):
                for name, contract in (
                    (name, point.payload.get(contract_field(name))) for name in sorted(point.vectors)
                ):
                    admitted = replace(where, contract=contract)
                    hits = session.search(name, point.vectors[name], limit, admitted, exclude=[point.id])
                    return self._joined(conn, hits, name)
        return []

    def by_vector(self, vector: QueryVector, filters: Filters, limit: int = 24) -> list[Found]:
        """Return works whose images are nearest to the vector of an image, best first."""
        name = vectors_of(vector.model)[0]
        with self._now() as conn, self.index.open() as session:
            if name not in session.vectors:
                return []
            where = replace(
                self._shown(conn), contract=vector.contract, museum=filters.museum, work_type=filters.work_type
            )
            return self._joined(conn, session.search(name, vector.vector, limit, where), name)

    def _shown(self, conn: Connection) -> SearchFilter:
        return SearchFilter(releases=tuple((museum, each.release) for museum, each in self._live(conn).items()))

    def _joined(self, conn: Connection, hits: list[Hit], name: str) -> list[Found]:
        reason = Reason.LOOKS if name.startswith("image") else Reason.DESCRIBED
        names = [(hit.payload["museum"], hit.payload["object_number"]) for hit in hits]
        return [Found(work, (Why(reason),)) for work in self._artworks(conn, names)]

    def museum(self, slug: str) -> MuseumNow | None:
        """Return a museum's live release with its counts; None when it has none."""
        filters = Filters(museum=slug)
        with self._now() as conn:
            live = self._live(conn).get(slug)
            if live is None:
                return None
            works = [work for work in conn.execute(query("readers.browse")) if _admits(filters, work)]
            rights = conn.execute(query("readers.rights"), {"museum": slug}).fetchall()
        return MuseumNow(live, _facets(works, Filters()), [(row["value"], row["works"]) for row in rights])

    def news(self, limit: int = 24) -> list[News]:
        """Return what the live release of each museum changed, the newest release first, with up to `limit` works."""
        with self._now() as conn:
            rows = conn.execute(query("readers.live")).fetchall()
        return sorted((_news(row) for row in rows), key=lambda news: news.live.promoted_at, reverse=True)[:limit]

    def releases(self) -> dict[str, LiveRelease]:
        """Return the live release of each museum that has one."""
        with self._now() as conn:
            return self._live(conn)

    @contextmanager
    def _now(self) -> Iterator[Connection]:
        with self._pool.connection() as conn:
            conn.isolation_level = IsolationLevel.REPEATABLE_READ
            conn.read_only = True
            with conn.transaction():
                conn.execute("SELECT set_config('statement_timeout', %s, true)", (f"{STATEMENT_SECONDS}s",))
                yield conn

    @staticmethod
    def _live(conn: Connection) -> dict[str, LiveRelease]:
        return {row["museum"]: _live_release(row) for row in conn.execute(query("readers.live"))}

    def _artworks(self, conn: Connection, names: Iterable[tuple[str, str]]) -> list[Artwork]:
        names = list(names)
        found: dict[tuple[str, str], Artwork] = {}
        made = {row["museum"]: row["candidate_made_at"] for row in conn.execute(query("readers.live"))}
        for museum in {museum for museum, _ in names}:
            values = {"museum": museum, "numbers": [number for each, number in names if each == museum]}
            for row in conn.execute(query("readers.artworks"), values):
                found[museum, row["object_number"]] = Artwork.of({**row, "candidate_made_at": made[museum]})
        return [found[name] for name in names if name in found]


def _live_release(row: dict[str, Any]) -> LiveRelease:
    works = int(row["counts"].get("artwork", 0))
    return LiveRelease(row["museum"], row["release_id"], row["committed_at"], row["candidate_made_at"], works)


def _news(row: dict[str, Any]) -> News:
    changes = row["summary"].get("artwork", {})
    counts = {how: int(changes.get(how, 0)) for how in ("added", "changed", "removed")}
    return News(_live_release(row), row["before"], **counts, works=[])


def centuries(work: dict[str, Any]) -> list[int]:
    """Return the centuries that a work's dates touch."""
    years = [year for year in (work["start"], work["end"]) if year is not None]
    if not years:
        return []
    first, last = (century(year) for year in (min(years), max(years)))
    return [each for each in range(first, last + 1) if each]


def century(year: int) -> int:
    """Return the century of a year: 1601 to 1700 are the 17th, and the one before year 1 is -1."""
    return (year - 1) // 100 + 1 if year > 0 else -((-year - 1) // 100 + 1) if year else -1


def _values(work: dict[str, Any]) -> dict[str, list[Any]]:
    return {
        "museum": [work["museum"]],
        "work_type": work["work_types"] or [],
        "century": centuries(work),
        "has_image": [work["has_image"]],
    }


def _admits(filters: Filters, work: dict[str, Any], *, but: str = "") -> bool:
    values = _values(work)
    wanted = {name: getattr(filters, name) for name in values if name != but}
    return all(value is None or value in values[name] for name, value in wanted.items())


def _facets(works: list[dict[str, Any]], filters: Filters) -> Facets:
    counts = {
        name: Counter(value for work in works if _admits(filters, work, but=name) for value in _values(work)[name])
        for name in ("museum", "work_type", "century", "has_image")
    }
    ordered = {name: sorted(found.items(), key=lambda item: (-item[1], item[0])) for name, found in counts.items()}
    return Facets(**ordered | {"century": sorted(counts["century"].items())})
