"""Checks of the vector index against the ledger."""

from __future__ import annotations

import numpy as np

from museum_assets.audit.finding import SAMPLE, Finding
from resources.postgres import Connection, scalar
from resources.vector_index.index import VECTORS, SearchFilter, VectorIndex
from sql import query

READ = 200
SEARCHES = 20
SAME = 1e-4
"""Cosines closer than this are equal: computed over float32 differs in the sixth place between engines."""


def _recorded(conn: Connection, museum: str, stage: str) -> int:
    # A record that fails keeps what an earlier success left in the index.
    statement = (
        "SELECT count(*) FROM ops.ledger WHERE museum = %s AND stage = %s"
        " AND output IS NOT NULL AND outcome IN ('done', 'failed')"
    )
    return int(scalar(conn, statement, (museum, stage)))


def _sample(conn: Connection, museum: str, stage: str, limit: int) -> dict[str, np.ndarray | None]:
    """Return {point id: the vector it should have, as far as the cache knows}."""
    rows = conn.execute(query("audit_vectors"), {"museum": museum, "stage": stage, "limit": limit})
    return {row["point_id"]: np.frombuffer(row["vector"], "<f4") if row["vector"] else None for row in rows}


def points_match(conn: Connection, index: VectorIndex, museum: str) -> Finding:
    """The index has exactly as many points of this museum as the ledger says."""
    with index.open() as session:
        there = session.count(SearchFilter(museum=museum))
    recorded = _recorded(conn, museum, "indexed_artworks")
    return Finding(
        there == recorded,
        f"{there} points, {recorded} in the ledger"
        + (
            ""
            if there == recorded
            else f": run indexed_artworks of {museum} with force, then the embeddings with force"
        ),
        {"points": there, "ledger": recorded},
    )


def vectors_match(conn: Connection, index: VectorIndex, museum: str, vector: str) -> Finding:
    """The index has exactly as many of these vectors as the ledger says."""
    with index.open() as session:
        there = session.count(SearchFilter(museum=museum, vector_present=vector))
    recorded = _recorded(conn, museum, vector)
    return Finding(
        there == recorded,
        f"{there} vectors, {recorded} in the ledger"
        + ("" if there == recorded else f": run {vector} of {museum} with force (cached vectors are not recomputed)"),
        {"vectors": there, "ledger": recorded},
    )


def vectors_sound(conn: Connection, index: VectorIndex, museum: str, vector: str) -> Finding:
    """A sample of vectors has the right size, unit length, and neither zeros only nor NaN."""
    ids = list(_sample(conn, museum, vector, READ))
    with index.open() as session:
        records = session.retrieve(ids, with_vectors=True)
    bad = [record.id for record in records if not _sound(record.vectors.get(vector), VECTORS[vector])]
    bad += sorted(set(ids) - {record.id for record in records})
    return Finding(
        not bad,
        f"{len(bad)} of {len(ids)} sampled {vector} vectors are unsound: run {vector} of {museum} with force"
        if bad
        else f"{len(ids)} sampled {vector} vectors are sound",
        {"sampled": len(ids), "unsound": bad[:SAMPLE]},
    )


def _sound(vector: np.ndarray | None, size: int) -> bool:
    if vector is None or vector.shape != (size,) or not np.isfinite(vector).all():
        return False
    return bool(abs(float(np.linalg.norm(vector)) - 1) < 1e-3)


def nearest_is_itself(conn: Connection, index: VectorIndex, museum: str, vector: str) -> Finding:
    """A search for an image's own vector, as first made, finds its point or one that shows the very same image."""
    # The vector comes from the cache: one read from the point itself would find that point whatever it holds.
    wanted = {id_: own for id_, own in _sample(conn, museum, vector, SEARCHES).items() if own is not None}
    with index.open() as session:
        there = {record.id: record.vectors.get(vector) for record in session.retrieve([*wanted], with_vectors=True)}
        lost = [
            id_
            for id_, own in wanted.items()
            if _cosine(own, there.get(id_)) < 1 - SAME
            or not any(hit.score > 1 - SAME for hit in session.search(vector, own, 1))
        ]
    return Finding(
        not lost,
        f"{len(lost)} of {len(wanted)} images do not find themselves: the index is damaged: run {vector} of {museum} "
        "with force"
        if lost
        else f"{len(wanted)} sampled images find themselves",
        {"sampled": len(wanted), "lost": lost[:SAMPLE]},
    )


def _cosine(one: np.ndarray, other: np.ndarray | None) -> float:
    """Return the cosine of two vectors of unit length, 0 when there is no other."""
    return float(one @ other) if other is not None else 0.0


def weights_trained(contract: str | None) -> Finding:
    """The model has trained weights; with the demo's untrained ones a search finds nothing sensible."""
    if contract is None:
        return Finding(True, "the model is not active")
    trained = "untrained" not in contract
    text = "the weights are trained" if trained else (
        "UNTRAINED weights: the model hub could not be reached, so these vectors exercise the pipeline but do not "
        "describe the images. Set CLIP_WEIGHTS or connect to the hub; a changed model re-embeds by itself"
    )  # fmt: skip
    return Finding(trained, text, {"contract": contract}, warn=True)


def withdrawn_absent(conn: Connection, index: VectorIndex, museum: str) -> Finding:
    """Nothing is left in staging, the ledger or the index of records whose withdrawal is past the grace period."""
    rows = conn.execute(query("audit_withdrawn"), {"museum": museum}).fetchall()
    known = {row["output"] for row in conn.execute(
        "SELECT output FROM ops.ledger WHERE museum = %s AND stage = 'indexed_artworks'", (museum,))}  # fmt: skip
    with index.open() as session:
        stray = [id_ for id_ in session.ids(museum) if id_ not in known]
    problems = [f"{len(rows)} withdrawn records have something left"] if rows else []
    problems += [f"{len(stray)} points are nobody's"] if stray else []
    return Finding(
        not problems,
        "; ".join(problems) + f": run all stages of {museum}" if problems else "everything withdrawn is gone",
        {"withdrawn": [row["record_id"] for row in rows[:SAMPLE]], "stray points": stray[:SAMPLE]},
    )
