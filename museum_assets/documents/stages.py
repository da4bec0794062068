"""document_files and document_records: the two stages, with the bucket on one side and the model on the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import orjson

from museum_assets.documents.extraction import BATCH, LONGEST, Model, Unread, batches, extract, unreadable
from museum_assets.documents.kinds import Extracted, as_row, kind_of
from museum_assets.documents.prompt import Document, extraction_contract
from museum_assets.failures import Failure
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.ledger import copy_rows
from museum_assets.loop.run import batched
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed
from museum_assets.sources.s3 import Bucket, fetch_content
from resources.postgres import Connection, Database, scalar
from sql import query

STAGING_CONTRACT = "content:1"
"""To be raised when `museum_assets/sources/content.py` reads the same bytes otherwise."""
WINDOW = 5 * BATCH
"""Documents looked at together, so that requests are full although kinds alternate."""


class File(NamedTuple):
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


class Row(NamedTuple):
    """One row of documents.record."""

    museum: str
    document_id: UUID
    kind: str
    object_number: str
    fields: str
    contract: str


FILE_TYPES = ("text", "uuid", "int4", "text", "text", "text", "text", "text", "int8", "bytea")


class DocumentFiles(Stage):
    """Objects of the bucket to documents.file: read once, and not again until they change."""

    name: ClassVar[str] = "document_files"
    external: ClassVar[bool] = False
    # Fetched, waiting and being written, three times as many files of up to 20 MB are in memory.
    batch_size: ClassVar[int] = 8
    concurrency: ClassVar[int] = 4

    def __init__(self, bucket: Bucket, max_bytes: int) -> None:
        self.bucket = bucket
        self.max_bytes = max_bytes
        # A larger limit lets in what was refused.
        self.contract = staging_contract(max_bytes)

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Fetch each object; what the bucket as a whole refuses ends the stage."""
        yield from concurrently(self._one, works, self.concurrency)

    def _one(self, work: Work) -> Outcome:
        try:
            return done(work, value=self._file(work))
        except Failure as failure:
            return failed(work, failure)

    def _file(self, work: Work) -> File:
        data = work.data
        if data["size"] > self.max_bytes:
            message = (
                f"{data['key']} has {data['size']:,} bytes, more than the {self.max_bytes:,} of DOCUMENTS_MAX_BYTES"
            )
            raise Failure(message, code="too_large", permanent=True)
        fetched, content = fetch_content(self.bucket, data["key"], self.max_bytes)
        if fetched.stored.etag != data["etag"]:
            # The next listing has the new version; storing it under the old one would hide a change.
            raise Failure(f"{data['key']} was replaced after it was listed: run document_files again", code="replaced")
        return File(
            data["museum"], UUID(work.record_id), data["version"], data["key"], data["etag"], content.content_type,
            content.encoding, content.text, len(fetched.body), hashlib.sha256(fetched.body).digest(),
        )  # fmt: skip

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Store what was read; a version that cannot be read takes the earlier one's place with nothing."""
        _forget(conn, "document_unstage", museum, [o.work.record_id for o in outcomes if o.permanent])
        rows = [o.value for o in outcomes if o.value]
        conn.execute("CREATE TEMP TABLE IF NOT EXISTS document_batch (LIKE documents.file) ON COMMIT DELETE ROWS")
        conn.execute("ALTER TABLE document_batch DROP COLUMN IF EXISTS staged_at")
        copy_rows(conn, "document_batch", File._fields, FILE_TYPES, rows)
        conn.execute(query("document_stage"))
        return outcomes

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Forget documents that are gone."""
        _forget(conn, "document_unstage", museum, [leftover.record_id for leftover in leftovers])


@dataclass(frozen=True, slots=True)
class Raw:
    """What a failed outcome carries: the model's last answer."""

    answer: str


class DocumentRecords(Stage):
    """Staged documents to documents.record, through the model; the bucket is not asked."""

    name: ClassVar[str] = "document_records"
    external: ClassVar[bool] = False
    # A request costs money and time: what was answered is committed at once.
    batch_size: ClassVar[int] = BATCH

    def __init__(self, model: Model, model_name: str, database: Database, museum: str) -> None:
        self.model = model
        self.database = database
        self.museum = museum
        self.contract = extraction_contract(model_name)

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Read the documents, several in one request where that can be."""
        with self.database.connect() as conn:
            for window in batched(works, WINDOW):
                yield from self._window(conn, window)

    def _window(self, conn: Connection, window: Sequence[Work]) -> Iterator[Outcome]:
        texts = self._texts(conn, [work.record_id for work in window if work.data["encoding"] == "text"])
        works, documents = {}, []
        for work in window:
            try:
                document = self._document(conn, work, texts)
            except Failure as failure:
                yield failed(work, failure)
            else:
                works[document.id] = work
                if document.is_text:
                    documents.append(document)
                else:
                    # One may have 27 MB as base64: it is let go before the next one is read.
                    yield from self._read(works, [document])
        for batch in batches(documents):
            yield from self._read(works, batch)

    def _read(self, works: Mapping[str, Work], batch: Sequence[Document]) -> Iterator[Outcome]:
        for id_, found in extract(self.model, batch).items():
            yield self._outcome(works[id_], found)

    def _texts(self, conn: Connection, ids: Sequence[str]) -> dict[str, str]:
        params = {"museum": self.museum, "ids": list(ids), "most": LONGEST + 1}
        return {row["document_id"]: row["content"] for row in conn.execute(query("document_texts"), params)}

    def _document(self, conn: Connection, work: Work, texts: Mapping[str, str]) -> Document:
        """Return a document with its content. Raises Failure for one that cannot be sent to a model."""
        data, kind = work.data, kind_of(work.data["key"])
        content = texts.get(work.record_id, "")
        if data["encoding"] != "text":
            content = scalar(conn, query("document_content"), {"museum": self.museum, "id": work.record_id})
        document = Document(work.record_id, data["key"], kind, data["content_type"], data["encoding"], content)
        if wrong := unreadable(document):
            raise wrong
        return document

    def _outcome(self, work: Work, found: Extracted | Unread) -> Outcome:
        if isinstance(found, Unread):
            outcome = failed(work, found.failure)
            return Outcome(work, "failed", outcome.code, outcome.message, outcome.permanent, value=Raw(found.raw))
        kind = kind_of(work.data["key"]).name
        fields = orjson.dumps(as_row(found)).decode()
        row = Row(self.museum, UUID(work.record_id), kind, found.object_number, fields, self.contract)
        return done(work, value=row)

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Store the records. What came of an earlier version or prompt does not outlive a verdict on this one."""
        settled = [o.work.record_id for o in outcomes if o.status != "failed" or o.permanent]
        _forget(conn, "document_forget", museum, settled)
        with conn.cursor() as cursor:
            rows = [o.value._asdict() for o in outcomes if isinstance(o.value, Row)]
            cursor.executemany(query("document_record"), rows)
        return outcomes

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Forget the records of documents that are gone."""
        _forget(conn, "document_forget", museum, [leftover.record_id for leftover in leftovers])

    def evidence(self, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:
        """Return the model's last answer, and which document and prompt it is about."""
        raw = outcome.value.answer if isinstance(outcome.value, Raw) else ""
        return raw.encode("utf-8", "replace"), {"key": outcome.work.data["key"], "contract": self.contract}


def staging_contract(max_bytes: int) -> str:
    """Return the contract of document_files."""
    return f"{STAGING_CONTRACT}:{max_bytes}"


def _forget(conn: Connection, statement: str, museum: str, ids: Sequence[str]) -> None:
    if ids:
        conn.execute(query(statement), {"museum": museum, "ids": list(ids)})
