"""indexed_artworks: one point per artwork with its payload; the embeddings then add their vectors to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from museum_assets.loop.run import batched
from museum_assets.loop.stage import Outcome, Stage, Work, done
from resources.postgres import Connection
from resources.vector_index.index import Payload, point_id
from resources.vector_index.session import VectorIndex
from sql import query

POINTS_PER_WRITE = 2000


class IndexStage(Stage):
    """The stage that makes points in the vector index of artworks."""

    batch_size = POINTS_PER_WRITE

    def __init__(self, index: VectorIndex) -> None:
        self.index = index

    def output_of(self, work: Work) -> str:
        """Return the id of an artwork's point."""
        return point_id(work.data["museum"], work.data["object_number"])

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Upsert the points batch by batch; each batch is durable before its outcomes are yielded."""
        for batch in batched(works, POINTS_PER_WRITE):
            points = [(self.output_of(w), point_payload(w.data)) for w in batch]
            # A point that this record did not make may carry the vectors of another image.
            claimed = [id_ for (id_, _), w in zip(points, batch, strict=True) if w.previous_output != id_]
            with self.index.open() as session:
                session.delete_points(claimed)
                session.upsert_points(points)
            yield from (done(w, output=id_) for (id_, _), w in zip(points, batch, strict=True))

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Make the vectors of new points due."""
        claimed = [o.output for o in outcomes if o.output and o.output != o.work.previous_output]
        if claimed:
            with self.index.open() as session:
                vectors = list(session.vectors)
            _forget_vectors(conn, slug, vectors, claimed)
        return outcomes

    def discard(self, conn: Connection, slug: str, outputs: Sequence[str]) -> None:
        """Remove points, and with them their vectors."""
        if outputs:
            with self.index.open() as session:
                session.delete_points(outputs)
                vectors = list(session.vectors)
            _forget_vectors(conn, slug, vectors, outputs)


def _forget_vectors(conn: Connection, slug: str, vectors: list[str], ids: Sequence[str]) -> None:
    # A named vector and its stage have one name.
    conn.execute(query("vectors.forget"), {"museum": slug, "vectors": vectors, "points": list(ids)})


def index_contract(place: str) -> str:
    """Return the stage's contract. Another index is an empty one: every point has to be made again there."""
    return f"payload:1 in {place}"


def point_payload(row: Mapping[str, Any]) -> Payload:
    """Return what a point shows of an artwork's row."""
    return Payload(
        museum=row["museum"],
        object_number=row["object_number"],
        museum_db_id=row["museum_db_id"],
        title=row["title"],
        artists=row["artists"],
        production_date=production_date(row["period"], row["production_date_start"], row["production_date_end"]),
        production_date_start=row["production_date_start"],
        production_date_end=row["production_date_end"],
        work_types=row["work_types"],
        searchable_work_types=row["searchable_work_types"],
    )


def production_date(period: str | None, start: int | None, end: int | None) -> str | None:
    """Return the date as people read it: the museum's own words, else the years."""
    if period:
        return period
    years = [str(year) if year > 0 else f"{-year} BCE" for year in dict.fromkeys((start, end)) if year is not None]
    return "–".join(years) or None
