"""The thumbnails that rows name, compared with the objects of a backup."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.loop.run import batched
from museum_assets.operations.backup.buckets import KeptObject, kept_objects
from museum_assets.operations.backup.manifest import BucketContent
from museum_assets.operations.backup.places import Place
from resources.postgres import Connection, Database
from sql import query

ROWS = 10_000
SHOWN = 5
WORKING, RELEASED = "thumbnails_bucket", "production_thumbnails_bucket"
"""The settings that name the two buckets."""


def working_finding(
    place: Place, conn: Connection, database: Database, buckets: dict[str, BucketContent]
) -> str | None:
    """Return a sentence about thumbnails of staging that are not as recorded, None when all are.

    Those that a run replaced since the snapshot are none of them: a restored platform stores them again by itself.
    """
    rows = _unlike(place, conn, buckets.get(WORKING), query("backup.thumbnails"))
    again = f"`museum run {stored_thumbnails.name} --force`"
    return _finding(_not_replaced(rows, database), f"run {again}, then back up again")


def released_finding(place: Place, production: Connection, buckets: dict[str, BucketContent]) -> str | None:
    """Return a sentence about thumbnails of releases that are not as recorded, None when all are."""
    rows = _unlike(place, production, buckets.get(RELEASED), query("backup_production.thumbnails"))
    return _finding(rows, "the releases that show them are not whole, so stage and promote their museums")


def store_again(place: Place, database: Database, buckets: dict[str, BucketContent]) -> int:
    """Forget the thumbnails that restored rows name and the bucket does not hold like this; return how many.

    They were replaced while the backup was made, or missing. The next run stores them again.
    """
    count = 0
    with database.connect() as conn, database.connect() as writer:
        rows = _unlike(place, conn, buckets.get(WORKING), query("backup.thumbnails"))
        for slug, batch in _by_museum(rows):
            ids = [row["record_id"] for row in batch]
            params = {"museum": slug, "stage": stored_thumbnails.name, "record_ids": ids}
            count += writer.execute(query("loop.forget"), params).rowcount
    return count


def unlike_rows(rows: Iterable[dict[str, Any]], objects: Iterator[KeptObject]) -> Iterator[dict[str, Any]]:
    """Yield the rows whose object is missing or another one. Both come in the order of their keys' bytes."""
    current = next(objects, None)
    for row in rows:
        key = row["key"].encode()
        while current is not None and current.key.encode() < key:
            current = next(objects, None)
        if current is None or current.key != row["key"] or current.sha256 != row["sha256"].hex():
            yield row


def _unlike(place: Place, conn: Connection, bucket: BucketContent | None, statement: Any) -> Iterator[dict[str, Any]]:
    objects = kept_objects(place, bucket) if bucket else iter(())
    with conn.transaction(), conn.cursor(name="thumbnails") as cursor:
        cursor.itersize = ROWS
        cursor.execute(statement)
        yield from unlike_rows(cursor, objects)


def _by_museum(rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for slug, found in groupby(rows, lambda row: row["museum"]):
        for batch in batched(found, ROWS):
            yield slug, batch


def _not_replaced(rows: Iterator[dict[str, Any]], database: Database) -> Iterator[dict[str, Any]]:
    with database.connect() as now:
        for slug, batch in _by_museum(rows):
            params = {"museum": slug, "record_ids": [row["record_id"] for row in batch],
                      "digests": [row["sha256"] for row in batch]}  # fmt: skip
            changed = {row["record_id"] for row in now.execute(query("backup.changed_since"), params)}
            yield from (row for row in batch if row["record_id"] not in changed)


def _finding(rows: Iterable[dict[str, Any]], remedy: str) -> str | None:
    shown, count = [], 0
    for row in rows:
        count += 1
        if count <= SHOWN:
            shown.append(row["key"])
    if not count:
        return None
    more = ", …" if count > SHOWN else ""
    return f"{count:,} recorded thumbnails are missing or other ones ({', '.join(shown)}{more}): {remedy}"
