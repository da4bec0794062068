"""Production on a server of its own: two databases, a snapshot of each, restored to two."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.operations.running import bring_up_to_date
from museum_assets.releases.desk import release_desk
from resources.embedded import postgres
from resources.platform import Platform
from resources.postgres import DatabaseUnavailable
from tests.support.backups import Empty, contents, publish
from tests.support.release_tables import shown, stage


def test_both_come_back(
    settled: Platform, other_server: Path, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.url(other_server, "platform")
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", url)
    platform = Platform.from_settings()
    with platform.database().connect() as conn:
        conn.execute("DROP SCHEMA production CASCADE")
    bring_up_to_date(platform)
    desk = release_desk(platform)
    stage(platform.database(), "smk", 10, bucket=platform.thumbnails())
    publish(desk, "smk")
    before = contents(platform)
    place, manifest = make_backup(platform, Folder(tmp_path / "target"))
    assert list(manifest.databases) == ["production", "platform", "dagster"]
    assert manifest.findings == []
    assert {name.partition(".")[0] for name in manifest.databases["production"].tables} == {"production"}

    monkeypatch.delenv("PRODUCTION_DATABASE_URL")
    with pytest.raises(MuseumError, match="set or unset PRODUCTION_DATABASE_URL"):
        restore_backup(empty().settings, place)
    with psycopg.connect(postgres.url(other_server, "postgres"), autocommit=True) as conn:
        conn.execute("CREATE DATABASE restored TEMPLATE template0")
    restored = empty(PRODUCTION_DATABASE_URL=postgres.url(other_server, "restored"))
    restore_backup(restored.settings, place)
    assert contents(restored) == before
    with restored.production().connect() as conn:
        assert shown(conn, "smk")["releases"] == [1]
    stage(restored.database(), "smk", 9, bucket=restored.thumbnails())
    publish(release_desk(restored), "smk")


def test_a_server_that_is_away_is_named_and_nothing_is_left(
    settled: Platform, other_server: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODUCTION_DATABASE_URL", postgres.url(other_server, "platform"))
    postgres.stop(other_server)
    with pytest.raises(DatabaseUnavailable, match="PRODUCTION_DATABASE_URL"):
        make_backup(Platform.from_settings(), Folder(tmp_path / "target"))
    assert not (tmp_path / "target").exists()
