"""Restoring a backup into empty services: databases, buckets, index; then every count and checksum is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import OnLine, no_line
from museum_assets.core.settings import Settings
from museum_assets.operations.backup.buckets import kept_buckets, restore_bucket
from museum_assets.operations.backup.databases import (
    Kept,
    kept_databases,
    restore_database,
    what_is_there,
)
from museum_assets.operations.backup.index_restore import points_there, restore_index
from museum_assets.operations.backup.manifest import Manifest, read_manifest
from museum_assets.operations.backup.places import Place
from museum_assets.operations.backup.thumbnails import store_again
from museum_assets.operations.backup.unfinished import forget_restore, note_restore
from museum_assets.operations.running import bring_up_to_date, prepare, running_unprepared
from resources.platform import Platform
from resources.s3_streams import StreamingStore
from sql.migrations import PLATFORM, PRODUCTION


class NotEmpty(MuseumError):
    """Something is there already where a backup should be restored to. Nothing was changed."""


class NotRestored(MuseumError):
    """What was restored is not what the manifest says. The message names every difference."""


@dataclass
class Restored:
    """What a restore brought back."""

    source: str
    manifest: Manifest
    stored_again: int = 0
    """Thumbnails that the next run stores again, since they were being replaced when the backup was made."""


def restore_backup(settings: Settings, place: Place, on_progress: OnLine = no_line) -> Restored:
    """Restore a backup into the services of the settings, which have to be empty, and compare all of it.

    Raises NoBackup, Damaged, NotEmpty, RestoreUnfinished, and NotRestored naming the differences.
    """
    manifest = read_manifest(place)
    require_known(manifest)
    # Nothing is migrated or made before: what is restored into has to be empty.
    with running_unprepared(settings) as platform:
        databases, buckets = _matched(platform, manifest)
        require_empty(platform, databases, buckets)
        note_restore(settings.home, place.label)
        restored = Restored(place.label, manifest)
        differences = _bring_back(place, platform, databases, buckets, manifest, on_progress)
        if differences:
            listed = "\n".join(differences[:50])
            raise NotRestored(
                f"{len(differences)} things are not as the backup {place.label} says:\n{listed}\nDo not work with what "
                f"was restored. `museum backup --verify {place.label}` tells whether the backup itself is whole"
            )
        restored.stored_again = store_again(place, platform.database(), manifest.buckets)
        prepare(platform.settings, for_runs=True, migrates=False)
        forget_restore(settings.home)
    return restored


def require_known(manifest: Manifest) -> None:
    """Raise MuseumError when a newer version of the platform made the backup."""
    histories = {history.name: history for history in (PLATFORM, PRODUCTION)}
    for database in manifest.databases.values():
        for name, found in database.versions.items():
            history = histories[name]
            if found not in history.revisions:
                raise MuseumError(
                    f"the backup was made by version {manifest.platform_version} of the platform, whose schema "
                    f"{history.schema} has version {found}; this version knows it up to {history.newest}. Nothing was "
                    "changed. Restore it with the version that made it, or a newer one"
                )


def _matched(platform: Platform, manifest: Manifest) -> tuple[dict[str, Kept], dict[str, StreamingStore]]:
    """Return what each part of the backup is restored into. Raises MuseumError where the settings name none."""
    databases, buckets = kept_databases(platform), kept_buckets(platform)
    if missing := databases.keys() ^ manifest.databases.keys():
        raise MuseumError(
            f"the backup holds the databases {', '.join(manifest.databases)}, and the settings name "
            f"{', '.join(databases)}: set or unset PRODUCTION_DATABASE_URL, for {', '.join(sorted(missing))}"
        )
    if unknown := manifest.buckets.keys() - buckets.keys():
        raise MuseumError(
            f"the settings give {', '.join(sorted(unknown))} no bucket of its own, and the backup holds one: "
            "set them to different buckets"
        )
    return databases, buckets


def require_empty(platform: Platform, databases: Mapping[str, Kept], buckets: Mapping[str, StreamingStore]) -> None:
    """Raise NotEmpty unless databases, buckets and index hold nothing, naming what is there."""
    there = [said for each in databases.values() if (said := what_is_there(each))]
    there += [f"the bucket {store.bucket} holds objects" for store in buckets.values()
              if store.exists() and next(store.list(), None)]  # fmt: skip
    there += points_there(platform)
    if there:
        raise NotEmpty(
            f"a backup is only restored into empty services, and {'; '.join(there)}. Nothing was changed. Restore into "
            "a new home, with MUSEUM_HOME set to a folder that does not exist yet, and name empty databases, buckets "
            "and collections where the settings name your own"
        )


def _bring_back(
    place: Place,
    platform: Platform,
    databases: Mapping[str, Kept],
    buckets: Mapping[str, StreamingStore],
    manifest: Manifest,
    on_progress: OnLine,
) -> list[str]:
    """Restore all parts and return every difference. One in a database ends it: all else follows from the rows."""
    differences: list[str] = []
    for name, database in manifest.databases.items():
        differences += restore_database(place, databases[name], database, on_progress)
    if differences:
        return differences
    # What an older version of the platform backed up has been compared, and is migrated before it is worked with.
    bring_up_to_date(platform)
    for role, bucket in manifest.buckets.items():
        differences += restore_bucket(place, buckets[role], bucket, on_progress)
    if not differences:
        differences = restore_index(place, platform, manifest.index, on_progress)
    return differences
