"""The candidate has production's shape, drift is told and mended, and a new museum makes no reader wait."""

from __future__ import annotations

import psycopg
import pytest

from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.releases.schema import ShapeDrift, drift, migrate_production, prepare, sync, tables
from museum_assets.releases.staging.candidate import stage_candidate
from resources.postgres import Database, scalar
from tests.support.release_tables import stage

REGISTRY = {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("ALTER TABLE production.artwork_release ADD COLUMN credit text",
         "artwork.credit is missing, production has text"),
        ("ALTER TABLE candidate.thumbnail ALTER COLUMN bytes TYPE bigint",
         "thumbnail.bytes is bigint, production has integer"),
        ("ALTER TABLE production.artist_release RENAME COLUMN artworks TO works",
         "artist.artworks is integer, production has none"),
        ("DROP TABLE candidate.exhibition", "exhibition is missing"),
        ("CREATE TABLE candidate.stray (museum text, row_hash bytea, x text) PARTITION BY LIST (museum)",
         "stray is no table of production"),
    ],
)  # fmt: skip
def test_drift_blocks_and_is_mended(database: Database, change: str, says: str) -> None:
    with database.connect() as conn:
        assert drift(conn, conn) == []
        conn.execute(change)
        assert says in drift(conn, conn)
        with pytest.raises(ShapeDrift, match="museum release sync-schema"):
            stage_candidate(database, database, "smk")
        assert says in sync(conn, conn, REGISTRY)
        assert drift(conn, conn) == []
        rows = conn.execute("SELECT count(*) AS n FROM pg_inherits WHERE inhparent = 'candidate.artwork'::regclass")
        assert rows.fetchone() == {"n": len(MUSEUMS)}


def test_what_production_has_comes_from_its_catalog(database: Database) -> None:
    with database.connect() as conn:
        found = {table.name: table for table in tables(conn)}
    assert found["review"].key == ("at", "exhibition_code", "rating", "occurrence", "origin")
    assert "slot" not in found["artwork"].columns
    assert dict(zip(found["artwork"].columns, found["artwork"].types, strict=True))["artists"] == "text[]"


def test_preparing_again_changes_nothing(database: Database) -> None:
    stage(database, "smk", 3)
    stage_candidate(database, database, "smk")
    prepare(database, database, REGISTRY)
    with database.connect() as conn:
        assert conn.execute("SELECT count(*) AS n FROM candidate.artwork").fetchone() == {"n": 3}


def test_a_new_museum_waits_for_readers_and_no_reader_for_it(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    registry = {**REGISTRY, "collection": (*MUSEUMS, "louvre")}
    with psycopg.connect(database.url) as reader:
        reader.execute("SELECT count(*) FROM production.artwork")
        migrate_production(database, registry)
        assert "The next start tries again" in caplog.text
        with psycopg.connect(database.url, options="-c lock_timeout=1ms") as another:
            another.execute("SELECT count(*) FROM production.artwork")
    migrate_production(database, registry)
    with database.connect() as conn:
        row = conn.execute("SELECT obj_description('production.artwork'::regclass) AS museums").fetchone()
        assert row
        assert "louvre" in row["museums"]


def test_no_table_that_readers_read_is_truncated_by_vacuum(database: Database) -> None:
    with database.connect() as conn:
        rows = conn.execute(
            "SELECT c.oid::regclass::text AS name FROM pg_class AS c WHERE c.relnamespace = 'production'::regnamespace"
            " AND c.relkind = 'r' AND (c.relispartition OR c.relname = 'current_release')"
            " AND NOT coalesce(c.reloptions, '{}') @> '{vacuum_truncate=false}'"
        ).fetchall()
        slots = scalar(conn, "SELECT count(*) FROM production.slot")
    assert slots
    assert rows == []


def test_statements_of_the_release_tables_name_no_release(database: Database) -> None:
    """A release is found by its slot, so that a plan touches one partition."""
    with database.connect() as conn:
        plan = conn.execute(
            "EXPLAIN (COSTS OFF) SELECT * FROM production.artwork_release WHERE museum = 'smk' AND slot = 1"
        ).fetchall()
    scans = [line["QUERY PLAN"] for line in plan if "artwork_release" in line["QUERY PLAN"]]
    assert len(scans) == 1
    assert "smk_artwork_release_1" in scans[0]
