"""A backup of a platform that is at work: nobody waits, and what it keeps belongs together."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.manifest import Manifest
from museum_assets.operations.backup.places import Folder, Place
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion import retention
from resources.platform import Platform
from resources.postgres import Busy
from tests.support.backups import Empty, contents, points, publish
from tests.support.release_tables import shown, stage


def during(platform: Platform, target: Path, work: Callable[[], None]) -> tuple[Place, Manifest]:
    """Make a backup, and do this once its databases are dumped."""
    waiting = [work]

    def on_progress(line: str) -> None:
        if line.startswith("database platform") and "rows" in line and waiting:
            waiting.pop()()

    made = make_backup(platform, Folder(target), on_progress)
    assert not waiting
    return made


def test_a_release_is_promoted_meanwhile_and_none_is_pruned(
    little: Platform, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELEASES_KEPT", "2")
    platform = Platform.from_settings()
    desk = release_desk(platform)
    for works in (9, 8):
        stage(platform.database(), "smk", works, say=f" v{works}", bucket=platform.thumbnails())
        publish(desk, "smk")
    before = contents(platform), points(platform)
    notes: list[str] = []

    def work() -> None:
        stage(platform.database(), "smk", 7, say=" v7", first=20, bucket=platform.thumbnails())
        publish(desk, "smk")
        assert retention.prune(desk, "smk", notes.append) == []

    place, manifest = during(platform, tmp_path / "target", work)
    assert notes == ["old releases of smk stay for now: a backup is running; the next promotion prunes them"]
    assert retention.prune(desk, "smk") == [2]
    assert manifest.findings == []

    restored = empty(RELEASES_KEPT="2")
    restore_backup(restored.settings, place)
    assert (contents(restored), points(restored)) == before
    with restored.production().connect() as conn:
        assert shown(conn, "smk")["releases"] == [3]


def test_a_second_backup_waits_and_gives_up(little: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PATIENCE", "100ms")

    def work() -> None:
        with pytest.raises(Busy, match="another backup of this platform"):
            make_backup(little, Folder(tmp_path / "other"))

    during(little, tmp_path / "target", work)
    assert not (tmp_path / "other").exists()


def test_a_thumbnail_that_is_replaced_meanwhile_is_stored_again_after_the_restore(
    little: Platform, empty: Empty, tmp_path: Path
) -> None:
    with little.database().connect() as conn:
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, output)"
            " SELECT museum, 'stored_thumbnails', record_id, sha256('x'), 'c', 'done', s3_key FROM staging.thumbnail"
        )

    def work() -> None:
        body = b"another jpeg"
        little.thumbnails().put_jpeg("smk_N3.jpg", body, {})
        with little.database().connect() as conn:
            conn.execute(
                "UPDATE staging.thumbnail SET sha256 = %s WHERE s3_key = 'smk_N3.jpg'", (sha256(body).digest(),)
            )

    place, manifest = during(little, tmp_path / "target", work)
    assert manifest.findings == []
    restored = empty()
    assert restore_backup(restored.settings, place).stored_again == 1
    with restored.database().connect() as conn:
        rows = conn.execute("SELECT record_id FROM ops.ledger WHERE stage = 'stored_thumbnails'").fetchall()
    assert {row["record_id"] for row in rows} == {f"r{n}" for n in range(1, 11)} - {"r3"}


def test_what_is_lost_already_is_a_finding_and_no_reason_against_a_backup(
    little: Platform, empty: Empty, tmp_path: Path
) -> None:
    little.thumbnails().delete_many(["smk_N3.jpg"])
    little.production_thumbnails().delete_many([f"smk/{sha256(b'jpeg of r4').hexdigest()}.jpg"])
    place, manifest = make_backup(little, Folder(tmp_path / "target"))
    working, released = manifest.findings
    assert "1 recorded thumbnails are missing or other ones (smk_N3.jpg)" in working
    assert sha256(b"jpeg of r4").hexdigest() in released
    restored = empty()
    assert restore_backup(restored.settings, place).manifest.findings == manifest.findings
