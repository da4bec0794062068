"""The vector index made again from restored rows and the cache of vectors: no model runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import orjson

from museum_assets.collection.vectors.embedding import cached_vectors
from museum_assets.collection.vectors.index import point_payload
from museum_assets.core.progress import OnLine
from museum_assets.loop.run import batched
from museum_assets.operations.backup.index import POINTS, contracts_of, indexed, kept_vector, point_params
from museum_assets.operations.backup.manifest import IndexContent
from museum_assets.operations.backup.places import Place
from museum_assets.operations.backup.streams import lines_of, read_stream
from museum_assets.releases.outside.points import add_points, verify_points
from museum_assets.releases.outside.step import release_step
from resources.platform import Platform
from resources.postgres import Connection
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import PointRecord, SearchFilter, contract_field
from resources.vector_index.session import VectorIndex, VectorSession
from sql import query

BATCH = 1000
"""Points at a time: 14 MB of four vectors."""


def points_there(platform: Platform) -> list[str]:
    """Name the collections that hold points already."""
    lines = []
    for name, index in (("working", platform.vector_index()), ("production", platform.production_index())):
        with index.open() as session:
            if session.exists and (count := session.count()):
                lines.append(f"the {name} vector index holds {count:,} points")
    return lines


def restore_index(place: Place, platform: Platform, content: IndexContent, on_progress: OnLine) -> list[str]:
    """Make both collections again and return where they differ from what the manifest says; nothing when they do not.

    Raises Damaged, Unavailable, and MuseumError naming vectors that the cache lacks.
    """
    index = platform.vector_index()
    _keep_name(index, content.place)
    for slug in content.working:
        _make_points(platform, index, slug, on_progress)
    _put_kept(index, lines_of(read_stream(place, content.files)))
    lines = _working_differences(index, content)
    for slug, releases in content.production.items():
        lines += _restore_releases(platform, slug, releases, on_progress)
    if (now := platform.vector_place()) != content.place:
        with platform.database().connect() as conn:
            conn.execute(query("backup.move_index"), {"before": content.place, "after": now})
    return lines


def _keep_name(index: VectorIndex, place: str) -> None:
    """Let an embedded index that takes over from another have its name, which is part of the ledger's rows."""
    server, _, _ = place.rpartition("/")
    kind, _, name = server.partition(":")
    if kind == "embedded" and isinstance(index, EdgeVectorIndex):
        index.adopt(name)


def _make_points(platform: Platform, index: VectorIndex, slug: str, on_progress: OnLine) -> None:
    made = 0
    with platform.database().connect() as conn, platform.database().connect() as cache:
        for rows in _stream(conn, slug):
            records = _records(cache, rows)
            with index.open() as session:
                session.ensure_collection(_dimensions(records))
                session.put_records(records)
            made += len(records)
            on_progress(f"vector index: {made:,} points of {slug}")
    if made:
        with index.open() as session:
            session.optimise()


def _stream(conn: Connection, slug: str) -> Iterator[list[dict[str, Any]]]:
    with conn.transaction(), conn.cursor(name="points") as cursor:
        cursor.itersize = BATCH
        cursor.execute(indexed(query("backup.points")), point_params(slug))
        yield from batched(cursor, BATCH)


def _records(cache: Connection, rows: Sequence[dict[str, Any]]) -> list[PointRecord]:
    wanted: dict[str, set[bytes]] = {}
    for row in rows:
        for contract, content in zip(row["contracts"], row["contents"], strict=True):
            wanted.setdefault(contract, set()).add(content)
    found = {contract: cached_vectors(cache, contract, list(contents)) for contract, contents in wanted.items()}
    records = []
    for row in rows:
        named = zip(row["vectors"], row["contracts"], row["contents"], strict=True)
        there = [(name, contract, found[contract][content]) for name, contract, content in named
                 if content in found[contract]]  # fmt: skip
        contracts = {contract_field(name): contract for name, contract, _ in there}
        payload = {**point_payload(row), **contracts}
        records.append(PointRecord(row["point_id"], payload, {name: vector for name, _, vector in there}))
    return records


def _dimensions(records: Sequence[PointRecord]) -> dict[str, int]:
    return {name: len(vector) for record in records for name, vector in record.vectors.items()}


def _put_kept(index: VectorIndex, lines: Iterator[bytes]) -> None:
    """Add what was kept besides: whole points, and vectors of points that are there."""
    for batch in batched(map(orjson.loads, lines), BATCH):
        with index.open() as session:
            for line in batch:
                _put_line(session, line)


def _put_line(session: VectorSession, line: dict[str, Any]) -> None:
    vectors = {name: kept_vector(text) for name, (_, text) in line["vectors"].items()}
    session.ensure_collection({name: len(vector) for name, vector in vectors.items()})
    if line["payload"]:
        payload = {**line["payload"], **contracts_of(line["vectors"])}
        session.put_records([PointRecord(line["id"], payload, vectors)])
        return
    for name, (contract, _) in line["vectors"].items():
        session.update_vectors(name, [line["id"]], np.stack([vectors[name]]), contract)


def _working_differences(index: VectorIndex, content: IndexContent) -> list[str]:
    lines = []
    with index.open() as session:
        total = session.count() if session.exists else 0
        for slug, wanted in content.working.items():
            for name, count in wanted.items():
                where = SearchFilter(museum=slug, vector_present=None if name == POINTS else name)
                if (found := session.count(where)) != count:
                    lines.append(f"the vector index holds {found:,} {name} of {slug}, the manifest says {count:,}")
    if total != (wanted_total := sum(counts.get(POINTS, 0) for counts in content.working.values())):
        lines.append(f"the vector index holds {total:,} points, the manifest says {wanted_total:,}")
    return lines


def _restore_releases(
    platform: Platform, slug: str, releases: dict[int, dict[str, int]], on_progress: OnLine
) -> list[str]:
    """Make the points of a museum's releases, oldest first: each makes what is new in it and ends what it replaces."""
    index, lines = platform.production_index(), []
    with platform.production().connect() as production, platform.database().connect() as cache:
        for number in sorted(releases):
            step = release_step(production, slug, number)
            add_points(production, cache, index, step, lambda line: on_progress(f"vector index: {line} of {slug}"))
        for number in sorted(releases):
            step = release_step(production, slug, number)
            lines += [f"release {number} of {slug}: {said}" for said in verify_points(production, index, step)]
            lines += _released_differences(index, slug, number, releases[number])
    return lines


def _released_differences(index: VectorIndex, slug: str, number: int, wanted: dict[str, int]) -> list[str]:
    lines = []
    with index.open() as session:
        for name, count in wanted.items():
            vector = None if name == POINTS else name
            found = session.count(SearchFilter(releases=((slug, number),), vector_present=vector))
            if found != count:
                lines.append(f"release {number} of {slug} has {found:,} {name} in the index, not {count:,}")
    return lines
