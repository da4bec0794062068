"""The thumbnails of production: one object per museum and content, under its SHA-256.

Content-addressed, an object never changes: an older release goes on showing its own images, and a release copies only
those it is the first to show. Their bytes go through this process and are hashed on the way: the working key is
overwritten when an image changes, and neither a conditional copy nor metadata can be relied on everywhere (the embedded
server heeds no If-Match on a copy and forgets metadata when it restarts). Measured there, on one thread: 303/s, a
server-side copy 526/s.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from psycopg.rows import DictRow

from museum_assets.core.failures import Gone, MuseumError
from museum_assets.loop.concurrently import concurrently
from museum_assets.releases.outside.step import ReleaseStep
from resources.postgres import Connection
from resources.s3 import ObjectStore
from sql import query

CONCURRENCY = 16
SAMPLE = 50


@dataclass(frozen=True, slots=True)
class Copying:
    """Where objects come from and go to, by row; `remedy` is what to do about those that are not it."""

    read: Callable[[DictRow], bytes]
    target: ObjectStore
    key: Callable[[DictRow], str]
    remedy: str


def add_thumbnails(
    conn: Connection, read: Callable[[DictRow], bytes], target: ObjectStore, step: ReleaseStep, remedy: str
) -> dict[str, int]:
    """Copy what a release is the first to show. Repeating it copies only what is still missing.

    Raises MuseumError naming the thumbnails that are no longer what the release says.
    """
    copying = Copying(read, target, lambda row: str(row["object_key"]), remedy)
    with conn.transaction(), conn.cursor(name="thumbnails") as cursor:
        cursor.execute(query("releases_outside.new_thumbnails"), step.params())
        return copy_objects(step.museum, cursor, copying)


def copy_objects(museum: str, rows: Iterable[DictRow], copying: Copying) -> dict[str, int]:
    """Copy the objects of rows with `sha256`, `bytes` and `object_number`. Raises MuseumError naming what is not it."""
    counts = {"thumbnails_copied": 0, "thumbnails_there": 0}
    gone, named = 0, list[str]()
    for outcome, number in concurrently(lambda row: _copy(row, copying), rows, CONCURRENCY):
        if outcome is None:
            gone += 1
            named = [*named, f"{museum}:{number}"][:20]
        else:
            counts[outcome] += 1
    if gone:
        more = ", …" if gone > len(named) else ""
        raise MuseumError(
            f"{gone} thumbnails are not those that are recorded: {', '.join(named)}{more}. {copying.remedy}"
        )
    return counts


def _copy(row: DictRow, copying: Copying) -> tuple[str | None, str]:
    """Return (outcome, object number). The outcome is None when the source has gone or shows another image by now."""
    key = copying.key(row)
    try:
        # A process killed while it stored may leave a shorter object on a server that keeps objects as files.
        if copying.target.head(key).size == row["bytes"]:
            return "thumbnails_there", row["object_number"]
    except Gone:
        pass
    try:
        body = copying.read(row)
    except Gone:
        return None, row["object_number"]
    if sha256(body).digest() != row["sha256"]:
        return None, row["object_number"]
    copying.target.put_jpeg(key, body, {"sha256": row["sha256"].hex()})
    return "thumbnails_copied", row["object_number"]


def verify_thumbnails(conn: Connection, target: ObjectStore, step: ReleaseStep) -> list[str]:
    """Return which of a sample of a release's thumbnails are missing in the bucket or have another size."""
    sample = conn.execute(query("releases_outside.thumbnail_sample"), step.params(start=os.urandom(32), limit=SAMPLE))

    def problem(row: DictRow) -> str | None:
        try:
            size = target.head(row["object_key"]).size
        except Gone:
            return f"the thumbnail of {step.museum}:{row['object_number']} is not in bucket {target.bucket}"
        if size != row["bytes"]:
            return f"the thumbnail of {step.museum}:{row['object_number']} has {size} bytes, not {row['bytes']}"
        return None

    return [said for said in concurrently(problem, sample.fetchall(), CONCURRENCY) if said]


def prune_thumbnails(conn: Connection, target: ObjectStore, museum: str, kept: Collection[int]) -> dict[str, int]:
    """Remove what no kept release shows, whatever left it there; the whole bucket of the museum is walked."""
    count = 0

    def forgotten() -> Iterator[str]:
        nonlocal count
        with conn.transaction(), conn.cursor(name="keys") as cursor:
            cursor.execute(query("releases_outside.thumbnail_keys"), {"museum": museum, "kept": list(kept)})
            shown = (row["object_key"] for row in cursor)
            for key in not_in((item.key for item in target.list(f"{museum}/")), shown):
                count += 1
                yield key

    target.delete_many(forgotten())
    return {"thumbnails_removed": count}


def not_in(keys: Iterable[str], shown: Iterable[str]) -> Iterator[str]:
    """Yield the keys that are not shown. Both come in the order of their bytes, so that neither is held in memory."""
    others = iter(shown)
    other = next(others, None)
    for key in keys:
        while other is not None and other.encode() < key.encode():
            other = next(others, None)
        if other != key:
            yield key
