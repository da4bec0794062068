"""Databases full of data go down and up again, a step at a time, and lose nothing but what a step takes away."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg import sql

from museum_assets.archive_files.download.transfer import Downloaded
from museum_assets.archives.load import load
from museum_assets.enrichment.joining.join import join
from museum_assets.kiosk.stream.stream import consume
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS, kiosks
from museum_assets.notices.notice import Occurrence
from museum_assets.notices.store import record
from museum_assets.releases.promotion.canary import add_canary
from museum_assets.releases.schema import prepare
from museum_assets.releases.staging.acceptances import accept
from museum_assets.simulator.server import Running
from resources.kafka import Kafka
from resources.llm import Llm
from resources.migrations import downgrade, migrate_platform, upgrade
from resources.platform import Platform
from resources.postgres import Database, scalar
from sql.migrations import PLATFORM, PRODUCTION, VERSION_TABLE, History
from tests.support import whole_pipeline
from tests.support.archive_files import declared
from tests.support.documents import REPORT, Place
from tests.support.fake_llm import KEY, FakeLlm
from tests.support.kafka_broker import running_broker
from tests.support.kiosk_files import HEADER, kiosks_of
from tests.support.release_fixtures import Publish, desk, publish

__all__ = ["desk", "publish"]
pytestmark = pytest.mark.integration

REGISTRY = {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS}
PRESSES = HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:01,1,-1,0.0\n2023-03-06 10:00:02,1,9,\n"
MESSAGE = b'{"at": "2024-10-21T09:21:24.254719+01:00", "site": "1", "val": 4}'
NOW = datetime.now(UTC)
IN_PASSING = """
    INSERT INTO ops.harvest (museum) VALUES ('met');
    INSERT INTO ops.harvest_page SELECT id, 'all', '["1", "2"]' FROM ops.harvest WHERE state = 'open';
    INSERT INTO ops.abandoned_output VALUES ('smk', 'stored_thumbnails', 'smk_N0.jpg');
"""
"""Rows that are there only while a run is at work."""
MATCHED = """
    INSERT INTO ops.authority_answer (authority, digest, asked, answer) VALUES ('wikidata', '\\x01', '{}', '[]');
    INSERT INTO staging.artist_identities (museum, maker_key, candidates) VALUES ('smk', 'smk:1', '[]');
    INSERT INTO staging.places (museum, object_number, position, place_key, name, links)
        VALUES ('smk', 'N1', 1, 'smk:1', 'Skagen', '{}');
    INSERT INTO staging.subjects (museum, object_number, position, subject_key, name, kind, links)
        VALUES ('smk', 'N1', 1, 'smk:2', 'Petzl, Joseph', 'person', '{}');
    INSERT INTO staging.artwork_enrichments (museum, source, subject, facts) VALUES ('smk', 'x', 'x:1', '{}');
"""
"""Places, subjects, and what an authority says of makers. The stages' own tests fill these tables as a run does."""
LISTS_OF_TABLES = {"release_table", "partitioned_table"}
"""Their rows name tables, and come and go with them."""
TABLES = """
    SELECT n.nspname, c.relname, c.relispartition FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND c.relname <> %s
"""


@pytest.fixture
def full(platform: Platform, database: Database, simulator: Running, publish: Publish, tmp_path: Path) -> Database:
    """The platform's and production's database with rows in every table that migrations make."""
    whole_pipeline.run_all(platform, ["smk"])
    join(database)
    publish("met", works=3)
    fill_kiosks(platform, database)
    publish("lmnh", works=0)
    fill_documents(platform)
    archive = tmp_path / "loans.txt"
    archive.write_text("number\tvalue\tnote\n01\t5\tgood\n01\t6\tagain\n")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    load(database, declared(), [Downloaded(archive, digest, archive.as_uri())])
    with database.connect() as conn:
        record(conn, [Occurrence("1", "met", "raw_metadata", "Gone", "the API is away", "run-1", NOW)], ["mail"], 60)
        accept(conn, "smk", "fewer_rows", by="Ida", why="loans went back", until=NOW + timedelta(days=1))
        add_canary(conn, "met", "object", "N1", at_least=1, finds=None, by="Ida")
        conn.execute(
            "INSERT INTO ops.correction (museum, record_id, kind, why, made_by)"
            " VALUES ('smk', '0', 'exclude', 'on loan', 'Ida')"
        )
        conn.execute(MATCHED)
        conn.execute(IN_PASSING)
    return database


def fill_kiosks(platform: Platform, database: Database) -> None:
    found = kiosks_of("lmnh", platform)
    found.exhibitions(0, 1)
    found.put({"lmnh_hist_data_0.csv": PRESSES})
    found.load()
    with running_broker() as broker:
        broker.produce("lmnh", [MESSAGE])
        kafka = Kafka({"bootstrap.servers": broker.servers}, answer_within=5)
        consume(database, kiosks("lmnh"), kafka, lambda: False, catch_up=True)


def fill_documents(platform: Platform) -> None:
    bucket = platform.bucket(f"documents-{os.getpid()}-{platform.settings.thumbnails_bucket}")
    bucket.ensure_bucket()
    bucket.put("smk/condition/1.txt", REPORT, content_type="text/plain")
    fake = FakeLlm()
    try:
        with Llm(fake.url, "m", KEY, timeout=30, retries=0) as model:
            place = Place(platform, bucket, model)
            place.stage()
            place.read()
    finally:
        fake.close()


def rows(database: Database) -> dict[str, int]:
    """How many rows every table has."""
    with database.connect() as conn:
        found = conn.execute(TABLES, (VERSION_TABLE,)).fetchall()
        return {
            f"{table['nspname']}.{table['relname']}": scalar(
                conn,
                sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table["nspname"], table["relname"])),
            )
            for table in found
            if not table["relispartition"] and table["relname"] not in LISTS_OF_TABLES
        }


def common(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """What `before` says of the tables that are in both."""
    return {table: count for table, count in before.items() if table in after}


@pytest.mark.parametrize("history", [PLATFORM, PRODUCTION], ids=lambda history: history.name)
def test_a_full_database_goes_down_and_up_a_step_at_a_time(full: Database, history: History) -> None:
    """Tables that are there on both sides of a step keep their rows, the other history's in any case."""
    assert {table: count for table, count in rows(full).items() if not count} == {}
    (other,) = {PLATFORM, PRODUCTION} - {history}
    others = {table: count for table, count in rows(full).items() if table.startswith(f"{other.schema}.")}
    for number in reversed(history.revisions):
        before, lower = rows(full), int(number) - 1
        downgrade(full, history, f"{lower:04}" if lower else None)
        below = rows(full)
        assert below == common(before, below), f"down from {number}"
        upgrade(full, history, number)
        assert common(rows(full), below) == below, f"up to {number}"
        downgrade(full, history, f"{lower:04}" if lower else None)
    assert {table: count for table, count in rows(full).items() if table in others} == others
    upgrade(full, history)


def test_a_platform_that_went_down_and_up_works_again(full: Database, platform: Platform) -> None:
    for history in (PLATFORM, PRODUCTION):
        downgrade(full, history)
    assert rows(full) == {}
    migrate_platform(full, REGISTRY)
    prepare(full, full, REGISTRY)
    counts = whole_pipeline.run_all(platform, ["smk"])
    assert all(each.done for each in counts.values())
