"""indexed_artworks: one point per artwork with its payload; the embeddings then add their vectors to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from museum_assets.loop.run import batched
from museum_assets.loop.stage import Outcome, Stage, Work, done
from resources.postgres import Connection
from resources.vector_index.index import VECTORS, Payload, VectorIndex, point_id
from sql import query

POINTS_PER_SESSION = 2000


class Index(Stage):
    """Artwork rows to points of the vector index."""

    name: ClassVar[str] = "indexed_artworks"
    batch_size: ClassVar[int] = POINTS_PER_SESSION

    def __init__(self, index: VectorIndex, *, place: str) -> None:
        self.index = index
        self.contract = index_contract(place)

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Upsert the points batch by batch; each batch is durable before its outcomes are yielded."""
        for batch in batched(works, POINTS_PER_SESSION):
            points = [(point_id(w.data["museum"], w.data["object_number"]), payload(w)) for w in batch]
            # A point that was another record's, or that nobody here made, may carry vectors of another image.
            claimed = [id_ for (id_, _), w in zip(points, batch, strict=True) if w.previous_output != id_]
            with self.index.open() as session:
                session.delete_points(claimed)
                session.upsert_points(points)
            yield from (done(w, output=id_) for (id_, _), w in zip(points, batch, strict=True))

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Make the embeddings add their vectors to points that are new."""
        claimed = [o.output for o in outcomes if o.output and o.output != o.work.previous_output]
        _forget_vectors(conn, museum, claimed)
        return outcomes

    def discard(self, conn: Connection, museum: str, outputs: Sequence[str]) -> None:
        """Remove points, and with them their vectors."""
        if outputs:
            with self.index.open() as session:
                session.delete_points(outputs)
            _forget_vectors(conn, museum, outputs)


def _forget_vectors(conn: Connection, museum: str, ids: Sequence[str]) -> None:
    conn.execute(query("vectors_forget"), {"museum": museum, "vectors": list(VECTORS), "points": list(ids)})


def index_contract(place: str) -> str:
    """Return the stage's contract. Another index is an empty one: every point has to be made again there."""
    return f"payload:1 in {place}"


def payload(work: Work) -> Payload:
    """Return what the index shows of an artwork."""
    return shown(work.data)


def shown(row: Mapping[str, Any]) -> Payload:
    """Return what an index shows of an artwork's row."""
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
