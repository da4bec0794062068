"""Checks of the vector index against the ledger."""

from __future__ import annotations

import numpy as np

from museum_assets.core.findings import SAMPLE, Finding
from museum_assets.loop.spec import StageSpec
from resources.postgres import Connection, scalar
from resources.vector_index.index import SearchFilter
from resources.vector_index.session import VectorIndex
from sql import query

VECTORS_READ = 200
SEARCHES = 20
SAME = 1e-4
"""Cosines closer than this count as equal: in float32, engines differ in the sixth place."""


def _recorded(conn: Connection, slug: str, stage: str) -> int:
    return int(scalar(conn, query("vectors.recorded"), {"museum": slug, "stage": stage}))


def _sample(conn: Connection, slug: str, stage: str, limit: int) -> dict[str, np.ndarray | None]:
    """Return {point id: the vector it should have, None where the cache holds none}."""
    rows = conn.execute(query("vectors.sample"), {"museum": slug, "stage": stage, "limit": limit})
    return {row["point_id"]: np.frombuffer(row["vector"], "<f4") if row["vector"] else None for row in rows}


def index_matches_ledger(conn: Connection, index: VectorIndex, slug: str, spec: StageSpec) -> Finding:
    """The index has exactly as many points of this museum as the ledger says."""
    with index.open() as session:
        indexed = session.count(SearchFilter(museum=slug))
    recorded = _recorded(conn, slug, spec.name)
    if not indexed and not recorded:
        return Finding.nothing(f"{slug} has no points; {spec.again(slug)} makes them")
    remedy = "" if indexed == recorded else f": run {spec.again(slug, force=True)}, then the embeddings with --force"
    return Finding(
        indexed == recorded,
        f"{indexed} points, {recorded} in the ledger{remedy}",
        {"points": indexed, "ledger": recorded},
    )


def vectors_match_ledger(conn: Connection, index: VectorIndex, slug: str, spec: StageSpec) -> Finding:
    """The index has exactly as many of these vectors as the ledger says."""
    with index.open() as session:
        known = spec.name in session.vectors
        indexed = session.count(SearchFilter(museum=slug, vector_present=spec.name)) if known else 0
    recorded = _recorded(conn, slug, spec.name)
    if not indexed and not recorded:
        return Finding.nothing(f"{slug} has no vectors {spec.name}; {spec.again(slug)} makes them")
    again = spec.again(slug, force=True)
    return Finding(
        indexed == recorded,
        f"{indexed} vectors, {recorded} in the ledger"
        + ("" if indexed == recorded else f": run {again} (cached vectors are not recomputed)"),
        {"vectors": indexed, "ledger": recorded},
    )


def vectors_sound(conn: Connection, index: VectorIndex, slug: str, spec: StageSpec) -> Finding:
    """A sample of vectors has the right size, unit length, and neither zeros only nor NaN."""
    ids = list(_sample(conn, slug, spec.name, VECTORS_READ))
    if not ids:
        return Finding.nothing(f"{slug} has no vectors {spec.name}; {spec.again(slug)} makes them")
    with index.open() as session:
        records = session.retrieve(ids, with_vectors=True)
    size = spec.vector.dimension if spec.vector else 0
    bad = [record.id for record in records if not _sound(record.vectors.get(spec.name), size)]
    bad += sorted(set(ids) - {record.id for record in records})
    return Finding(
        not bad,
        f"{len(bad)} of {len(ids)} sampled {spec.name} vectors are unsound: run {spec.again(slug, force=True)}"
        if bad
        else f"{len(ids)} sampled {spec.name} vectors are sound",
        {"sampled": len(ids), "unsound": bad[:SAMPLE]},
    )


def _sound(vector: np.ndarray | None, size: int) -> bool:
    if vector is None or vector.shape != (size,) or not np.isfinite(vector).all():
        return False
    return bool(abs(float(np.linalg.norm(vector)) - 1) < 1e-3)


def nearest_is_itself(conn: Connection, index: VectorIndex, slug: str, spec: StageSpec) -> Finding:
    """A search for an image's cached vector finds its point, or one that shows the same image."""
    # The vector comes from the cache: one read from the point itself would find that point whatever it holds.
    wanted = {id_: own for id_, own in _sample(conn, slug, spec.name, SEARCHES).items() if own is not None}
    if not wanted:
        return Finding.nothing(f"{slug} has no vectors {spec.name} to search for; {spec.again(slug)} makes them")
    with index.open() as session:
        carried = {
            record.id: record.vectors.get(spec.name) for record in session.retrieve([*wanted], with_vectors=True)
        }
        lost = [
            id_
            for id_, own in wanted.items()
            if _cosine(own, carried.get(id_)) < 1 - SAME
            or not any(hit.score > 1 - SAME for hit in session.search(spec.name, own, 1))
        ]
    return Finding(
        not lost,
        f"{len(lost)} of {len(wanted)} images do not find themselves, so the index is damaged: run "
        f"{spec.again(slug, force=True)}"
        if lost
        else f"{len(wanted)} sampled images find themselves",
        {"sampled": len(wanted), "lost": lost[:SAMPLE]},
    )


def _cosine(one: np.ndarray, other: np.ndarray | None) -> float:
    """Return the cosine of two vectors of unit length, 0 when there is no other."""
    return float(one @ other) if other is not None else 0.0


def withdrawn_artworks_absent(conn: Connection, index: VectorIndex, slug: str, spec: StageSpec) -> Finding:
    """Records withdrawn longer than the grace period are gone from staging, ledger and index."""
    rows = conn.execute(query("collection.withdrawn_remains"), {"museum": slug}).fetchall()
    known = {row["output"] for row in conn.execute(
        "SELECT output FROM ops.ledger WHERE museum = %s AND stage = %s", (slug, spec.name))}  # fmt: skip
    with index.open() as session:
        stray = [id_ for id_ in session.ids(slug) if id_ not in known]
    if not known and not rows and not stray:
        return Finding.nothing(f"{slug} has no points; {spec.again(slug)} makes them")
    problems = [f"{len(rows)} withdrawn records have something left"] if rows else []
    problems += [f"{len(stray)} points belong to no artwork"] if stray else []
    return Finding(
        not problems,
        "; ".join(problems) + f": run all stages of {slug}" if problems else "everything withdrawn is gone",
        {"withdrawn": [row["record_id"] for row in rows[:SAMPLE]], "stray points": stray[:SAMPLE]},
    )
