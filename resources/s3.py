"""Objects in S3: thumbnails and the other files the platform keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from hashlib import sha256
from itertools import islice
from pathlib import Path
from string import printable
from threading import Lock
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from museum_assets.failures import Failure, Gone, MuseumError, Refused, Unavailable
from museum_assets.settings import Settings

LONGEST_KEY = 200
"""Bytes: the embedded server keeps an object as a file, whose name may have 255, and S3 itself allows 1,024."""
_MAKING = Lock()
"""Held while a client is made: a session makes one at a time."""
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
MISSING = {"404", "NoSuchKey", "NotFound"}
MISCONFIGURED = {
    "403",
    "AccessDenied",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "NoSuchBucket",
    "PermanentRedirect",
    "SignatureDoesNotMatch",
}


class StorageMisconfigured(MuseumError):
    """The bucket, the endpoint or the credentials are wrong: no object can work, so no record is to blame."""


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


@cache
def _session() -> Any:
    # One for all buckets: what a first client reads of S3's description takes 0.05 to 0.2 s, then one takes 0.003.
    import boto3.session

    return boto3.session.Session()


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
        return ObjectStore(
            self.endpoint_url,
            self.access_key,
            self.secret_key,
            self.region,
            self.bucket,
            read_timeout=seconds,
            attempts=1,
        )

    @classmethod
    def from_settings(cls, settings: Settings, bucket: str | None = None) -> ObjectStore:
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
        """The boto3 client."""
        from botocore.config import Config

        with _MAKING:
            return _session().client(
                "s3",
                endpoint_url=self.endpoint_url,
                aws_access_key_id=self.access_key,
                aws_secret_access_key=self.secret_key,
                region_name=self.region,
                config=Config(
                    signature_version="s3v4",
                    s3={"addressing_style": "path"},
                    connect_timeout=5,
                    read_timeout=self.read_timeout,
                    retries={"mode": "standard", "total_max_attempts": self.attempts},
                    max_pool_connections=64,
                    # {} is "none", None is "those of the environment": a proxy has no business with loopback.
                    proxies={} if urlsplit(self.endpoint_url or "").hostname in LOOPBACK else None,
                    # Several S3-compatible servers refuse the checksums that newer clients send unasked.
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                ),
            )

    def ensure_bucket(self) -> None:
        """Create the bucket unless it exists. Raises StorageMisconfigured or Unavailable."""
        try:
            with self._translated("look for"):
                self.client.head_bucket(Bucket=self.bucket)
        except Gone:
            # AWS wants the region named when a bucket is made, except us-east-1, which it refuses to read.
            elsewhere = self.region != "us-east-1"
            where = {"CreateBucketConfiguration": {"LocationConstraint": self.region}} if elsewhere else {}
            with self._translated("create"):
                self.client.create_bucket(Bucket=self.bucket, **where)

    def put(self, key: str, body: bytes, *, content_type: str, metadata: dict[str, str] | None = None) -> None:
        """Store an object, replacing what was there. Metadata outside ASCII is percent-encoded on its way.

        Raises Refused, Unavailable or StorageMisconfigured.
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
        """Write the object's bytes to a file of this machine; memory stays flat. Raises as `get` does."""
        with self._translated("read", key):
            self.client.download_file(self.bucket, key, str(path))

    def get(self, key: str) -> bytes:
        """Return the object's bytes. Raises Gone, Unavailable or StorageMisconfigured."""
        with self._translated("read", key):
            body: bytes = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return body

    def fetch(self, key: str, max_bytes: int) -> FetchedObject:
        """Return the object with what S3 says about it, from one answer, so that they belong together.

        Raises Refused with code `too_large` (before reading it), Failure with code `denied` when this one object
        may not be read, and as `get` does.
        """
        try:
            with self._translated("read", key):
                found = self.client.get_object(Bucket=self.bucket, Key=key)
                with found["Body"] as stream:
                    if found["ContentLength"] > max_bytes:
                        size = f"{found['ContentLength']:,} bytes, more than the {max_bytes:,} that are allowed"
                        raise Refused(f"{key} in bucket {self.bucket} has {size}", code="too_large")
                    body: bytes = stream.read()
        except StorageMisconfigured as error:
            # Keys and bucket are right when the bucket can be listed: then it is this object that is closed to us.
            if "(AccessDenied)" not in str(error) and "(403)" not in str(error):
                raise
            raise Failure(f"{error}. Let the platform read it, then run this again", code="denied") from error
        stored = StoredObject(key, len(body), found["ETag"].strip('"'), found["LastModified"])
        return FetchedObject(stored, found.get("ContentType", ""), body)

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

    def list(self, prefix: str = "", *, start_after: str = "") -> Iterator[StoredObject]:
        """Yield the objects whose key begins with `prefix` and sorts after `start_after`, in key order."""
        with self._translated("list", f"{prefix}*"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
            )
            for page in pages:
                for item in page.get("Contents", []):
                    yield StoredObject(item["Key"], item["Size"], item["ETag"].strip('"'), item["LastModified"])

    @contextmanager
    def _translated(self, action: str, key: str = "") -> Iterator[None]:
        """Turn botocore's errors into the platform's."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

        what = f"S3 at {self.endpoint_url or 'AWS'}, bucket {self.bucket}: could not {action} {key or 'it'}"
        advice = "check S3_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION and the bucket's name"
        try:
            yield
        except ClientError as error:
            code = str(error.response["Error"].get("Code", ""))
            status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
            if code in MISSING:
                raise Gone(f"{what}: it does not exist") from error
            if code in MISCONFIGURED:
                raise StorageMisconfigured(f"{what} ({code}): {advice}") from error
            if 400 <= status < 500 and code not in {"RequestTimeout", "SlowDown", "429"}:
                raise Refused(f"{what}: {error}") from error
            raise Unavailable(f"{what}: {error}; it is tried again in a later run") from error
        except (NoCredentialsError, ParamValidationError) as error:
            raise StorageMisconfigured(f"{what} ({error}): {advice}") from error
        except BotoCoreError as error:
            raise Unavailable(f"{what}: {error}; it is tried again in a later run") from error
