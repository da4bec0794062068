"""Objects of a bucket that match a wildcard, with their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import ClassVar, Protocol

from museum_assets.failures import Failure, Unavailable
from museum_assets.sources.connector import Connector, Record, Refusal
from museum_assets.sources.content import Content, read_content
from museum_assets.sources.wildcard import BadPattern, Wildcard, compile_pattern
from resources.s3 import FetchedObject, StoredObject

MAX_BYTES = 20_000_000
AWAY_AFTER = 3
"""That many objects in a row without an answer mean that the bucket is away, not that they are bad."""


class Bucket(Protocol):
    """What is read of a bucket. Raises StorageMisconfigured when it cannot be listed."""

    bucket: str

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix."""
        ...

    def fetch(self, key: str, max_bytes: int) -> FetchedObject:
        """Return an object with its bytes. Raises Failure."""
        ...


def split_address(address: str) -> tuple[str, str]:
    """Return bucket and pattern of `s3://bucket/pattern`. Raises BadPattern."""
    scheme, _, rest = address.partition("://")
    bucket, _, pattern = rest.partition("/")
    if scheme != "s3" or not bucket or not pattern:
        raise BadPattern(f"{address!r} is not an address such as s3://documents/smk/**")
    return bucket, pattern


def matching(bucket: Bucket, wildcard: Wildcard) -> Iterator[StoredObject]:
    """Yield the objects whose key matches, in key order; only what begins with the pattern's literal is listed."""
    return (found for found in bucket.list(wildcard.prefix) if wildcard.matches(found.key))


def fetch_content(bucket: Bucket, key: str, max_bytes: int) -> tuple[FetchedObject, Content]:
    """Return an object and what its bytes are. Raises Failure: too_large, undecodable, denied, gone, unavailable."""
    fetched = bucket.fetch(key, max_bytes)
    return fetched, read_content(key, fetched.content_type, fetched.body)


class S3Source(Connector):
    """Every object of `bucket` that matches `pattern`, of at most `max_bytes`. Raises BadPattern."""

    kind: ClassVar[str] = "s3"

    def __init__(self, bucket: Bucket, pattern: str, max_bytes: int = MAX_BYTES) -> None:
        self.bucket = bucket
        self.wildcard = compile_pattern(pattern)
        self.max_bytes = max_bytes

    def extract(self) -> Iterator[Record | Refusal]:
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
                yield Refusal(found.key, failure.code, str(failure), context=context)
                continue
            away = 0
            yield Record(
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
