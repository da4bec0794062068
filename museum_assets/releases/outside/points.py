"""The points of a release in the vector index of production.

A point is a version of an artwork and shows in the releases from the one that made it up to the one that replaces it.
So a release costs as many points as it has changes, and an older release stays searchable as it was. What a point says
is made from the release's own rows and from the cache of vectors, which never changes under a key: the working
collection may be ahead of every table, since a batch of points is durable before the ledger knows of it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, LiteralString

from psycopg.rows import DictRow

from museum_assets.collection.vectors.embedding import cached_vectors
from museum_assets.collection.vectors.index import point_payload
from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import OnLine
from museum_assets.loop.run import batched
from museum_assets.releases import commands
from museum_assets.releases.outside.step import ReleaseStep
from resources.embedders.embedder import Vector
from resources.postgres import Connection
from resources.vector_index.index import STILL, PointRecord, SearchFilter, point_id
from resources.vector_index.session import VectorIndex, VectorSession
from sql import query

POINTS_PER_SESSION = 2000
"""Of four vectors 28 MB; an embedded index is left to a waiting search in between."""
SAMPLE = 200


def add_points(
    production: Connection, cache: Connection, index: VectorIndex, step: ReleaseStep, on_progress: OnLine
) -> dict[str, int]:
    """Make the points that are new in a release and end those it replaces. Repeating it finishes what was begun.

    No reader sees any of it before the release is committed: new points show from this release on, and ended ones go
    on showing in the releases before it. Raises MuseumError naming vectors that the cache lacks.
    """
    counts = {"points_made": 0, "points_there": 0, "points_ended": 0}
    for rows in _stream(production, query("releases_outside.new_points"), step):
        records = _records(cache, step, rows)
        with index.open() as session:
            made = {name: len(vector) for record in records for name, vector in record.vectors.items()}
            session.ensure_collection(made, released=True)
            there = session.existing([record.id for record in records])
            session.put_records([record for record in records if record.id not in there])
        counts["points_made"] += len(records) - len(there)
        counts["points_there"] += len(there)
        on_progress(f"{counts['points_made'] + counts['points_there']} points of release {step.release_id}")
    # One session: ends are set at 100,000/s, and opening an embedded index of 20,000 points takes 0.2 s.
    with index.open() as session:
        session.ensure_collection({}, released=True)
        for rows in _stream(production, query("releases_outside.ended_points"), step):
            session.set_where(_replaced(step, rows), "until_release", step.release_id)
            counts["points_ended"] += len(rows)
        if counts["points_made"]:
            session.optimise()
            # Before the pointer moves, so that no reader's question is compared with every new vector.
            if (waited := session.wait_until_built()) >= 1:
                on_progress(f"waited {waited:.0f} s for the graphs of the index")
    return counts


def _replaced(step: ReleaseStep, rows: Sequence[DictRow]) -> SearchFilter:
    return SearchFilter(
        museum=step.museum,
        object_numbers=tuple(row["object_number"] for row in rows),
        from_release=(None, step.release_id - 1),
        until_release=(STILL, STILL),
    )


def verify_points(production: Connection, index: VectorIndex, step: ReleaseStep) -> list[str]:
    """Return what is wrong with a release's points, compared with its rows: counts, and a sample's content."""
    visible = SearchFilter(releases=((step.museum, step.release_id),))
    counted = production.execute(query("releases_outside.point_counts"), step.params()).fetchall()
    sample = production.execute(
        query("releases_outside.point_sample"), step.params(start=os.urandom(32), limit=SAMPLE)
    ).fetchall()
    problems = []
    with index.open() as session:
        session.ensure_collection({}, released=True)
        for row in counted:
            there = session.count(SearchFilter(releases=visible.releases, vector_present=row["vector"]))
            if there != row["points"]:
                what = f"{row['vector']} vectors" if row["vector"] else "points"
                problems.append(f"{there} {what} in the index, {row['points']} in the release's rows")
        found = _found(session, step, [row["object_number"] for row in sample])
    for row in sample:
        name = f"{step.museum}:{row['object_number']}"
        digests = sorted(str(record.payload.get("digest")) for record in found.get(row["object_number"], []))
        if digests != sorted(digest.hex() for digest in row["digests"]):
            problems.append(f"{name} has {len(digests)} points in the index, not those of the release's rows")
    return problems


def undo_points(index: VectorIndex, museum: str, release_id: int) -> None:
    """Undo `add_points`, however far it came."""
    with index.open() as session:
        session.ensure_collection({}, released=True)
        session.delete_where(SearchFilter(museum=museum, from_release=(release_id, release_id)))
        session.set_where(SearchFilter(museum=museum, until_release=(release_id, release_id)), "until_release", STILL)


def prune_points(index: VectorIndex, museum: str, kept: Collection[int]) -> dict[str, int]:
    """Remove the points that show in none of the kept releases."""
    with index.open() as session:
        session.ensure_collection({}, released=True)
        before = session.count(SearchFilter(museum=museum))
        for after, until in pairwise([None, *sorted(kept), None]):
            # Made after one kept release and ended by the next: it shows in neither, and in no other.
            first = None if after is None else after + 1
            session.delete_where(SearchFilter(museum=museum, from_release=(first, None), until_release=(None, until)))
        if kept:
            # Ended by a release that is not there any more: what the newest kept one shows goes on.
            gone = SearchFilter(museum=museum, until_release=(max(kept) + 1, STILL - 1))
            session.set_where(gone, "until_release", STILL)
        return {"points_removed": before - session.count(SearchFilter(museum=museum))}


def _stream(conn: Connection, statement: LiteralString, step: ReleaseStep) -> Iterator[list[DictRow]]:
    with conn.transaction(), conn.cursor(name="points") as cursor:
        cursor.itersize = POINTS_PER_SESSION
        cursor.execute(statement, step.params())
        yield from batched(cursor, POINTS_PER_SESSION)


def _records(cache: Connection, step: ReleaseStep, rows: Sequence[DictRow]) -> list[PointRecord]:
    vectors = _vectors(cache, step.museum, rows)
    return [_record(step, row, vectors) for row in rows]


def _record(step: ReleaseStep, row: DictRow, vectors: dict[tuple[str, bytes], Vector]) -> PointRecord:
    digest = row["digest"].hex()
    named = list(zip(row["vectors"], row["contracts"], row["contents"], strict=True))
    payload: dict[str, Any] = {
        **point_payload(row),
        **{f"{name}_contract": contract for name, contract, _ in named},
        "digest": digest,
        "from_release": step.release_id,
        "until_release": STILL,
    }
    # With the release in its name: an artwork that comes back as it was is another point than the one that ended.
    id_ = point_id(step.museum, f"{row['object_number']}\n{digest}\n{step.release_id}")
    return PointRecord(id_, payload, {name: vectors[contract, content] for name, contract, content in named})


def _vectors(cache: Connection, museum: str, rows: Sequence[DictRow]) -> dict[tuple[str, bytes], Vector]:
    wanted: dict[str, set[bytes]] = {}
    for row in rows:
        for contract, content in zip(row["contracts"], row["contents"], strict=True):
            wanted.setdefault(contract, set()).add(content)
    found = {
        (contract, content): vector
        for contract, contents in wanted.items()
        for content, vector in cached_vectors(cache, contract, list(contents)).items()
    }
    missing = [
        (name, f"{name} of {museum}:{row['object_number']}")
        for row in rows
        for name, contract, content in zip(row["vectors"], row["contracts"], row["contents"], strict=True)
        if (contract, content) not in found
    ]
    if missing:
        named = ", ".join(text for _, text in missing[:20])
        names = " ".join(sorted({name for name, _ in missing}))
        again = f"`museum run {names} --museum {museum} --force`"
        raise MuseumError(
            f"{len(missing)} vectors that the release records are not in ops.vector: {named}. Run {again}, then "
            f"{commands.stage(museum)}, then {commands.promote(museum)}."
        )
    return found


def _found(session: VectorSession, step: ReleaseStep, numbers: Sequence[str]) -> dict[str, list[PointRecord]]:
    where = SearchFilter(object_numbers=tuple(numbers), releases=((step.museum, step.release_id),))
    found: dict[str, list[PointRecord]] = {}
    for record in session.scroll(where):
        found.setdefault(record.payload["object_number"], []).append(record)
    return found
