"""A backup of which something was lost or changed is found out, and the file is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.inventory import SCHEMAS
from museum_assets.operations.backup.manifest import Damaged, Manifest, NoBackup, read_manifest, write_manifest
from museum_assets.operations.backup.places import Folder
from museum_assets.operations.backup.restore import NotEmpty, restore_backup
from museum_assets.operations.backup.targets import find_backup
from museum_assets.operations.backup.verify import verify_backup
from resources import postgres_programs
from resources.migrations import downgrade, revision
from resources.platform import Platform
from resources.postgres import Database
from sql.migrations import PLATFORM
from tests.support.backups import Empty
from tests.support.places import ROOT


def flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


@pytest.fixture
def backup(little: Platform, tmp_path: Path) -> Folder:
    place, _ = make_backup(little, Folder(tmp_path / "target"))
    assert isinstance(place, Folder)
    return place


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("databases/platform.dump.00001", flip, "is not the file that was written"),
        ("databases/dagster.dump.00001", Path.unlink, "is missing"),
        ("buckets/thumbnails_bucket.tar.00001", flip, "is not the file that was written"),
        ("buckets/thumbnails_bucket.jsonl.00001", lambda path: path.write_bytes(b""), "it has 0 bytes"),
    ],
)
def test_a_changed_file_is_named(
    backup: Folder, empty: Empty, name: str, change: Callable[[Path], object], said: str
) -> None:
    change(backup.path / name)
    _, damaged = verify_backup(backup)
    assert len(damaged) == 1
    assert name in damaged[0]
    assert said in damaged[0]
    restored = empty()
    with pytest.raises(Damaged, match=name):
        restore_backup(restored.settings, backup)
    if name.startswith("databases/platform"):
        with restored.database().unchecked().connect() as conn:
            there = conn.execute("SELECT FROM pg_namespace WHERE nspname = ANY(%s)", (list(SCHEMAS),)).fetchall()
        assert there == [], "a dump that is not what was written leaves nothing"


def test_a_changed_manifest_is_none(backup: Folder, empty: Empty) -> None:
    flip(backup.path / "manifest.json")
    for look in (lambda: verify_backup(backup), lambda: restore_backup(empty().settings, backup)):
        with pytest.raises(Damaged, match=r"manifest\.json"):
            look()


def test_without_a_manifest_there_is_no_backup(backup: Folder, little: Platform, empty: Empty) -> None:
    target = Folder(backup.path.parent)
    assert find_backup(target).label == find_backup(backup).label == backup.label
    (backup.path / "manifest.json").unlink()
    with pytest.raises(NoBackup, match="no complete backup"):
        find_backup(target)
    with pytest.raises(NoBackup, match="It was interrupted"):
        restore_backup(empty().settings, backup)


def test_services_that_hold_something_are_named_and_left_alone(backup: Folder, little: Platform) -> None:
    with little.database().connect() as conn:
        before = conn.execute("SELECT count(*) AS n FROM staging.artwork").fetchone()
    with pytest.raises(NotEmpty) as refused:
        restore_backup(little.settings, backup)
    for word in ("schemas archive, candidate", "the database dagster", f"bucket {little.settings.thumbnails_bucket}",
                 "production vector index holds 10 points", "MUSEUM_HOME"):  # fmt: skip
        assert word in str(refused.value)
    with little.database().connect() as conn:
        assert conn.execute("SELECT count(*) AS n FROM staging.artwork").fetchone() == before
    assert not (little.settings.home / "restore.unfinished").exists()


def rewritten(backup: Folder, change: Callable[[Manifest], Manifest]) -> None:
    write_manifest(backup, change(read_manifest(backup)))


def newer_schema(manifest: Manifest) -> Manifest:
    database = manifest.databases["platform"]
    newer = database.model_copy(update={"versions": {**database.versions, "platform": "9999"}})
    return manifest.model_copy(update={"databases": {**manifest.databases, "platform": newer}})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (newer_schema, "schema ops has version 9999"),
        (lambda manifest: manifest.model_copy(update={"format": 99}), "cannot be read by this version"),
    ],
)
def test_a_backup_of_a_newer_version_is_refused(
    backup: Folder, empty: Empty, change: Callable[[Manifest], Manifest], said: str
) -> None:
    rewritten(backup, change)
    with pytest.raises(MuseumError, match=said):
        restore_backup(empty().settings, backup)


def test_a_schema_of_another_version_is_not_backed_up(little: Platform, tmp_path: Path) -> None:
    with little.database().connect() as conn:
        conn.execute("UPDATE ops.schema_version SET version_num = '9999'")
    with pytest.raises(MuseumError, match="has version 9999, and this version of the platform knows it up to"):
        make_backup(little, Folder(tmp_path / "target"))
    assert not (tmp_path / "target").exists()


def test_all_schemas_of_the_platform_are_backed_up() -> None:
    lines = (ROOT / "sql/schema.sql").read_text(encoding="utf-8").splitlines()
    made = [line.removeprefix("CREATE SCHEMA ").rstrip(";") for line in lines if line.startswith("CREATE SCHEMA ")]
    assert tuple(made) == SCHEMAS


def test_what_was_restored_otherwise_is_named(
    backup: Folder, empty: Empty, little: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row that is changed behind the restore's back fails it, as a server with a fault would."""
    true = postgres_programs.restore

    def faulty(*arguments: object) -> None:
        true(*arguments)  # type: ignore[arg-type]
        database = arguments[2]
        assert isinstance(database, Database)
        with database.connect() as conn:
            if conn.execute("SELECT to_regclass('staging.artwork') AS t").fetchone() != {"t": None}:
                conn.execute("UPDATE staging.artwork SET title = 'other' WHERE object_number = 'N3'")

    monkeypatch.setattr(postgres_programs, "restore", faulty)
    with pytest.raises(MuseumError, match=r"table staging\.smk_artwork holds 10 rows with checksum"):
        restore_backup(empty().settings, backup)


def test_a_backup_of_an_older_version_is_migrated(
    little: Platform, empty: Empty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downgrade(little.database(), PLATFORM, PLATFORM.revisions[0])
    monkeypatch.setattr("museum_assets.operations.backup.backup.require_newest", lambda _: None)
    place, manifest = make_backup(little, Folder(tmp_path / "target"))
    assert manifest.databases["platform"].versions["platform"] == PLATFORM.revisions[0] != PLATFORM.newest
    restored = empty()
    restore_backup(restored.settings, place)
    assert revision(restored.database(), PLATFORM) == PLATFORM.newest
