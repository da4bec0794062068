"""`museum migrate`, and what works with a database that it has not seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from resources.embedded.services import Environment
from resources.migrations import OutdatedDatabase, downgrade, revision
from resources.platform import Platform
from resources.postgres import Database, scalar
from sql.migrations import PLATFORM, PRODUCTION
from tests.support.new_database import NewDatabase, new_database
from tests.support.places import ROOT


def start(command: str, bare: str, home: Path, services: Environment) -> subprocess.Popen[str]:
    """Start a command as on a server: everything lies in one database, which its address names."""
    addresses = {"DATABASE_URL": bare, "DAGSTER_POSTGRES_URL": bare, "MUSEUM_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "museum_assets", command],
        env={**os.environ, **services, **addresses},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_only_reading_changes_nothing_and_two_migrations_at_once_make_everything(
    services: Environment, tmp_path: Path
) -> None:
    with new_database(services["DATABASE_URL"], template="template0") as bare:
        asked = start("status", bare, tmp_path, services)
        said, _ = asked.communicate()
        assert asked.returncode == 1
        assert "The schema ops in" in said
        assert f"no tables yet, and this version of the platform works with version {PLATFORM.newest}" in said
        assert "`museum migrate`" in said
        with Database(bare).connect() as conn:
            assert scalar(conn, "SELECT count(*) FROM pg_class WHERE oid >= 16384") == 0

        for _ in range(2):
            both = [start("migrate", bare, tmp_path / str(number), services) for number in range(2)]
            for each in both:
                said, _ = each.communicate()
                assert each.returncode == 0, said
                assert "up to date" in said
                assert "Retrying" not in said
        for history in (PLATFORM, PRODUCTION):
            assert revision(Database(bare), history) == history.newest
        with Database(bare).connect() as conn:
            for table in ("public.runs", "public.event_logs", "public.job_ticks", "raw.smk_record", "kiosk.file"):
                assert scalar(conn, "SELECT to_regclass(%s) IS NOT NULL", (table,)), table
        asked = start("status", bare, tmp_path, services)
        said, _ = asked.communicate()
        assert asked.returncode == 0, said


def test_an_earlier_version_is_named_with_the_command(platform: Platform, new_database: NewDatabase) -> None:
    with new_database() as url:
        earlier = platform.with_settings(database_url=url)
        downgrade(Database(url), PLATFORM, PLATFORM.revisions[0])
        told = f"has version {PLATFORM.revisions[0]}, .* works with version {PLATFORM.newest}.*`museum migrate`"
        with pytest.raises(OutdatedDatabase, match=told), earlier.database().connect():
            pass
        # What is published there is of this version.
        with earlier.production().connect():
            pass
