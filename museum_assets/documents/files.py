"""The stage document_files: a bucket's objects, read once and stored in documents.file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, LiteralString, NamedTuple
from uuid import UUID

from museum_assets.core.failures import Failure
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed
from museum_assets.sources.s3 import ReadableBucket, fetch_content
from resources.copying import copy_rows
from resources.postgres import Connection
from sql import query

STAGING_CONTRACT = "content:1"
"""Raise its number when `museum_assets/sources/content.py` reads the same bytes differently."""


class StoredFile(NamedTuple):
    """One row of documents.file."""

    museum: str
    document_id: UUID
    version: int
    key: str
    etag: str
    content_type: str
    encoding: str
    content: str
    size: int
    sha256: bytes


STORED_FILE_TYPES = ("text", "uuid", "int4", "text", "text", "text", "text", "text", "int8", "bytea")


class DocumentFiles(Stage):
    """Stores the bucket's objects in documents.file; each is read again only when it changed."""

    external: ClassVar[bool] = False
    # Three batches of files of up to 20 MB are in memory: fetched, waiting and being written.
    batch_size = 8
    concurrency: ClassVar[int] = 4

    def __init__(self, bucket: ReadableBucket, max_bytes: int, listed: Mapping[str, Any] | None = None) -> None:
        self.bucket = bucket
        self.max_bytes = max_bytes
        self.listed = listed

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Fetch each object; an error of the whole bucket ends the stage."""
        yield from concurrently(self._one, works, self.concurrency)

    def _one(self, work: Work) -> Outcome:
        try:
            return done(work, value=self._file(work))
        except Failure as failure:
            return failed(work, failure)

    def _file(self, work: Work) -> StoredFile:
        data = work.data
        if data["size"] > self.max_bytes:
            message = (
                f"{data['key']} has {data['size']:,} bytes, more than the {self.max_bytes:,} of DOCUMENTS_MAX_BYTES"
            )
            raise Failure(message, code="too_large", permanent=True)
        fetched, content = fetch_content(self.bucket, data["key"], self.max_bytes)
        if fetched.stored.etag != data["etag"]:
            # The next listing has the new version; storing it under the old one would hide a change.
            raise Failure(f"{data['key']} was replaced after it was listed: run the stage again", code="replaced")
        return StoredFile(
            data["museum"], UUID(work.record_id), data["version"], data["key"], data["etag"], content.content_type,
            content.encoding, content.text, len(fetched.body), hashlib.sha256(fetched.body).digest(),
        )  # fmt: skip

    def evidence(self, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:
        """Return the object's key, and no bytes, since the bucket has them."""
        return b"", {"key": outcome.work.data["key"]}

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Store the files. A version that cannot be read removes the earlier one."""
        forget(conn, query("documents.forget_files"), museum, [o.work.record_id for o in outcomes if o.permanent])
        rows = [o.value for o in outcomes if o.value]
        conn.execute(query("documents.batch"))
        copy_rows(conn, "document_batch", StoredFile._fields, STORED_FILE_TYPES, rows)
        conn.execute(query("documents.store_files"))
        return outcomes

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Remove the files of documents that are gone."""
        forget(conn, query("documents.forget_files"), museum, [leftover.record_id for leftover in leftovers])

    def facts(self, conn: Connection, museum: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the bucket and pattern that were listed, and how many objects match."""
        return self.listed or {}


def staging_contract(max_bytes: int) -> str:
    """Return the stage's contract. It holds the size limit, so that files refused before are due under a larger one."""
    return f"{STAGING_CONTRACT}:{max_bytes}"


def forget(conn: Connection, statement: LiteralString, slug: str, ids: Sequence[str]) -> None:
    """Run a statement that removes these documents of a museum; without ids do nothing."""
    if ids:
        conn.execute(statement, {"museum": slug, "ids": list(ids)})
