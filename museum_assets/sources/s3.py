"""The connector to S3: the objects of a bucket that match a wildcard, with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import ClassVar, Protocol

from museum_assets.core.failures import Failure, Unavailable
from museum_assets.core.wildcards import BadPattern, Wildcard, compile_pattern
from museum_assets.sources.connector import Connector, RecordRefusal, SourceRecord
from museum_assets.sources.content import Content, read_content
from resources.s3 import FetchedObject, StoredObject

MAX_BYTES = 20_000_000
AWAY_AFTER = 3
"""This many objects in a row without an answer mean that S3 is unreachable, and not that the objects are at fault."""


class ReadableBucket(Protocol):
    """A bucket that can be listed and read. Raises StorageMisconfigured when it cannot be listed."""

    bucket: str

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix."""
        ...

    def fetch(self, key: str, max_bytes: int) -> FetchedObject:
        """Return an object with its bytes. Raises Failure."""
        ...


def split_address(address: str) -> tuple[str, str]:
    """Return (bucket, pattern) of `s3://bucket/pattern`. Raises BadPattern."""
    scheme, _, rest = address.partition("://")
    bucket, _, pattern = rest.partition("/")
    if scheme != "s3" or not bucket or not pattern:
        raise BadPattern(f"{address!r} is not an address such as s3://documents/smk/**")
    return bucket, pattern


def matching(bucket: ReadableBucket, wildcard: Wildcard) -> Iterator[StoredObject]:
    """Yield the objects whose key matches, in key order. Only keys with the wildcard's literal prefix are listed."""
    return (stored for stored in bucket.list(wildcard.prefix) if wildcard.matches(stored.key))


def fetch_content(bucket: ReadableBucket, key: str, max_bytes: int) -> tuple[FetchedObject, Content]:
    """Return (object, content). Raises Failure: too_large, undecodable, denied, gone or unavailable."""
    fetched = bucket.fetch(key, max_bytes)
    return fetched, read_content(key, fetched.content_type, fetched.body)


class S3Source(Connector):
    """Every object of `bucket` whose key matches `pattern`; one of more than `max_bytes` is refused.

    Raises BadPattern.
    """

    kind: ClassVar[str] = "s3"

    def __init__(self, bucket: ReadableBucket, pattern: str, max_bytes: int = MAX_BYTES) -> None:
        self.bucket = bucket
        self.wildcard = compile_pattern(pattern)
        self.max_bytes = max_bytes

    def extract(self) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield {key, content_type, encoding, content, size, etag, modified, sha256} of each object."""
        away = 0
        for found in matching(self.bucket, self.wildcard):
            try:
                fetched, content = fetch_content(self.bucket, found.key, self.max_bytes)
            except Failure as failure:
                away = away + 1 if isinstance(failure, Unavailable) else 0
                if away == AWAY_AFTER:
                    raise
                context = {"bucket": self.bucket.bucket, "etag": found.etag, "size": found.size}
                yield RecordRefusal(found.key, failure.code, str(failure), context=context)
                continue
            away = 0
            yield SourceRecord(
                found.key,
                {
                    "key": found.key,
                    "content_type": content.content_type,
                    "encoding": content.encoding,
                    "content": content.text,
                    "size": fetched.stored.size,
                    "etag": fetched.stored.etag,
                    "modified": fetched.stored.modified.isoformat(),
                    "sha256": hashlib.sha256(fetched.body).hexdigest(),
                },
            )
