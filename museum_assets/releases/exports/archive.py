"""Releases as files in S3: Parquet with checksums, complete enough to bring a release back without staging.

    <museum>/<release>/manifest.json          written last: without it there is no export
    <museum>/<release>/<table>-00001.parquet  the rows of a table
    <museum>/<release>/vectors-00001.parquet  every vector, each once
    thumbnails/<museum>/<sha256>.jpg          shared by the museum's exports, as they are in production

A restored release is a new one: its rows, vectors and thumbnails are put where a promotion finds its own, and the
same steps promote and verify it. It is not live until somebody rolls back to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime

from psycopg import IsolationLevel
from psycopg.rows import DictRow
from pydantic import ValidationError

from museum_assets.core.failures import Gone, MuseumError
from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases import commands
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.exports.archive_files import (
    ExportedTable,
    Manifest,
    read_rows,
    read_vectors,
    stored_vectors,
    write_rows,
    write_vectors,
)
from museum_assets.releases.outside.step import release_step
from museum_assets.releases.outside.thumbnails import Copying, add_thumbnails, copy_objects
from museum_assets.releases.promotion.build import NotArrived, empty, fill_search, vacuum
from museum_assets.releases.promotion.promote import undo, undo_interrupted
from museum_assets.releases.record import Release, begin, find, in_state, note, set_state
from museum_assets.releases.rows import TableDigest, settle, slot_digest
from museum_assets.releases.schema import Table, tables_of
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query


def export(desk: ReleaseDesk, thumbnails: ObjectStore, archive: ObjectStore, museum: str, number: int,
           on_progress: OnLine = no_line) -> Manifest:  # fmt: skip
    """Write a ready release to the archive and return its manifest; one that is there already is left as it is.

    `thumbnails` is production's bucket. Raises MuseumError when the release is not ready, is not what was built, or
    when another release of this number was exported before.
    """
    with desk.production.connect() as conn, desk.platform.connect() as cache:
        settle(conn)
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        # While this snapshot is open, nobody prunes what it reads.
        with conn.transaction():
            row = find(conn, museum, number)
            if row["state"] != "ready":
                raise MuseumError(f"release {number} of {museum} is {row['state']}: only a ready one can be exported")
            release = Release(museum, number, row["slot"])
            digests = _as_built(conn, release, row["checksums"])
            if known := _exported(archive, museum, number):
                _same(known, digests)
                on_progress(f"{release.name} is exported already")
                return known
            return _export(conn, cache, (thumbnails, archive), release, digests, row, on_progress)


def _as_built(conn: Connection, release: Release, checksums: dict[str, str]) -> dict[str, tuple[Table, TableDigest]]:
    there = {
        table.name: (table, slot_digest(conn, table, release.museum, release.slot))
        for table in tables_of(conn, release.museum)
    }
    # What production got after this release was made is no part of it: nothing is there, and no checksum was noted.
    found = {name: each for name, each in there.items() if name in checksums or each[1].rows}
    changed = [name for name, (_, content) in found.items() if checksums.get(name) != content.checksum]
    if changed:
        raise MuseumError(
            f"{release.name} is not what was built: {', '.join(changed)} differ from the checksums of its making, so "
            f"somebody changed production by hand. Run {commands.promote(release.museum)}, then export that release"
        )
    return found


def _same(known: Manifest, digests: dict[str, tuple[Table, TableDigest]]) -> None:
    there = {table.name: table.checksum for table in known.tables}
    if there != {name: content.checksum for name, (_, content) in digests.items()}:
        raise MuseumError(
            f"the archive has another release {known.release} of {known.museum}, exported "
            f"{known.exported_at:%Y-%m-%d}: move it away, or set RELEASE_ARCHIVE_BUCKET to another bucket"
        )


def _export(
    conn: Connection,
    cache: Connection,
    stores: tuple[ObjectStore, ObjectStore],
    release: Release,
    digests: dict[str, tuple[Table, TableDigest]],
    row: DictRow,
    on_progress: OnLine,
) -> Manifest:
    thumbnails, archive = stores
    prefix = f"{release.museum}/{release.id}"
    tables = []
    for name, (table, content) in digests.items():
        tables.append(write_rows(conn, archive, prefix, table, release, content))
        on_progress(f"{name}: {content.rows} rows")
    params = {"museum": release.museum, "slot": release.slot}
    vectors = write_vectors(conn, cache, archive, prefix, params)
    copying = Copying(
        lambda each: thumbnails.get(each["object_key"]),
        archive,
        _archived,
        f"Bucket {thumbnails.bucket} was changed by hand: run {commands.promote(release.museum)}, then export that "
        "release.",
    )
    with conn.cursor(name="objects") as cursor:
        cursor.execute(query("releases_exports.thumbnails"), params)
        copied = copy_objects(release.museum, cursor, copying)
    manifest = Manifest(museum=release.museum, release=release.id, made_at=row["made_at"], made_by=row["made_by"],
                        why=row["why"], exported_at=datetime.now(UTC), tables=tables, vectors=vectors,
                        thumbnails=sum(copied.values()), counts=row["counts"], warnings=row["warnings"])  # fmt: skip
    archive.put(f"{prefix}/manifest.json", manifest.model_dump_json(indent=1).encode(), content_type="application/json")
    return manifest


def _archived(row: DictRow) -> str:
    return f"thumbnails/{row['object_key']}"


def exports(archive: ObjectStore, museum: str) -> Iterator[Manifest]:
    """Yield the exports of a museum, oldest release first. Raises MuseumError for a manifest that is none."""
    keys = [item.key for item in archive.list(f"{museum}/") if item.key.endswith("/manifest.json")]
    for number in sorted(int(key.split("/")[1]) for key in keys):
        if manifest := _exported(archive, museum, number):
            yield manifest


def _exported(archive: ObjectStore, museum: str, number: int) -> Manifest | None:
    key = f"{museum}/{number}/manifest.json"
    try:
        return Manifest.model_validate_json(archive.get(key))
    except Gone:
        return None
    except ValidationError as error:
        raise MuseumError(f"{key} in bucket {archive.bucket} is no manifest of an export: {error}") from None


LATER = {"artist_identity", "artwork_identity", "artwork_place", "artwork_material", "artwork_subject"}
"""Tables that the exports of earlier versions lack: what is restored from one has no rows in them."""


def restore(
    desk: ReleaseDesk, thumbnails: ObjectStore, archive: ObjectStore, asked: tuple[str, int], *, by: str, why: str,
    on_progress: OnLine = no_line,
) -> Release:  # fmt: skip
    """Make a new ready release from an export, verified; `asked` is the museum and the number it had.

    Raises MuseumError when there is no such export, when a file is not the one that was written, when production's
    tables have another shape by now, and Busy when another promotion of the museum runs. Nothing is left then.
    """
    museum, number = asked
    if not by.strip() or not why.strip():
        raise MuseumError("restoring a release needs who and why: neither may be empty")
    manifest = _exported(archive, museum, number)
    if manifest is None:
        raise MuseumError(f"there is no export of release {number} of {museum} in bucket {archive.bucket}")
    with desk.locked(museum) as production:
        undo_interrupted(desk, production, museum, on_progress)
        tables = {table.name: table for table in tables_of(production, museum)}
        _same_shape(manifest, tables)
        base = [ready.id for ready in in_state(production, museum, "ready")][:1]
        release = begin(production, museum, by=by, why=f"restored from the export of release {number}: {why}")
        on_progress(f"{release.name} is made from the export of release {number}")
        try:
            _load(production, archive, manifest, tables, release, on_progress)
            with desk.platform.connect() as cache:
                for vectors in read_vectors(archive, manifest.vectors):
                    stored_vectors(cache, vectors)
            _add_outside(desk, production, thumbnails, archive, release, base[0] if base else None, on_progress)
            note(production, release, warnings=manifest.warnings)
            set_state(production, release, "ready", was=["building"])
        except BaseException as error:
            # What cannot be undone now, because a server is away, is undone by the next promotion.
            with suppress(MuseumError):
                undo(desk, production, release, str(error) or type(error).__name__)
            raise
    return release


def _same_shape(manifest: Manifest, tables: dict[str, Table]) -> None:
    wanted = {table.name: list(zip(table.columns, table.types, strict=True)) for table in tables.values()}
    found = {table.name: list(zip(table.columns, table.types, strict=True)) for table in manifest.tables}
    added = LATER - found.keys()
    differing = [name for name in wanted | found if wanted.get(name) != found.get(name) and name not in added]
    if differing:
        raise MuseumError(
            f"the export of release {manifest.release} of {manifest.museum} was made when production had other tables "
            f"({', '.join(differing)} differ), so it cannot be restored into this version of the platform: restore it "
            "with the version that was current at its export, or read its Parquet files"
        )


def _load(
    production: Connection,
    archive: ObjectStore,
    manifest: Manifest,
    tables: dict[str, Table],
    release: Release,
    on_progress: OnLine,
) -> None:
    empty(production, tables.values(), release.museum, release.slot)
    for described in manifest.tables:
        table = tables[described.name]
        read_rows(production, archive, described, table, release)
        vacuum(production, [table], release.museum, release.slot)
        _arrived(described, slot_digest(production, table, release.museum, release.slot), release)
        on_progress(f"{table.name}: {described.rows} rows")
    if "artwork" in tables:
        fill_search(production, release, on_progress)
    note(production, release, counts=manifest.counts | {table.name: table.rows for table in manifest.tables},
         checksums={table.name: table.checksum for table in manifest.tables})  # fmt: skip


def _arrived(described: ExportedTable, found: TableDigest, release: Release) -> None:
    if (found.rows, found.checksum) != (described.rows, described.checksum):
        raise NotArrived(
            f"{described.name} of {release.name} holds {found.rows} rows with checksum {found.checksum}, the manifest "
            f"says {described.rows} with {described.checksum}: the manifest and its files do not belong together"
        )


def _add_outside(
    desk: ReleaseDesk,
    production: Connection,
    thumbnails: ObjectStore,
    archive: ObjectStore,
    release: Release,
    base: int | None,
    on_progress: OnLine,
) -> None:
    remedy = f"Bucket {archive.bucket} does not hold what was exported: restore another release."
    step = release_step(production, release.museum, release.id)
    add_thumbnails(production, lambda row: archive.get(_archived(row)), thumbnails, step, remedy)
    outside = desk.outside.add(release.museum, release.id, base, on_progress)
    if problems := desk.outside.verify(release.museum, release.id):
        raise NotArrived(f"{release.name} is not complete outside Postgres: {'; '.join(problems)}")
    desk.outside.show(release.museum, release.id)
    note(production, release, outside=outside)
