"""What a backup says of itself: the file `manifest.json`, written last, without which there is no backup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, ValidationError

from museum_assets.core.failures import MuseumError
from museum_assets.operations.backup.places import MANIFEST, Missing, Place

FORMAT = 1
DIGEST = "manifest.json.sha256"


class NoBackup(MuseumError):
    """There is no complete backup where one was looked for."""


class Damaged(MuseumError):
    """A file of a backup is not the one that was written. The message names it."""


class Part(BaseModel):
    """Base of what a manifest consists of."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StoredFile(Part):
    """One file of a backup, by its name below the backup's own folder."""

    name: str
    bytes: int
    sha256: str


class TableContent(Part):
    """What a table holds: how many rows, and a checksum that does not depend on their order."""

    rows: int
    checksum: str


class DatabaseContent(Part):
    """One database: its schema versions, what each table held in the snapshot, and the files of its dump."""

    server: int
    """Major version of the server."""
    program: int
    """Major version of the pg_dump that wrote it."""
    versions: dict[str, str | None]
    """Revision by history (platform, production); none for Dagster's."""
    tables: dict[str, TableContent]
    sequences: dict[str, int | None]
    files: list[StoredFile]


class BucketContent(Part):
    """One bucket, by the setting that names it: its objects in tar files, and a line of JSON for each in `listing`."""

    bucket: str
    objects: int
    bytes: int
    checksum: str
    """SHA-256 over key, size and SHA-256 of every object, in the order of the keys."""
    listing: list[StoredFile]
    files: list[StoredFile]


class IndexContent(Part):
    """The vector index, which is made again from the rows and the cache of vectors.

    `working` counts, per museum, its points and each of its vectors; `production` does so per museum and release.
    `files` hold what rows and cache cannot give back: vectors of records whose last attempt failed or is still due.
    """

    place: str
    """The name of the working index, which is part of every ledger row that speaks of it."""
    working: dict[str, dict[str, int]]
    production: dict[str, dict[int, dict[str, int]]]
    files: list[StoredFile]


class Manifest(Part):
    """A whole backup."""

    format: int
    platform_version: str
    began_at: datetime
    ended_at: datetime
    museums: list[str]
    settings: dict[str, str]
    databases: dict[str, DatabaseContent]
    buckets: dict[str, BucketContent]
    index: IndexContent
    findings: list[str]
    """What was wrong with the platform while it was backed up, such as a thumbnail that is not in its bucket."""

    def files(self) -> Iterator[StoredFile]:
        """Yield every file of the backup but the manifest itself."""
        for database in self.databases.values():
            yield from database.files
        for bucket in self.buckets.values():
            yield from bucket.listing
            yield from bucket.files
        yield from self.index.files


def write_manifest(place: Place, manifest: Manifest) -> None:
    """Complete a backup. The digest goes first, so that a manifest never stands without it."""
    text = manifest.model_dump_json(indent=1).encode()
    place.store(DIGEST, iter([f"{sha256(text).hexdigest()}  {MANIFEST}\n".encode()]))
    place.store(MANIFEST, iter([text]))


def read_manifest(place: Place) -> Manifest:
    """Return the manifest of a backup. Raises NoBackup, Damaged, and MuseumError for that of a later format."""
    try:
        text = b"".join(place.read(MANIFEST))
        wanted = b"".join(place.read(DIGEST)).decode(errors="replace").split(" ")[0]
    except Missing:
        raise NoBackup(
            f"{place.label} holds no complete backup: its {MANIFEST} or {DIGEST} is missing. It was interrupted, "
            "or this is another folder"
        ) from None
    if sha256(text).hexdigest() != wanted:
        raise Damaged(f"{MANIFEST} in {place.label} is not the one that was written: its SHA-256 differs from {DIGEST}")
    try:
        found = Manifest.model_validate_json(text)
    except ValidationError:
        found = None
    if found is None or found.format != FORMAT:
        raise MuseumError(
            f"{MANIFEST} in {place.label} cannot be read by this version of the platform, which knows format {FORMAT}: "
            "use the version that wrote it, or a newer one"
        )
    return found
