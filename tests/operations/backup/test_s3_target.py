"""Backups in a bucket of another S3: written as streams, verified, restored, and removed when they were interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings, read_settings
from museum_assets.operations.backup.backup import make_backup
from museum_assets.operations.backup.manifest import NoBackup
from museum_assets.operations.backup.places_s3 import Prefix
from museum_assets.operations.backup.restore import restore_backup
from museum_assets.operations.backup.targets import find_backup, open_target
from museum_assets.operations.backup.verify import verify_backup
from resources.embedded import s3
from resources.platform import Platform
from tests.support.backups import Empty, contents, objects, points


@pytest.fixture
def elsewhere(homes: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket in a second S3."""
    own_home.mkdir()
    access = s3.ensure_running(own_home)
    monkeypatch.setenv("BACKUP_S3_ENDPOINT_URL", access.url)
    monkeypatch.setenv("BACKUP_ACCESS_KEY_ID", access.access_key)
    monkeypatch.setenv("BACKUP_SECRET_ACCESS_KEY", access.secret_key)
    bucket = open_target("s3://backups/museum", read_settings())
    assert isinstance(bucket, Prefix)
    bucket.bucket.ensure_bucket()
    yield "s3://backups/museum"
    s3.stop(own_home)


def test_there_and_back(little: Platform, empty: Empty, elsewhere: str) -> None:
    little.documents().put("smk/large.bin", bytes(range(256)) * 80_000, content_type="x/y")
    before = contents(little), objects(little), points(little)
    target = open_target(elsewhere, read_settings())
    place, manifest = make_backup(little, target)
    assert place.label.startswith("s3://backups/museum/2")
    found = find_backup(target)
    assert found.label == place.label
    assert verify_backup(found) == (manifest, [])
    restored = empty()
    restore_backup(restored.settings, found)
    assert (contents(restored), objects(restored), points(restored)) == before


def test_an_interrupted_one_is_none_and_is_removed(little: Platform, elsewhere: str) -> None:
    target = open_target(elsewhere, read_settings())
    place, _ = make_backup(little, target)
    assert isinstance(place, Prefix)
    place.bucket.delete_many([f"{place.prefix}manifest.json"])
    with pytest.raises(NoBackup):
        find_backup(target)
    lines: list[str] = []
    place.bucket.put(f"{place.prefix}databases/other", b"x", content_type="x/y")
    again, _ = make_backup(little, target, lines.append)
    assert f"removed {place.label}, which was interrupted" in lines
    assert target.folders() == [again.label.rpartition("/")[2]]

    def stop(line: str) -> None:
        if line.startswith("bucket"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_backup(little, target, stop)
    assert target.folders() == [again.label.rpartition("/")[2]]


@pytest.mark.parametrize(
    ("address", "settings", "said"),
    [
        ("s3://backups/x", {"museum_profile": "dev"}, "BACKUP_S3_ENDPOINT_URL"),
        ("s3://thumbnails/x", {"s3_endpoint_url": "http://127.0.0.1:1"}, "one of the platform's own"),
        ("s3://key:secret@backups/x", {"museum_profile": "prod"}, "keys are settings"),
        ("ftp://backups/x", {}, "in a folder, or in a bucket"),
    ],
)
def test_a_place_that_is_none_is_refused(address: str, settings: dict[str, str], said: str) -> None:
    with pytest.raises(MuseumError, match=said) as refused:
        open_target(address, Settings(_env_file=None, **settings))  # type: ignore[call-arg, arg-type]
    assert "secret" not in str(refused.value)


def test_keys_in_the_address_are_refused_and_not_told() -> None:
    with pytest.raises(ValueError, match="keys are settings of their own") as refused:
        Settings(_env_file=None, backup_s3_endpoint_url="https://key:planted@s3.example.org")  # type: ignore[call-arg]
    assert "planted" not in str(refused.value)
