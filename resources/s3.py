"""Objects in S3: thumbnails and the other files the platform keeps."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from itertools import islice
from pathlib import Path
from string import printable
from typing import Any, BinaryIO, Self
from urllib.parse import quote, unquote

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from museum_assets.core.addresses import shown_address, web_address
from museum_assets.core.failures import Failure, Gone, Unavailable
from museum_assets.core.settings import Settings
from resources.s3_bodies import chunks_of
from resources.s3_failures import StorageMisconfigured, translated

LONGEST_KEY = 200
"""Bytes: the embedded server keeps an object as a file, whose name may have 255, and S3 itself allows 1,024."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What S3 says about one object. `size` in bytes; `metadata` is empty in listings.

    The embedded server forgets metadata when it restarts, so nothing may depend on it.
    """

    key: str
    size: int
    etag: str
    modified: datetime
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FetchedObject:
    """An object with its bytes; `content_type` is what its uploader claimed."""

    stored: StoredObject
    content_type: str
    body: bytes


def thumbnail_key(museum: str, object_number: str) -> str:
    """Return `{museum}_{object_number}.jpg`, percent-encoded outside A-Z a-z 0-9 `.` `-` `_`.

    Different pairs give different keys: `%` is encoded too, and so is `_` in the museum's part. From LONGEST_KEY
    bytes on, a key is cut to exactly that length, with its SHA-256 at the end.
    """
    # quote() leaves `~` alone, which S3 lists among the characters to avoid in keys.
    key = f"{encoded(museum).replace('_', '%5F')}_{encoded(object_number)}.jpg"
    if len(key) < LONGEST_KEY:
        return key
    end = f"-{sha256(key.encode()).hexdigest()}.jpg"
    return key[: LONGEST_KEY - len(end)] + end


def encoded(text: str) -> str:
    """Percent-encode everything that is not safe in an S3 key."""
    return quote(text, safe="").replace("~", "%7E")


class ObjectStore:
    """One bucket. Cheap to make; the client is made at first use and is safe to share between threads."""

    def __init__(
        self,
        endpoint_url: str | None,
        access_key: str | None,
        secret_key: str | None,
        region: str,
        bucket: str,
        *,
        read_timeout: float = 60,
        attempts: int = 4,
    ) -> None:
        self.endpoint_url = endpoint_url
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region
        self.bucket = bucket
        self.read_timeout = read_timeout
        self.attempts = attempts

    def within(self, seconds: float) -> ObjectStore:
        """Return the same bucket for whoever cannot wait: one attempt, given up after so many seconds of silence."""
        place = (self.endpoint_url, self.access_key, self.secret_key, self.region, self.bucket)
        return ObjectStore(*place, read_timeout=seconds, attempts=1)

    @classmethod
    def from_settings(cls, settings: Settings, bucket: str | None = None) -> Self:
        """Make the store of `bucket`, by default the thumbnails'."""
        secret = settings.aws_secret_access_key
        return cls(
            settings.s3_endpoint_url,
            settings.aws_access_key_id,
            secret.get_secret_value() if secret else None,
            settings.aws_region,
            bucket or settings.thumbnails_bucket,
        )

    @cached_property
    def client(self) -> Any:
        """The boto3 client. Raises StorageMisconfigured for an endpoint that is no address, without quoting it."""
        from resources.s3_connections import client_of

        try:
            if self.endpoint_url:
                web_address(self.endpoint_url)
            return client_of(
                self.endpoint_url, self.access_key, self.secret_key, self.region, self.read_timeout, self.attempts
            )
        except ValueError:
            raise StorageMisconfigured("S3_ENDPOINT_URL is not an address such as https://s3.example.org") from None

    def exists(self) -> bool:
        """Say whether there is such a bucket. Raises StorageMisconfigured or Unavailable."""
        try:
            with self._translated("look for"):
                self.client.head_bucket(Bucket=self.bucket)
        except Gone:
            return False
        return True

    def ensure_bucket(self) -> bool:
        """Create the bucket unless it exists, and say whether it was. Raises StorageMisconfigured or Unavailable."""
        if self.exists():
            return False
        # AWS wants the region named when a bucket is made, except us-east-1, which it refuses to read.
        elsewhere = self.region != "us-east-1"
        where = {"CreateBucketConfiguration": {"LocationConstraint": self.region}} if elsewhere else {}
        with self._translated("create"):
            self.client.create_bucket(Bucket=self.bucket, **where)
        return True

    def put(self, key: str, body: bytes, *, content_type: str, metadata: dict[str, str] | None = None) -> None:
        """Store an object, replacing what was there. Metadata outside ASCII is percent-encoded on its way.

        Raises RequestRefused, Unavailable or StorageMisconfigured.
        """
        safe = printable.strip().replace("%", " ")
        with self._translated("store", key):
            self.client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                Metadata={name: quote(value, safe=safe) for name, value in (metadata or {}).items()},
            )

    def put_jpeg(self, key: str, body: bytes, metadata: dict[str, str]) -> None:
        """Store a thumbnail. Raises as `put` does."""
        self.put(key, body, content_type="image/jpeg", metadata=metadata)

    def put_file(self, key: str, path: Path, *, content_type: str) -> None:
        """Store a file of this machine, in parts when it is large; memory stays flat. Raises as `put` does."""
        with self._translated("store", key), path.open("rb") as file:
            self.client.upload_fileobj(file, self.bucket, key, ExtraArgs={"ContentType": content_type})

    def get_file(self, key: str, path: Path) -> None:
        """Write the object's bytes to a file of this machine; memory stays flat. Raises as `get` does.

        What broke off is continued, as often as a request is repeated. boto3's own download_file waits for ever for an
        object without a length, and takes one that was cut.
        """
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                Retrying(
                    retry=retry_if_exception_type(Unavailable),
                    stop=stop_after_attempt(self.attempts),
                    wait=wait_exponential_jitter(multiplier=0.5, max=10),
                    reraise=True,
                )(self._append, key, file, {})
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _append(self, key: str, file: BinaryIO, same: dict[str, str]) -> None:
        """Write what is missing; `same` holds the version that the first attempt found."""
        with self._translated("read", key):
            rest = {"Range": f"bytes={file.tell()}-"} if file.tell() else {}
            found = self.client.get_object(Bucket=self.bucket, Key=key, **rest, **same)
            same["IfMatch"] = found["ETag"]
            if "ContentRange" not in found:  # all of it, whatever was asked for
                file.seek(0)
                file.truncate()
            file.writelines(chunks_of(found, f"{key} in bucket {self.bucket}", sys.maxsize))

    def get(self, key: str) -> bytes:
        """Return the object's bytes. Raises Gone, Unavailable or StorageMisconfigured."""
        return self._read(key).body

    def fetch(self, key: str, max_bytes: int) -> FetchedObject:
        """Return the object with what S3 says about it, from one answer, so that they belong together.

        Raises RequestRefused with code `too_large` (before reading it), Failure with code `denied` when this one object
        may not be read, and as `get` does.
        """
        try:
            return self._read(key, max_bytes)
        except StorageMisconfigured as error:
            # Keys and bucket are right when the bucket can be listed: then it is this object that is closed to us.
            if "(AccessDenied)" not in str(error) and "(403)" not in str(error):
                raise
            raise Failure(f"{error}. Let the platform read it, then run this again", code="denied") from error

    def _read(self, key: str, max_bytes: int = sys.maxsize) -> FetchedObject:
        with self._translated("read", key):
            found = self.client.get_object(Bucket=self.bucket, Key=key)
            body = BytesIO()  # gives its bytes away without a copy
            for chunk in chunks_of(found, f"{key} in bucket {self.bucket}", max_bytes):
                body.write(chunk)
            stored = StoredObject(key, body.tell(), found["ETag"].strip('"'), found["LastModified"])
            return FetchedObject(stored, found.get("ContentType", ""), body.getvalue())

    def head(self, key: str) -> StoredObject:
        """Return what is known about the object. Raises Gone, Unavailable or StorageMisconfigured."""
        with self._translated("look up", key):
            found = self.client.head_object(Bucket=self.bucket, Key=key)
        # Servers differ in the case of metadata names: S3 lowers them, the embedded server capitalises.
        metadata = {name.lower(): unquote(value) for name, value in found["Metadata"].items()}
        return StoredObject(key, found["ContentLength"], found["ETag"].strip('"'), found["LastModified"], metadata)

    def delete_many(self, keys: Iterable[str]) -> None:
        """Delete objects; absent ones are no error. Raises Unavailable naming the keys that are still there."""
        remaining = iter(keys)
        while batch := [*islice(remaining, 1000)]:  # the most that S3 takes in one request
            with self._translated("delete", f"{batch[0]} and {len(batch) - 1} more"):
                answer = self.client.delete_objects(
                    Bucket=self.bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
                )
            if left := answer.get("Errors", []):
                names = ", ".join(f"{item['Key']} ({item['Code']})" for item in left[:5])
                raise Unavailable(
                    f"S3 bucket {self.bucket}: {len(left)} objects could not be deleted, such as {names}; "
                    "run again to delete the rest"
                )

    def remove_bucket(self) -> None:
        """Delete the bucket with all that is in it; a missing one is no error. Raises as `delete_many` does."""
        with suppress(Gone), self._translated("remove"):
            self.client.head_bucket(Bucket=self.bucket)
            self.delete_many(item.key for item in self.list())
            self.client.delete_bucket(Bucket=self.bucket)

    def list(self, prefix: str = "", *, start_after: str = "") -> Iterator[StoredObject]:
        """Yield the objects whose key begins with `prefix` and sorts after `start_after`, in key order."""
        with self._translated("list", f"{prefix}*"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield StoredObject(item["Key"], item["Size"], item["ETag"].strip('"'), item["LastModified"])

    def _translated(self, action: str, key: str = "") -> AbstractContextManager[None]:
        return translated(shown_address(self.endpoint_url) if self.endpoint_url else "AWS", self.bucket, action, key)
