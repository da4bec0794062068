"""The bucket's listing in a table, each object under a UUID that never changes."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

from museum_assets.core.wildcards import Wildcard, compile_pattern
from museum_assets.sources.s3 import ReadableBucket, matching
from resources.copying import copy_rows
from resources.platform import Platform
from resources.postgres import Connection
from resources.s3 import StoredObject
from sql import query

NAMESPACE = UUID("8f0c6d8e-52f5-4f0b-9a75-6d3f3c1b7f10")
LISTING_COLUMNS = {"document_id": "uuid", "key": "text", "etag": "text", "size": "int8", "modified": "timestamptz"}


def document_id(slug: str, bucket: str, key: str) -> UUID:
    """Return the UUID of a document, which depends on its museum, bucket and key alone."""
    return uuid5(NAMESPACE, f"{slug}\n{bucket}\n{key}")


def wildcard_of(platform: Platform, slug: str) -> Wildcard:
    """Return the wildcard of a museum's documents: MUSEUM_DOCUMENTS_<SLUG>, else DOCUMENTS_PATTERN with its slug.

    Raises BadPattern.
    """
    return compile_pattern(platform.documents_pattern(slug))


def store_listing(conn: Connection, slug: str, bucket: ReadableBucket, wildcard: Wildcard) -> int:
    """Update the museum's rows of documents.object from the bucket; return how many objects match.

    An object with another etag is a new version of the same document. A missing one is marked as gone; it and its
    record are removed after the days of grace that withdrawn artworks have. Raises StorageMisconfigured or Unavailable
    when the bucket cannot be listed, and changes nothing then.
    """
    with conn.transaction():
        conn.execute(query("documents.listing"))
        rows = _rows(slug, bucket.bucket, matching(bucket, wildcard))
        copy_rows(conn, "document_listing", list(LISTING_COLUMNS), list(LISTING_COLUMNS.values()), rows)
        params = {"museum": slug, "bucket": bucket.bucket}
        conn.execute(query("documents.mark_gone"), params)
        return conn.execute(query("documents.mark_there"), params).rowcount


def _rows(slug: str, bucket: str, objects: Iterable[StoredObject]) -> Iterable[tuple[object, ...]]:
    for stored in objects:
        yield document_id(slug, bucket, stored.key), stored.key, stored.etag, stored.size, stored.modified
