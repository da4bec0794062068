"""The buckets of the platform in a backup: every object in a tar stream, with a listing of what it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO

import orjson
from pydantic import BaseModel, ConfigDict
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from museum_assets.core.failures import Failure, Gone, Unavailable
from museum_assets.core.progress import OnLine
from museum_assets.loop.concurrently import concurrently
from museum_assets.museums import KIOSK_MUSEUMS
from museum_assets.operations.backup.manifest import BucketContent, Damaged
from museum_assets.operations.backup.packs import END, tar_header, tar_members, tar_padding
from museum_assets.operations.backup.places import Place
from museum_assets.operations.backup.streams import lines_of, read_stream, store_stream
from resources.platform import Platform
from resources.s3 import StoredObject
from resources.s3_streams import OpenObject, StreamingStore

SMALL = 4 << 20
"""Bytes up to which an object is read as a whole, several at a time; larger ones are streamed, one at a time."""
CONCURRENCY = 16
CHUNK = 1 << 20
PATIENTLY = Retrying(
    retry=retry_if_exception_type(Unavailable), stop=stop_after_attempt(4), wait=wait_exponential_jitter(max=10),
    reraise=True,
)  # fmt: skip
"""Reading an object may be repeated: one that breaks off does not end a backup of a million."""


class KeptObject(BaseModel):
    """A line of a bucket's listing."""

    model_config = ConfigDict(frozen=True)

    key: str
    size: int
    sha256: str
    content_type: str
    metadata: dict[str, str] = {}

    @property
    def identity(self) -> bytes:
        """What the checksum of a bucket is made of."""
        return orjson.dumps([self.key, self.size, self.sha256])


def kept_buckets(platform: Platform) -> dict[str, StreamingStore]:
    """Return the buckets by what names them: a setting, or `kiosk_source/<museum>`. None is named twice."""
    settings = platform.settings
    named = {name: value for name, value in settings if name.endswith("_bucket")}
    named |= {f"kiosk_source/{slug}": platform.kiosk_source(slug).bucket for slug in KIOSK_MUSEUMS}
    first = {bucket: role for role, bucket in reversed(named.items())}
    return {role: StreamingStore.from_settings(settings, bucket) for role, bucket in named.items()
            if first[bucket] == role}  # fmt: skip


def keep_bucket(
    place: Place, role: str, store: StreamingStore, findings: list[str], on_progress: OnLine
) -> BucketContent:
    """Write a bucket into a backup. An object that is deleted meanwhile is left out; one that is refused is a finding.

    Raises Unavailable or StorageMisconfigured.
    """
    name = f"buckets/{role.replace('/', '-')}"
    with TemporaryFile() as lines:
        keeping = _Keeping(store, lines, findings)
        files = store_stream(place, f"{name}.tar", keeping.packed())
        lines.seek(0)
        listing = store_stream(place, f"{name}.jsonl", iter(lambda: lines.read(CHUNK), b""))
    if keeping.objects:
        on_progress(f"bucket {store.bucket}: {keeping.objects:,} objects, {keeping.bytes:,} bytes")
    return BucketContent(bucket=store.bucket, objects=keeping.objects, bytes=keeping.bytes,
                         checksum=keeping.digest.hexdigest(), listing=listing, files=files)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Fetched:
    """An object that was asked for. `body` is None for a large one, which is streamed, and for one that is refused."""

    key: str
    opened: OpenObject | None = None
    body: bytes | None = None
    failure: Failure | None = None


class _Keeping:
    """One bucket on its way into a tar stream."""

    def __init__(self, store: StreamingStore, lines: IO[bytes], findings: list[str]) -> None:
        self.store = store
        self.lines = lines
        self.findings = findings
        self.digest = sha256()
        self.objects = self.bytes = 0

    def packed(self) -> Iterator[bytes]:
        """Yield the tar stream, writing a line of the listing for every object in it."""
        for fetched in concurrently(self._fetch, self.store.list(), CONCURRENCY):
            if fetched.opened is not None:
                yield from self._member(fetched.opened, iter([fetched.body] if fetched.body else []))
            elif fetched.failure is None:
                yield from self._large(fetched.key)
            elif not isinstance(fetched.failure, Gone):  # which was deleted since it was listed
                self.findings.append(f"{fetched.key} in bucket {self.store.bucket} is left out: {fetched.failure}")
        yield END

    def _fetch(self, item: StoredObject) -> _Fetched:
        if item.size > SMALL:
            return _Fetched(item.key)
        try:
            opened, body = PATIENTLY(self._whole, item.key)
        except Unavailable:
            raise
        except Failure as failure:
            return _Fetched(item.key, failure=failure)
        return _Fetched(item.key, opened, body)

    def _whole(self, key: str) -> tuple[OpenObject, bytes]:
        opened = self.store.open(key)
        body = b"".join(opened.chunks)
        return replace(opened, size=len(body)), body

    def _large(self, key: str) -> Iterator[bytes]:
        with suppress(Gone):
            opened = self.store.open(key)
            if opened.size < 0:
                self.findings.append(f"{key} in bucket {self.store.bucket} is left out: it came without its length")
                return
            yield from self._member(opened, opened.chunks)

    def _member(self, opened: OpenObject, chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield tar_header(opened.key, opened.size)
        digest = sha256()
        for chunk in chunks:
            digest.update(chunk)
            yield chunk
        yield tar_padding(opened.size)
        kept = KeptObject(key=opened.key, size=opened.size, sha256=digest.hexdigest(),
                          content_type=opened.content_type, metadata=opened.metadata)  # fmt: skip
        self.objects += 1
        self.bytes += kept.size
        self.digest.update(kept.identity)
        self.lines.write(kept.model_dump_json().encode() + b"\n")


def kept_objects(place: Place, content: BucketContent) -> Iterator[KeptObject]:
    """Yield the listing of a bucket, in the order of the keys. Raises Damaged."""
    return map(KeptObject.model_validate_json, lines_of(read_stream(place, content.listing)))


def restore_bucket(place: Place, store: StreamingStore, content: BucketContent, on_progress: OnLine) -> list[str]:
    """Bring a bucket back and return where it differs from what the manifest says; nothing when it does not.

    Raises Damaged, Unavailable or StorageMisconfigured.
    """
    store.ensure_bucket()
    members = zip(kept_objects(place, content), tar_members(read_stream(place, content.files)), strict=True)
    for _ in concurrently(partial(_store_small, store), _small(place, store, members), CONCURRENCY):
        pass
    lines = list(_differences(store, kept_objects(place, content)))
    if content.objects:
        on_progress(f"bucket {store.bucket}: {content.objects:,} objects, {content.bytes:,} bytes")
    return [f"bucket {store.bucket}: {line}" for line in lines]


def _small(
    place: Place, store: StreamingStore, members: Iterable[tuple[KeptObject, tuple[int, Iterator[bytes]]]]
) -> Iterator[tuple[KeptObject, bytes]]:
    """Yield the objects that are stored several at a time, and store the others on the way."""
    for kept, (size, chunks) in members:
        if size != kept.size:
            raise Damaged(f"in {place.label}, listing and tar file of bucket {store.bucket} differ at {kept.key}")
        if size <= SMALL:
            yield kept, b"".join(chunks)
        else:
            store.put_stream(kept.key, chunks, content_type=kept.content_type, metadata=kept.metadata)


def _store_small(store: StreamingStore, given: tuple[KeptObject, bytes]) -> None:
    kept, body = given
    store.put(kept.key, body, content_type=kept.content_type, metadata=kept.metadata)


def _differences(store: StreamingStore, wanted: Iterator[KeptObject]) -> Iterator[str]:
    """Yield where the bucket, read again, differs from a listing."""

    def found(kept: KeptObject) -> str | None:
        try:
            digest = sha256()
            for chunk in store.open(kept.key).chunks:
                digest.update(chunk)
        except Gone:
            return f"{kept.key} is missing"
        return None if digest.hexdigest() == kept.sha256 else f"{kept.key} has SHA-256 {digest.hexdigest()}"

    count = 0
    for said in concurrently(found, wanted, CONCURRENCY):
        count += 1
        if said:
            yield said
    if (there := sum(1 for _ in store.list())) != count:
        yield f"it holds {there:,} objects, the manifest says {count:,}"
