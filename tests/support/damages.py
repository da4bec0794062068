"""A small museum, everything that can be broken in it, and what its checks say of each damage."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from museum_assets.collection.artworks import checks as artworks
from museum_assets.collection.harvest import checks as harvest
from museum_assets.collection.thumbnails import checks as thumbnails
from museum_assets.collection.vectors import checks as vectors
from museum_assets.core.findings import Finding
from museum_assets.loop.checks import books_balance, failure_ratio, rows_as_written
from resources.platform import Platform
from resources.postgres import Connection
from resources.vector_index.session import VectorIndex
from tests.support import whole_pipeline

MUSEUM = "smk"


SPECS = whole_pipeline.SPECS


class Museum:
    """A finished museum."""

    def __init__(self, platform: Platform, conn: Connection) -> None:
        self.conn = conn
        self.store = platform.thumbnails()
        self.index: VectorIndex = platform.vector_index()

    def sql(self, statement: str) -> None:
        assert self.conn.execute(statement).rowcount > 0, "the test must break something"


Check = Callable[[Museum], Finding]
CHECKS: dict[str, Check] = {
    "books": lambda m: books_balance(m.conn, MUSEUM, SPECS["stored_thumbnails"]),
    "ratio": lambda m: failure_ratio(m.conn, MUSEUM, SPECS["stored_thumbnails"], 0.05),
    "harvest": lambda m: harvest.harvest_complete(m.conn, MUSEUM, SPECS["raw_metadata"]),
    "recent": lambda m: harvest.harvest_recent(m.conn, MUSEUM, SPECS["raw_metadata"]),
    "written": lambda m: rows_as_written(m.conn, MUSEUM, SPECS["stored_thumbnails"]),
    "required": lambda m: artworks.required_fields(m.conn, MUSEUM),
    "years": lambda m: artworks.plausible_years(m.conn, MUSEUM),
    "identifiers": lambda m: artworks.unique_identifiers(m.conn, MUSEUM),
    "thumbnails": lambda m: thumbnails.every_thumbnail_present(m.conn, m.store, MUSEUM, SPECS["stored_thumbnails"]),
    "points": lambda m: vectors.index_matches_ledger(m.conn, m.index, MUSEUM, SPECS["indexed_artworks"]),
    "vectors": lambda m: vectors.vectors_match_ledger(m.conn, m.index, MUSEUM, SPECS["image_clip"]),
    "sound": lambda m: vectors.vectors_sound(m.conn, m.index, MUSEUM, SPECS["image_clip"]),
    "nearest": lambda m: vectors.nearest_is_itself(m.conn, m.index, MUSEUM, SPECS["image_clip"]),
    "withdrawn": lambda m: vectors.withdrawn_artworks_absent(m.conn, m.index, MUSEUM, SPECS["indexed_artworks"]),
}


def first(m: Museum, column: str, table: str) -> Any:
    row = m.conn.execute(f"SELECT {column} AS it FROM {table} ORDER BY record_id LIMIT 1").fetchone()
    assert row
    return row["it"]


def drop_object(m: Museum) -> None:
    m.store.delete_many([first(m, "s3_key", "staging.thumbnail")])


def other_bytes(m: Museum) -> None:
    m.store.put_jpeg(first(m, "s3_key", "staging.thumbnail"), b"other", {})


def stray_object(m: Museum) -> None:
    m.store.put_jpeg(f"{MUSEUM}_nobody.jpg", b"x", {})


def point(m: Museum) -> str:
    return str(first(m, "output", "(SELECT * FROM ops.ledger WHERE stage = 'indexed_artworks') l"))


def drop_point(m: Museum) -> None:
    with m.index.open() as session:
        session.delete_points([point(m)])


def stray_point(m: Museum) -> None:
    with m.index.open() as session:
        (kept,) = session.retrieve([point(m)])
        session.upsert_points([("00000000-0000-5000-8000-000000000000", kept.payload)])  # type: ignore[list-item]


def drop_vector(m: Museum) -> None:
    with m.index.open() as session:
        session.delete_vectors("image_clip", [point(m)])


def zero_vector(m: Museum) -> None:
    with m.index.open() as session:
        session.update_vectors("image_clip", [point(m)], np.zeros((1, 768), np.float32), "none")


def swap_vectors(m: Museum) -> None:
    """Give two artworks each other's vector: sound, complete, and wrong."""
    rows = m.conn.execute(
        "SELECT point_id FROM ops.input_image"
        " WHERE content_hash IN (SELECT content_hash FROM ops.input_image GROUP BY 1 HAVING count(*) = 1)"
        " ORDER BY record_id LIMIT 2"
    )
    ids = [row["point_id"] for row in rows]
    with m.index.open() as session:
        there = {record.id: record.vectors["image_clip"] for record in session.retrieve(ids, with_vectors=True)}
        session.update_vectors("image_clip", ids, np.stack([there[ids[1]], there[ids[0]]]), "any")


LEDGER = "WHERE stage = 'stored_thumbnails' AND record_id = (SELECT min(record_id) FROM staging.artwork)"


SQL = {
    "a pending input": "UPDATE staging.artwork SET thumbnail_url = thumbnail_url || '?new' WHERE record_id ="
    " (SELECT min(record_id) FROM staging.artwork)",
    "a leftover": "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome)"
    " VALUES ('smk', 'stored_thumbnails', 'nobody', '', '', 'done')",
    "a lost row": "DELETE FROM staging.thumbnail WHERE record_id = (SELECT min(record_id) FROM staging.artwork)",
    "an altered row": "UPDATE staging.thumbnail SET width = 1 WHERE record_id ="
    " (SELECT min(record_id) FROM staging.artwork)",
    "a failure": f"UPDATE ops.ledger SET outcome = 'failed', code = 'gone', permanent = true {LEDGER}",
    "a short harvest": "UPDATE ops.harvest SET state = 'short', counts = counts || '{\"failed\": 2}'",
    "an open harvest": "UPDATE ops.harvest SET state = 'open'",
    "no harvest": "DELETE FROM ops.harvest",
    "an old harvest": "UPDATE ops.harvest SET ended_at = now() - interval '15 days'",
    "no rights": "UPDATE staging.artwork SET rights = ''",
    "backwards": "UPDATE staging.artwork SET production_date_start = 1900, production_date_end = 1800",
    "the future": "UPDATE staging.artwork SET production_date_start = 2098, production_date_end = 2099",
    "one internal id": "UPDATE staging.artwork SET museum_db_id = 'same'",
    "a failure after a success": "UPDATE ops.ledger SET outcome = 'failed', code = 'gone' WHERE stage = 'image_clip'"
    " AND record_id = (SELECT min(record_id) FROM staging.artwork)",
    "a withdrawal": "UPDATE raw.record SET withdrawn_at = now() - interval '9 days' WHERE record_id ="
    " (SELECT min(record_id) FROM staging.artwork)",
}


OUTSIDE = (drop_object, other_bytes, stray_object, drop_point, stray_point, drop_vector, zero_vector, swap_vectors)


"""Damages that a rollback does not mend."""


def by_sql(name: str) -> Callable[[Museum], None]:
    return lambda m: m.sql(SQL[name])


def again(stage: str, *, force: bool = False) -> str:
    return SPECS[stage].again(MUSEUM, force=force)


DAMAGES: list[tuple[str, str, Callable[[Museum], None], str, bool]] = [
    ("books", "pending", by_sql("a pending input"), f"1 of 6 are pending: run {again('stored_thumbnails')}", True),
    (
        "books",
        "leftover",
        by_sql("a leftover"),
        f"1 outputs whose input is gone: {again('stored_thumbnails')} removes them",
        False,
    ),
    (
        "books",
        "lost row",
        by_sql("a lost row"),
        f"the ledger says 6 were made, staging.thumbnail holds 5: run {again('stored_thumbnails', force=True)}",
        False,
    ),
    (
        "written",
        "altered",
        by_sql("an altered row"),
        f"1 rows of smk were altered or removed .*run {again('stored_thumbnails', force=True)}",
        False,
    ),
    ("written", "lost row", by_sql("a lost row"), "1 rows of smk were altered or removed", False),
    ("ratio", "failure", by_sql("a failure"), "1 of 6 failed .*--museum smk --retry-failed", False),
    (
        "harvest",
        "short",
        by_sql("a short harvest"),
        f"2 records could not be fetched. Run {again('raw_metadata')}",
        False,
    ),
    (
        "harvest",
        "open",
        by_sql("an open harvest"),
        f"not finished .*: run {again('raw_metadata')}, it goes on from there",
        True,
    ),
    ("harvest", "never", by_sql("no harvest"), f"smk was never harvested: run {again('raw_metadata')}", True),
    (
        "recent",
        "old",
        by_sql("an old harvest"),
        f"the last complete harvest ended .*: run {again('raw_metadata')}",
        True,
    ),
    ("required", "rights", by_sql("no rights"), "6 artworks lack a required field", False),
    ("years", "backwards", by_sql("backwards"), "6 artworks have impossible years", False),
    ("years", "future", by_sql("the future"), "6 artworks have impossible years", False),
    ("identifiers", "twice", by_sql("one internal id"), "1 identifiers are used twice", False),
    (
        "thumbnails",
        "missing",
        drop_object,
        f"1 thumbnails are recorded but not in S3.*run {again('stored_thumbnails', force=True)}",
        False,
    ),
    (
        "thumbnails",
        "changed",
        other_bytes,
        f"1 of 6 sampled ones do not have the recorded sha256.*{again('stored_thumbnails', force=True)}",
        False,
    ),
    ("thumbnails", "stray", stray_object, "1 objects in S3 belong to no thumbnail", True),
    ("points", "lost", drop_point, f"5 points, 6 in the ledger: run {again('indexed_artworks', force=True)}", False),
    ("vectors", "lost", drop_vector, f"5 vectors, 6 in the ledger: run {again('image_clip', force=True)}", False),
    (
        "sound",
        "lost",
        drop_vector,
        f"1 of 6 sampled image_clip vectors are unsound: run {again('image_clip', force=True)}",
        False,
    ),
    (
        "sound",
        "zeros",
        zero_vector,
        f"1 of 6 sampled image_clip vectors are unsound: run {again('image_clip', force=True)}",
        False,
    ),
    (
        "nearest",
        "swapped",
        swap_vectors,
        f"2 of 6 images do not find themselves.*run {again('image_clip', force=True)}",
        False,
    ),
    ("withdrawn", "row", by_sql("a withdrawal"), "1 withdrawn records have something left: run all stages", False),
    ("withdrawn", "point", stray_point, "1 points belong to no artwork: run all stages of smk", False),
]
