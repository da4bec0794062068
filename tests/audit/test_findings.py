"""Each check passes on a good museum and fails, saying what to do, once something is broken behind its back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import whole_pipeline

from museum_assets.audit import collection, thumbnails, vectors
from museum_assets.audit.finding import Finding
from museum_assets.audit.status import status
from museum_assets.audit.where import where
from museum_assets.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.settings import Settings
from museum_assets.simulator.server import Running
from resources import platform as clients
from resources.postgres import Connection
from resources.vector_index.index import VectorIndex

pytestmark = pytest.mark.integration

MUSEUM = "smk"


class Museum:
    """A finished museum."""

    def __init__(self, settings: Settings, conn: Connection) -> None:
        self.settings = settings
        self.conn = conn
        self.store = clients.thumbnails(settings)
        self.index: VectorIndex = clients.vector_index(settings)

    def sql(self, statement: str) -> None:
        assert self.conn.execute(statement).rowcount > 0, "the test must break something"  # type: ignore[arg-type]


Check = Callable[[Museum], Finding]

CHECKS: dict[str, Check] = {
    "books": lambda m: collection.books_balance(m.conn, MUSEUM, "stored_thumbnails"),
    "ratio": lambda m: collection.failure_ratio(m.conn, MUSEUM, "stored_thumbnails", 0.05),
    "harvest": lambda m: collection.harvest_complete(m.conn, MUSEUM),
    "recent": lambda m: collection.harvest_recent(m.conn, MUSEUM),
    "required": lambda m: collection.required_fields(m.conn, MUSEUM),
    "years": lambda m: collection.plausible_years(m.conn, MUSEUM),
    "identifiers": lambda m: collection.unique_identifiers(m.conn, MUSEUM),
    "thumbnails": lambda m: thumbnails.thumbnails_present(m.conn, m.store, MUSEUM),
    "points": lambda m: vectors.points_match(m.conn, m.index, MUSEUM),
    "vectors": lambda m: vectors.vectors_match(m.conn, m.index, MUSEUM, "image_clip"),
    "sound": lambda m: vectors.vectors_sound(m.conn, m.index, MUSEUM, "image_clip"),
    "nearest": lambda m: vectors.nearest_is_itself(m.conn, m.index, MUSEUM, "image_clip"),
    "withdrawn": lambda m: vectors.withdrawn_absent(m.conn, m.index, MUSEUM),
}


def first(m: Museum, column: str, table: str) -> Any:
    row = m.conn.execute(f"SELECT {column} AS it FROM {table} ORDER BY record_id LIMIT 1").fetchone()  # type: ignore[arg-type]
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
        "SELECT point_id FROM ops.input_image_clip"
        " WHERE content_hash IN (SELECT content_hash FROM ops.input_image_clip GROUP BY 1 HAVING count(*) = 1)"
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


DAMAGES: list[tuple[str, str, Callable[[Museum], None], str, bool]] = [
    ("books", "pending", by_sql("a pending input"), "1 of 6 wait: run stored_thumbnails", True),
    ("books", "leftover", by_sql("a leftover"), "1 outputs whose input is gone: run stored_thumbnails", False),
    ("books", "lost row", by_sql("a lost row"), "the ledger says 6 were made, staging.thumbnail holds 5", False),
    ("ratio", "failure", by_sql("a failure"), "1 of 6 failed .*--museum smk --retry-failed", False),
    ("harvest", "short", by_sql("a short harvest"), "2 records could not be fetched. Run raw_metadata again", False),
    ("harvest", "open", by_sql("an open harvest"), "not finished .* it goes on from there", True),
    ("harvest", "never", by_sql("no harvest"), "smk was never harvested: run raw_metadata", True),
    ("recent", "old", by_sql("an old harvest"), "the last complete harvest ended .*: run raw_metadata", True),
    ("required", "rights", by_sql("no rights"), "6 artworks lack a required field", False),
    ("years", "backwards", by_sql("backwards"), "6 artworks have impossible years", False),
    ("years", "future", by_sql("the future"), "6 artworks have impossible years", False),
    ("identifiers", "twice", by_sql("one internal id"), "1 identifiers are used twice", False),
    ("thumbnails", "missing", drop_object, "1 thumbnails are recorded but not in S3.*smk with force", False),
    ("thumbnails", "changed", other_bytes, "1 of 6 sampled ones do not have the recorded sha256.*force", False),
    ("thumbnails", "stray", stray_object, "1 objects in S3 are nobody's", True),
    ("points", "lost", drop_point, "5 points, 6 in the ledger: run indexed_artworks of smk with force", False),
    ("vectors", "lost", drop_vector, "5 vectors, 6 in the ledger: run image_clip of smk with force", False),
    ("sound", "lost", drop_vector, "1 of 6 sampled image_clip vectors are unsound: run image_clip", False),
    ("sound", "zeros", zero_vector, "1 of 6 sampled image_clip vectors are unsound: run image_clip", False),
    (
        "nearest",
        "swapped",
        swap_vectors,
        "2 of 6 images do not find themselves.*image_clip of smk with force",
        False,
    ),
    ("withdrawn", "row", by_sql("a withdrawal"), "1 withdrawn records have something left: run all stages", False),
    ("withdrawn", "point", stray_point, "1 points are nobody's: run all stages of smk", False),
]


def test_every_check_passes_when_good_and_fails_when_broken(platform: Settings, simulator: Running) -> None:
    """One museum is made, and each damage repaired by making it again, since building one takes seconds."""
    whole_pipeline.run_all(platform, [MUSEUM])
    database = clients.database(platform)
    with database.connect(autocommit=False) as conn:
        museum = Museum(platform, conn)
        inputs = collection.books(conn, MUSEUM, "stored_thumbnails").inputs
        for name, check in CHECKS.items():
            finding = check(museum)
            assert finding.passed, (name, finding.description)
        museum.sql(SQL["a failure after a success"])
        assert CHECKS["vectors"](museum).passed, "a failing record keeps its earlier vector"
        conn.rollback()
        drop_object(museum)
        assert len(thumbnails.recent_thumbnails(conn, museum.store, MUSEUM)) == inputs - 1
        whole_pipeline.run(platform, MUSEUM, "stored_thumbnails", whole_pipeline.Options(force=True))
        conn.rollback()
        for name, damage, break_it, told, warn in DAMAGES:
            break_it(museum)
            finding = CHECKS[name](museum)
            assert not finding.passed, (name, damage)
            assert finding.warn == warn, (name, damage)
            expected = told.replace("6", str(inputs)).replace("5 ", f"{inputs - 1} ")
            assert re.search(expected, finding.description), (name, damage, finding.description)
            conn.rollback()
            if break_it not in OUTSIDE:
                continue
            museum.store.delete_many([f"{MUSEUM}_nobody.jpg"])
            with museum.index.open() as session:
                session.delete_points(["00000000-0000-5000-8000-000000000000"])
            for stage in ("indexed_artworks", "stored_thumbnails", "image_clip"):
                whole_pipeline.run(platform, MUSEUM, stage, whole_pipeline.Options(force=True))


def test_untrained_weights_are_a_warning() -> None:
    finding = vectors.weights_trained("tiny:untrained:clip-v1")
    assert not finding.passed
    assert finding.warn
    assert "UNTRAINED" in finding.description
    assert vectors.weights_trained("ViT-L-14:0123456789abcdef:clip-v1").passed
    assert vectors.weights_trained(None).passed


def test_where_and_status_tell_each_state(platform: Settings, simulator: Running) -> None:
    whole_pipeline.gather(platform, MUSEUM)
    whole_pipeline.run(platform, MUSEUM, "transformed_artworks")
    whole_pipeline.run(platform, MUSEUM, "indexed_artworks")
    simulator.set_faults(MUSEUM, redirected_images=1.0)
    whole_pipeline.run(platform, MUSEUM, "stored_thumbnails")
    with clients.database(platform).connect() as conn:
        row = conn.execute("SELECT record_id, object_number FROM staging.artwork ORDER BY 1 LIMIT 1").fetchone()
        assert row
        (story,) = where(conn, f"{MUSEUM}:{row['object_number']}", whole_pipeline.STAGES)
        states = {step["stage"]: (step["state"], step["next_action"]) for step in story["steps"]}
        assert story["record_id"] == row["record_id"]
        assert states["raw_metadata"] == ("done", "")
        assert states["indexed_artworks"] == ("done", "")
        assert states["stored_thumbnails"] == (
            "failed for good", "`museum run stored_thumbnails --museum smk --retry-failed`",
        )  # fmt: skip
        assert states["image_clip"] == ("no input", "an earlier stage comes first")
        assert states["text_clip"][0] == "pending"
        conn.execute("UPDATE raw.record SET payload_hash = 'new' WHERE record_id = %s", (row["record_id"],))
        (story,) = where(conn, f"{MUSEUM}:{row['record_id']}", whole_pipeline.STAGES)
        assert story["steps"][1]["state"] == "changed since it was done"
        rows = {(r["museum"], r["stage"]): r for r in status(conn, MUSEUMS, whole_pipeline.STAGES)}
        failed = rows[MUSEUM, "stored_thumbnails"]
        assert failed["failed_by_code"] == {"host_not_allowed": failed["inputs"]}
        assert rows[MUSEUM, "raw_metadata"]["harvest"] == "complete"
        assert rows["met", "raw_metadata"]["harvest"] == "never"
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code)"
            " VALUES ('smk', 'raw_metadata', 'unfetched', '', '', 'failed', 'unavailable')"
        )
        (story,) = where(conn, f"{MUSEUM}:unfetched", whole_pipeline.STAGES)
        assert story["steps"][0]["state"] == "failed"
        unknown = {"smk:nobody": "no record of smk is called 'nobody'", "smk": "is not museum:object_number"}
        for name, told in unknown.items():
            with pytest.raises(MuseumError, match=told):
                where(conn, name, whole_pipeline.STAGES)
