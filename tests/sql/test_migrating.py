"""Migrating beside others, killed, cut off, and over what another version made."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from museum_assets.core.settings import Settings
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.operations.running import running_platform
from museum_assets.releases.schema import migrate_production
from resources.embedded import postgres
from resources.migrations import NewerDatabase, OlderDatabase, migrate_platform, revision, upgrade
from resources.postgres import Database, DatabaseUnavailable, scalar
from sql.migrations import PLATFORM, PRODUCTION, History
from tests.support.places import ROOT

pytestmark = pytest.mark.integration

REGISTRY = {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS}
CHILD = """
import sys
from resources.migrations import upgrade
from resources.postgres import Database
from sql.migrations import PLATFORM
upgrade(Database(sys.argv[1]), PLATFORM)
"""
IN_THE_MIDDLE = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' AND wait_event_type = 'Lock'
      AND query LIKE '%CREATE SCHEMA raw%'
"""
BY_AN_OLDER_VERSION = """
    CREATE TABLE _yoyo_migration (migration_hash varchar(64) PRIMARY KEY, migration_id varchar(255));
    INSERT INTO _yoyo_migration VALUES ('34eae2', '0001.schemas'), ('f3b4e7', 'production-0001.releases');
    CREATE SCHEMA ops;
    CREATE TABLE ops.vector (contract text, content_hash bytea, vector bytea, PRIMARY KEY (contract, content_hash));
    INSERT INTO ops.vector VALUES ('clip', 'content', 'vector');
    CREATE SCHEMA production;
    CREATE TABLE production.museum (museum text PRIMARY KEY, kind text NOT NULL);
    INSERT INTO production.museum VALUES ('smk', 'collection');
"""


def contents(database: Database) -> tuple[list[str], int, int]:
    """Every relation of a database, and how many rows its vectors and museums are."""
    with database.connect() as conn:
        relations = conn.execute(
            "SELECT oid::regclass::text AS name FROM pg_class WHERE oid >= 16384 AND relkind <> 't' ORDER BY 1"
        ).fetchall()
        rows = (scalar(conn, "SELECT count(*) FROM ops.vector"), scalar(conn, "SELECT count(*) FROM production.museum"))
    return [row["name"] for row in relations if "pg_toast" not in row["name"]], *rows


@contextmanager
def stuck(database: Database) -> Iterator[None]:
    """Let whoever migrates wait in the middle of the first revision until the block ends."""
    with psycopg.connect(database.url) as conn:
        conn.execute("CREATE SCHEMA raw")
        yield
        conn.rollback()


def waiting(database: Database) -> int:
    """Return the backend that is stuck, once there is one."""
    deadline = time.monotonic() + 60
    with database.connect() as conn:
        while time.monotonic() < deadline:
            if row := conn.execute(IN_THE_MIDDLE).fetchone():
                return int(row["pid"])
            time.sleep(0.02)
    raise AssertionError("nobody migrates")


def test_several_at_once_make_one_schema(bare: Database) -> None:
    def migrate(_: int) -> None:
        migrate_platform(bare, REGISTRY)
        migrate_production(bare, REGISTRY)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(migrate, range(4)))
    assert [revision(bare, each) for each in (PLATFORM, PRODUCTION)] == [PLATFORM.newest, PRODUCTION.newest]
    with bare.connect() as conn:
        for slug in MUSEUMS:
            assert scalar(conn, "SELECT to_regclass(%s) IS NOT NULL", (f"raw.{slug}_record",))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_killed_migration_leaves_nothing_and_the_next_one_goes_through(bare: Database, how: signal.Signals) -> None:
    with stuck(bare):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, bare.url], cwd=ROOT, env={**os.environ, "PYTHONPATH": ""}
        )
        waiting(bare)
        child.send_signal(how)
        # Ctrl-C is answered when Postgres has answered: the statement it waits for is cancelled first.
        assert child.wait(60) != 0
    assert revision(bare, PLATFORM) is None
    upgrade(bare, PLATFORM)
    assert revision(bare, PLATFORM) == PLATFORM.newest


def test_a_second_migration_waits_for_the_first_and_finds_nothing_to_do(bare: Database) -> None:
    with ThreadPoolExecutor(2) as threads:
        with stuck(bare):
            first = threads.submit(upgrade, bare, PLATFORM)
            waiting(bare)
            second = threads.submit(upgrade, bare, PLATFORM)
            with pytest.raises(TimeoutError):
                second.result(0.5)
        first.result(60)
        second.result(60)
    assert revision(bare, PLATFORM) == PLATFORM.newest


def test_a_server_that_goes_away_in_the_middle_is_said_and_leaves_nothing(bare: Database) -> None:
    raised: list[BaseException] = []

    def migrate() -> None:
        try:
            upgrade(bare, PLATFORM)
        except DatabaseUnavailable as error:
            raised.append(error)

    with stuck(bare):
        thread = threading.Thread(target=migrate)
        thread.start()
        pid = waiting(bare)
        with bare.connect() as conn:
            conn.execute("SELECT pg_terminate_backend(%s)", (pid,))
        thread.join()
    (error,) = raised
    assert "DATABASE_URL" in str(error)
    assert revision(bare, PLATFORM) is None
    upgrade(bare, PLATFORM)


def test_no_server_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable, match="PRODUCTION_DATABASE_URL"):
        upgrade(Database(f"postgresql:///nowhere?host={tmp_path}", "PRODUCTION_DATABASE_URL"), PRODUCTION)


@pytest.mark.parametrize("history", [PLATFORM, PRODUCTION], ids=lambda history: history.name)
def test_what_an_older_version_made_is_left_as_it_is(bare: Database, history: History) -> None:
    with bare.connect() as conn:
        conn.execute(BY_AN_OLDER_VERSION)
    before = contents(bare)
    with pytest.raises(OlderDatabase, match=rf"{history.schema} .* before 0\.2 .* Nothing was changed.*DATABASE_URL"):
        upgrade(bare, history)
    assert contents(bare) == before


@pytest.mark.parametrize("history", [PLATFORM, PRODUCTION], ids=lambda history: history.name)
def test_what_a_newer_version_made_is_left_as_it_is(bare: Database, history: History) -> None:
    upgrade(bare, PLATFORM)
    upgrade(bare, PRODUCTION)
    with bare.connect() as conn:
        conn.execute(f"UPDATE {history.version_table} SET version_num = '9999'")
    before = contents(bare)
    with pytest.raises(NewerDatabase, match=f"version 9999.*up to {history.newest}"):
        upgrade(bare, history)
    assert contents(bare) == before


def test_a_home_of_an_older_version_is_left_as_it_is_and_the_command_of_the_message_makes_room(own_home: Path) -> None:
    own_home.mkdir()
    postgres.ensure_running(own_home)
    older = Database(postgres.url(own_home, "platform"))
    with older.connect() as conn:
        conn.execute(BY_AN_OLDER_VERSION)
    before = contents(older)
    asked = Settings(museum_home=own_home, museum_profile="demo")
    with pytest.raises(OlderDatabase, match=r"before 0\.2") as raised, running_platform(asked, for_runs=False):
        pass
    postgres.ensure_running(own_home)
    assert contents(older) == before
    postgres.stop(own_home)
    (command,) = re.findall(r"`(mv .*?)`", str(raised.value))
    subprocess.run(shlex.split(command), check=True)
    with running_platform(asked, for_runs=False) as found:
        assert revision(Database(found["DATABASE_URL"]), PLATFORM) == PLATFORM.newest
