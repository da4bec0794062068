"""Finding a backup by what a person types: a folder, or `s3://bucket/prefix`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from museum_assets.operations.backup.backup import has
from museum_assets.operations.backup.manifest import NoBackup
from museum_assets.operations.backup.places import MANIFEST, Folder, Place
from museum_assets.operations.backup.places_s3 import Prefix
from resources.s3_streams import StreamingStore


def open_target(address: str, settings: Settings) -> Place:
    """Return the place that an address names. Raises MuseumError for one that is neither folder nor bucket."""
    if "://" not in address:
        return Folder(Path(address).expanduser().resolve())
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise MuseumError("a backup lies in a folder, or in a bucket as s3://bucket/prefix; keys are settings")
    return Prefix(_bucket(parts.netloc, settings), parts.path)


def _bucket(name: str, settings: Settings) -> StreamingStore:
    if settings.backup_s3_endpoint_url or settings.backup_access_key_id:
        secret = settings.backup_secret_access_key
        return StreamingStore(
            settings.backup_s3_endpoint_url,
            settings.backup_access_key_id,
            secret.get_secret_value() if secret else None,
            settings.backup_region,
            name,
        )
    if not settings.s3_endpoint_url and settings.profile != "prod":
        raise MuseumError(
            "the embedded S3 lies beside the data and would be lost with it: set BACKUP_S3_ENDPOINT_URL and its keys "
            "to another S3, or back up to a folder"
        )
    if name in {value for field, value in settings if field.endswith("_bucket")}:
        raise MuseumError(f"the bucket {name} is one of the platform's own: give backups a bucket of theirs")
    return StreamingStore.from_settings(settings, name)


def find_backup(place: Place) -> Place:
    """Return the backup that a place is, or the newest complete one in it. Raises NoBackup."""
    if has(place, MANIFEST):
        return place
    for name in reversed(place.folders()):
        if has(place.below(name), MANIFEST):
            return place.below(name)
    raise NoBackup(f"there is no complete backup in {place.label}: `museum backup {place.label}` makes one")
