"""Which documents there are: the bucket's listing in a table, each object under the UUID that stays with it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from museum_assets.loop.ledger import copy_rows
from museum_assets.museum_settings import documents_pattern
from museum_assets.settings import Settings
from museum_assets.sources.s3 import Bucket, matching
from museum_assets.sources.wildcard import Wildcard, compile_pattern
from resources.postgres import Connection
from resources.s3 import StoredObject
from sql import query

NAMESPACE = UUID("8f0c6d8e-52f5-4f0b-9a75-6d3f3c1b7f10")
COLUMNS = {"document_id": "uuid", "key": "text", "etag": "text", "size": "int8", "modified": "timestamptz"}


def document_id(museum: str, bucket: str, key: str) -> UUID:
    """Return the UUID of a document: the same wherever and whenever it is first seen."""
    return uuid5(NAMESPACE, f"{museum}\n{bucket}\n{key}")


def wildcard_of(settings: Settings, museum: str) -> Wildcard:
    """Return the wildcard of a museum's documents. Raises BadPattern."""
    return compile_pattern(documents_pattern(settings, museum))


def store_listing(conn: Connection, museum: str, bucket: Bucket, wildcard: Wildcard) -> int:
    """Bring the museum's rows of documents.object up to the bucket; return how many objects match.

    An object with another etag is a new version of the same document. One that is not there any more is marked gone;
    it and its record are removed after the grace that withdrawn artworks have. Raises StorageMisconfigured and
    Unavailable, and then changes nothing: what could not be listed is not gone.
    """
    with conn.transaction():
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS document_listing (document_id uuid, key text, etag text, size bigint,"
            " modified timestamptz) ON COMMIT DELETE ROWS"
        )
        rows = _rows(museum, bucket.bucket, matching(bucket, wildcard))
        copy_rows(conn, "document_listing", list(COLUMNS), list(COLUMNS.values()), rows)
        params = {"museum": museum, "bucket": bucket.bucket}
        conn.execute(query("document_gone"), params)
        return conn.execute(query("document_listed"), params).rowcount


def _rows(museum: str, bucket: str, objects: Iterable[StoredObject]) -> Iterable[tuple[object, ...]]:
    for found in objects:
        yield document_id(museum, bucket, found.key), found.key, found.etag, found.size, found.modified
