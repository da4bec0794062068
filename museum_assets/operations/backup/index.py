"""The vector index in a backup: counted, not copied, and made again from the rows and the cache of vectors.

What rows and cache cannot give back is kept besides: the points of artworks that are gone but not yet removed, and the
vectors of records whose last attempt failed or is still due.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, LiteralString

import numpy as np
import orjson
from psycopg import sql

from museum_assets.collection.stages import STAGES
from museum_assets.collection.vectors.embedding import FLOAT
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.loop.run import batched
from museum_assets.museums import MUSEUMS
from museum_assets.operations.backup.manifest import IndexContent
from museum_assets.operations.backup.places import Place
from museum_assets.operations.backup.streams import store_stream
from museum_assets.releases.record import in_state
from resources.platform import Platform
from resources.postgres import Connection
from resources.vector_index.index import PointRecord, contract_field
from resources.vector_index.session import VectorIndex
from sql import query

POINTS = "points"
"""The key under which points are counted, beside the names of the vectors."""
BATCH = 2000
VECTORS = [spec.name for spec in STAGES if spec.vector]


def indexed(statement: LiteralString) -> sql.Composed:
    """Return a statement over the points that rows can give back."""
    return sql.SQL(statement).format(indexed=sql.SQL(query("backup.indexed")))


def keep_index(
    place: Place, platform: Platform, snapshots: tuple[Connection, Connection], findings: list[str]
) -> IndexContent:
    """Count what the index has to hold and keep what cannot be made again, within the snapshots of both databases.

    Raises Unavailable when the index cannot be opened.
    """
    conn, production = snapshots
    working = {slug: counts for slug in MUSEUMS if (counts := _working_counts(conn, slug))}
    index = platform.vector_index()
    lines = (line for slug in MUSEUMS for line in _kept_lines(conn, index, slug, working.get(slug, {})))
    files = store_stream(place, "index/kept.jsonl", lines)
    if lacking := _not_cached(conn, production):
        findings.append(
            f"{lacking:,} vectors that releases record are not in ops.vector, so a restore cannot make their points "
            "again: run `museum run all --force`, then stage and promote each museum"
        )
    return IndexContent(place=platform.vector_place(), working=working, production=_released_counts(production),
                        files=files)  # fmt: skip


def point_params(slug: str) -> dict[str, Any]:
    """Return the parameters of the statements over a museum's points."""
    return {"museum": slug, "stage": indexed_artworks.name, "vectors": VECTORS}


def _working_counts(conn: Connection, slug: str) -> dict[str, int]:
    rows = conn.execute(indexed(query("backup.point_counts")), point_params(slug))
    return {row["vector"] or POINTS: row["points"] for row in rows if row["points"]}


def _released_counts(production: Connection) -> dict[str, dict[int, dict[str, int]]]:
    found: dict[str, dict[int, dict[str, int]]] = {}
    for slug in MUSEUMS:
        for release in in_state(production, slug, "ready"):
            params = {"museum": slug, "slot": release.slot}
            rows = production.execute(query("releases_outside.point_counts"), params)
            counts = {row["vector"] or POINTS: row["points"] for row in rows}
            found.setdefault(slug, {})[release.id] = counts
    return found


def _not_cached(conn: Connection, production: Connection) -> int:
    """Count the vectors of releases that the cache lacks. They are in another database where production is."""
    lacking = 0
    with production.cursor(name="vectors") as cursor:
        cursor.execute(query("backup_production.vectors"))
        for contract, rows in groupby(cursor, lambda row: row["contract"]):
            for batch in batched(rows, BATCH):
                contents = [row["content"] for row in batch]
                there = conn.execute(
                    "SELECT count(*) AS n FROM ops.vector WHERE contract = %s AND content_hash = ANY(%s)",
                    (contract, contents),
                ).fetchone()
                assert there is not None
                lacking += len(contents) - there["n"]
    return lacking


def _kept_lines(conn: Connection, index: VectorIndex, slug: str, counts: dict[str, int]) -> Iterator[bytes]:
    """Yield a line of JSON for each point of which something is kept, and count what is in it."""
    whole = {row["point_id"] for row in conn.execute(indexed(query("backup.other_points")), point_params(slug))}
    wanted: dict[str, set[str]] = {id_: set(VECTORS) for id_ in whole}
    for row in conn.execute(indexed(query("backup.other_vectors")), point_params(slug)):
        wanted.setdefault(row["point_id"], set()).add(row["vector"])
    for ids in batched(wanted, BATCH):
        with index.open() as session:
            records = session.retrieve(ids, with_vectors=True)
        for record in records:
            if line := _kept_line(record, wanted[record.id], whole=record.id in whole):
                for name in [*line["vectors"], *([POINTS] if line["payload"] else [])]:
                    counts[name] = counts.get(name, 0) + 1
                yield orjson.dumps(line) + b"\n"


def _kept_line(record: PointRecord, names: set[str], *, whole: bool) -> dict[str, Any] | None:
    vectors = {
        name: [record.payload[contract_field(name)], b64encode(record.vectors[name].astype(FLOAT).tobytes()).decode()]
        for name in sorted(names & record.vectors.keys())
        if contract_field(name) in record.payload
    }
    if not vectors and not whole:
        return None
    return {"id": record.id, "payload": record.payload if whole else None, "vectors": vectors}


def kept_vector(text: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a vector of a line."""
    return np.frombuffer(b64decode(text), FLOAT).astype(np.float32)


def contracts_of(record_vectors: dict[str, Sequence[str]]) -> dict[str, str]:
    """Return the payload fields that say which model made each vector of a line."""
    return {contract_field(name): contract for name, (contract, _) in record_vectors.items()}
