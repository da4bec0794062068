"""Objects in S3 as streams: read a chunk at a time, and written without knowing how long they will be."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from string import printable
from typing import Any
from urllib.parse import quote, unquote

from museum_assets.core.failures import Gone, RequestRefused, Unavailable
from resources.chunk_file import ChunkFile
from resources.s3 import ObjectStore
from resources.s3_bodies import chunks_of

SAFE = printable.strip().replace("%", " ")
"""What metadata may hold as it is: S3 carries ASCII only, so the rest is percent-encoded, as `ObjectStore.put` does."""
PART = 16 << 20
"""Bytes of one part of an upload; four are in memory at most."""


@dataclass(frozen=True, slots=True)
class OpenObject:
    """An object that is being read: what S3 says of it, and its bytes in chunks. `size` in bytes, -1 for unknown."""

    key: str
    size: int
    content_type: str
    metadata: dict[str, str]
    chunks: Iterator[bytes] = field(repr=False)


class StreamingStore(ObjectStore):
    """One bucket whose objects are read and written as streams."""

    def open(self, key: str) -> OpenObject:
        """Return an object that is read as its chunks are taken, which raise Unavailable when it breaks off.

        Raises Gone, Unavailable or StorageMisconfigured.
        """
        with self._translated("read", key):
            found = self.client.get_object(Bucket=self.bucket, Key=key)
        metadata = {name.lower(): unquote(value) for name, value in found["Metadata"].items()}
        size, content_type = int(found.get("ContentLength", -1)), found.get("ContentType", "")
        return OpenObject(key, size, content_type, metadata, self._chunks(key, found))

    def _chunks(self, key: str, found: dict[str, Any]) -> Iterator[bytes]:
        with self._translated("read", key):
            yield from chunks_of(found, f"{key} in bucket {self.bucket}", sys.maxsize)

    def put_stream(self, key: str, chunks: Iterable[bytes], *, content_type: str,
                   metadata: dict[str, str] | None = None) -> None:  # fmt: skip
        """Store a stream as one object, in parts; an object is there only when all of it is. Raises as `put` does."""
        from boto3.s3.transfer import TransferConfig

        config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=2,
                                use_threads=False)  # fmt: skip
        more = {
            "ContentType": content_type,
            "Metadata": {name: quote(v, safe=SAFE) for name, v in (metadata or {}).items()},
        }
        with self._translated("store", key):
            self.client.upload_fileobj(ChunkFile(chunks), self.bucket, key, ExtraArgs=more, Config=config)

    def exists(self) -> bool:
        """Say whether there is a bucket of this name. Raises StorageMisconfigured or Unavailable."""
        try:
            with self._translated("look for"):
                self.client.head_bucket(Bucket=self.bucket)
        except Gone:
            return False
        return True

    def folders(self, prefix: str) -> list[str]:
        """Return what stands before the next `/` in the keys below a prefix, sorted."""
        found = []
        with self._translated("list", f"{prefix}*"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, Delimiter="/"
            )
            for page in pages:
                found += [item["Prefix"][len(prefix) : -1] for item in page.get("CommonPrefixes", [])]
        return sorted(found)

    def abort_uploads(self, prefix: str) -> None:
        """Remove the parts of uploads below a prefix that did not end, where the server can list them."""
        with suppress(RequestRefused, Unavailable), self._translated("list uploads of", f"{prefix}*"):
            found = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=prefix)
            for upload in found.get("Uploads", []):
                self.client.abort_multipart_upload(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
