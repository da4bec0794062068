"""Making a backup: databases first, from one snapshot each; then the buckets, the index, and last the manifest."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack, suppress
from datetime import UTC, datetime

import orjson

from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from museum_assets.core.progress import OnLine, no_line
from museum_assets.core.version import version
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.operations.backup.buckets import keep_bucket, kept_buckets
from museum_assets.operations.backup.databases import Open, dump_database, kept_databases, opened, require_newest
from museum_assets.operations.backup.index import POINTS, keep_index
from museum_assets.operations.backup.manifest import FORMAT, Manifest, write_manifest
from museum_assets.operations.backup.places import MANIFEST, Missing, Place
from museum_assets.operations.backup.thumbnails import released_finding, working_finding
from museum_assets.releases.promotion.retention import nothing_pruned
from resources.platform import Platform

BEGUN = "begun.json"
"""Says which platform makes a backup, so that this platform removes what it left unfinished, and no other's."""
TIME = "%Y%m%dT%H%M%SZ"
FACTS = ("clip_model", "clip_weights", "siglip_model", "siglip_weights", "search_model", "qdrant_collection",
         "qdrant_production_collection", "documents_pattern", "image_max_dimension", "image_jpeg_quality",
         "withdrawal_grace_days", "releases_kept", "release_drift", "profile")  # fmt: skip
"""Settings that what is kept depends on. None is a secret."""


def make_backup(platform: Platform, target: Place, on_progress: OnLine = no_line) -> tuple[Place, Manifest]:
    """Write a backup into a new folder of the target; return that folder and its manifest.

    Nobody waits for it but who prunes releases. What is wrong with the platform is a finding of the manifest, and the
    backup is made all the same. Raises MuseumError, and then what was written is removed.
    """
    kept = kept_databases(platform)
    require_newest(kept)
    with nothing_pruned(platform.production()):
        remove_unfinished(platform, target, on_progress)
        began, place = _new_folder(target)
        try:
            place.store(BEGUN, iter([orjson.dumps({"platform": identity(platform)})]))
            with ExitStack() as stack:
                # Production first: what its releases are made of, the cache of vectors, is then in the later snapshot.
                names = sorted(kept, key=lambda name: name != "production")
                databases = {name: stack.enter_context(opened(kept[name])) for name in names}
                manifest = _write(platform, place, databases, began, on_progress)
            write_manifest(place, manifest)
        except BaseException:
            with suppress(MuseumError, OSError):
                place.remove()
            raise
    return place, manifest


def _new_folder(target: Place) -> tuple[datetime, Place]:
    """Return a time, to the second, and the folder named after it, which nobody has used."""
    there = target.folders()
    while (began := datetime.now(UTC)).strftime(TIME) in there:
        time.sleep(0.1)
    return began, target.below(began.strftime(TIME))


def _write(
    platform: Platform, place: Place, databases: dict[str, Open], began: datetime, on_progress: OnLine
) -> Manifest:
    findings: list[str] = []
    contents = {name: dump_database(place, source, on_progress) for name, source in databases.items()}
    buckets = {
        role: keep_bucket(place, role, store, findings, on_progress)
        for role, store in kept_buckets(platform).items()
        if store.exists()
    }
    conn = databases["platform"].conn
    production = databases.get("production", databases["platform"]).conn
    said = (
        working_finding(place, conn, platform.database(), buckets),
        released_finding(place, production, buckets),
    )
    findings += [each for each in said if each]
    index = keep_index(place, platform, (conn, production), findings)
    points = sum(counts.get(POINTS, 0) for counts in index.working.values())
    on_progress(f"vector index: {points:,} points, to be made again from the rows")
    return Manifest(
        format=FORMAT,
        platform_version=version(),
        began_at=began,
        ended_at=datetime.now(UTC),
        museums=[*MUSEUMS, *KIOSK_MUSEUMS],
        settings={name: str(getattr(platform.settings, name)) for name in FACTS},
        databases=contents,
        buckets=buckets,
        index=index,
        findings=findings,
    )


def identity(platform: Platform) -> str:
    """Name a platform, by its machine, home and database."""
    return f"{socket.gethostname()} {platform.settings.home} {address_label(platform.database().url)}"


def remove_unfinished(platform: Platform, target: Place, on_progress: OnLine) -> None:
    """Remove backups of this platform that were interrupted. Under the lock, so that none of them is still made."""
    for name in target.folders():
        place = target.below(name)
        if not has(place, MANIFEST) and begun_by(place) == identity(platform):
            place.remove()
            on_progress(f"removed {place.label}, which was interrupted")


def begun_by(place: Place) -> str | None:
    """Return which platform began a backup in a folder; None where none says so."""
    try:
        found = orjson.loads(b"".join(place.read(BEGUN)))
    except (Missing, orjson.JSONDecodeError):
        return None
    return found.get("platform") if isinstance(found, dict) else None


def has(place: Place, name: str) -> bool:
    """Say whether a folder has a file of this name."""
    try:
        next(place.read(name), None)
    except Missing:
        return False
    return True
