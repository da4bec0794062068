"""Backups in a bucket, below a prefix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from museum_assets.core.failures import Gone
from museum_assets.operations.backup.places import MANIFEST, Missing
from resources.s3_streams import StreamingStore


class Prefix:
    """A folder in a bucket: every key that begins with a prefix."""

    def __init__(self, bucket: StreamingStore, prefix: str) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.label = f"s3://{bucket.bucket}/{self.prefix}".rstrip("/")

    def store(self, name: str, chunks: Iterable[bytes]) -> None:
        """Upload a file, in parts when it is long: S3 shows an object when all of it is there."""
        self.bucket.put_stream(f"{self.prefix}{name}", chunks, content_type="application/octet-stream")

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        try:
            yield from self.bucket.open(f"{self.prefix}{name}").chunks
        except Gone:
            raise Missing(f"there is no {name} in {self.label}") from None

    def folders(self) -> list[str]:
        """Return the folders in it."""
        return self.bucket.folders(self.prefix)

    def below(self, folder: str) -> Prefix:
        """Return a folder in it."""
        return Prefix(self.bucket, f"{self.prefix}{folder}")

    def remove(self) -> None:
        """Remove all objects of the folder, and the parts of uploads that did not end."""
        self.bucket.delete_many([f"{self.prefix}{MANIFEST}"])
        self.bucket.delete_many(item.key for item in self.bucket.list(self.prefix))
        self.bucket.abort_uploads(self.prefix)
