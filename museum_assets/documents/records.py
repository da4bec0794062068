"""The stage document_records: a language model reads stored documents into validated records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import orjson

from museum_assets.core.failures import Failure, MuseumError, RequestRefused, SlowDown, Unavailable
from museum_assets.documents.extraction import LONGEST_DOCUMENT, DocumentModel, UnreadDocument, extract, unreadable
from museum_assets.documents.files import forget
from museum_assets.documents.kinds import DocumentRecord, as_json, kind_of
from museum_assets.documents.prompt import StagedDocument
from museum_assets.documents.quoting import possible_numbers
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.isolation import StageStalled
from museum_assets.loop.run import batched
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed
from resources.postgres import Connection, Database, scalar
from sql import query

WINDOW = 40
"""Documents whose texts are fetched together."""
AWAY_AFTER = 3
"""That many documents in a row without an answer mean that the model is away, and not that they are at fault."""


class StoredRecord(NamedTuple):
    """One row of documents.record."""

    museum: str
    document_id: UUID
    kind: str
    object_number: str
    fields: str
    contract: str


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The model's last answer, as a failed outcome carries it."""

    answer: str


class BudgetSpent(MuseumError):
    """A run stopped early because it took the tokens that a run may take; the rest stays pending."""


class DocumentRecords(Stage):
    """Stores in documents.record what the model reads in stored documents; the bucket is not read."""

    external: ClassVar[bool] = False
    # A request costs money and time, so a few answers are committed at once.
    batch_size = 4
    concurrency: ClassVar[int] = 4

    def __init__(self, model: DocumentModel, database: Database, slug: str, run_tokens: int) -> None:
        self.model = model
        self.database = database
        self.slug = slug
        self.run_tokens = run_tokens
        self._answered = False
        self._stopped: MuseumError | None = None
        # A scan may take 27 MB as base64, so only one is in memory at a time.
        self._one_scan = Lock()

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Read each document with a request of its own.

        Ends early, when the requests under way are answered, with BudgetSpent or with StageStalled: nothing is asked of
        a model that does not answer AWAY_AFTER documents in a row.
        """
        away = 0
        with self.database.connect() as conn:
            for outcome, failure in concurrently(self._read, self._documents(conn, works), self.concurrency):
                away = away + 1 if isinstance(failure, (Unavailable, SlowDown)) else 0
                if away == AWAY_AFTER and self._stopped is None:
                    self._stopped = StageStalled(
                        f"{self.name} of {self.slug} stopped: the model did not answer for {away} documents in a "
                        f"row. {failure}. The rest is left pending"
                    )
                yield outcome
        if self._stopped:
            raise self._stopped

    def _documents(self, conn: Connection, works: Iterable[Work]) -> Iterator[tuple[Work, StagedDocument | Failure]]:
        """Yield each work with its document, or with why that cannot be sent, until the run has to stop."""
        for window in batched(works, WINDOW):
            texts = self._texts(conn, [work.record_id for work in window if work.data["encoding"] == "text"])
            known = self._known_numbers(conn, texts)
            for work in window:
                if self._stopped is None and self.model.tokens >= self.run_tokens:
                    self._stopped = BudgetSpent(
                        f"{self.name} of {self.slug} stopped: its requests took {self.model.tokens:,} tokens, and "
                        f"a run may take {self.run_tokens:,} (LLM_RUN_TOKENS). What was read is kept, and the rest is "
                        f"pending: `museum run {self.name} --museum {self.slug}` goes on"
                    )
                if self._stopped:
                    return
                try:
                    yield work, self._document(work, texts.get(work.record_id, ""), known.get(work.record_id, set()))
                except Failure as failure:
                    yield work, failure

    def _texts(self, conn: Connection, ids: Sequence[str]) -> dict[str, str]:
        params = {"museum": self.slug, "ids": list(ids), "most": LONGEST_DOCUMENT + 1}
        return {row["document_id"]: row["content"] for row in conn.execute(query("documents.texts"), params)}

    def _known_numbers(self, conn: Connection, texts: Mapping[str, str]) -> dict[str, set[str]]:
        """Return {document id: the museum's own object numbers in its text}, as far as its artworks are known."""
        possible = {id_: possible_numbers(text) for id_, text in texts.items()}
        params = {"museum": self.slug, "numbers": list(set().union(*possible.values()))}
        known = {row["object_number"] for row in conn.execute(query("documents.known_numbers"), params)}
        return {id_: numbers & known for id_, numbers in possible.items()}

    def _document(self, work: Work, text: str, known: AbstractSet[str]) -> StagedDocument:
        """Return a document with its text. Raises Failure when it cannot be sent to a model."""
        data = work.data
        kind = kind_of(data["key"])
        document = StagedDocument(
            work.record_id, data["key"], kind, data["content_type"], data["encoding"], text, frozenset(known)
        )
        if wrong := unreadable(document):
            raise wrong
        return document

    def _read(self, given: tuple[Work, StagedDocument | Failure]) -> tuple[Outcome, Failure | None]:
        """Return (outcome, why the document has no record, None when it has one)."""
        work, document = given
        if isinstance(document, Failure):
            return failed(work, document), document
        if document.is_text:
            result = extract(self.model, document)
        else:
            with self._one_scan:
                result = extract(self.model, replace(document, content=self._content(work)))
        if not isinstance(result, UnreadDocument):
            self._answered = True
            return self._outcome(work, result), None
        failure = result.failure
        self._answered |= bool(result.raw)
        if isinstance(failure, RequestRefused) and not self._answered:
            # Until the model has answered anything in this run, the request is as likely at fault as the document.
            failure = Failure(str(failure), code="refused_all")
        return self._outcome(work, UnreadDocument(failure, result.raw)), failure

    def _content(self, work: Work) -> str:
        with self.database.connect() as conn:
            return str(scalar(conn, query("documents.content"), {"museum": self.slug, "id": work.record_id}))

    def _outcome(self, work: Work, result: DocumentRecord | UnreadDocument) -> Outcome:
        if isinstance(result, UnreadDocument):
            outcome = failed(work, result.failure)
            return Outcome(
                work, "failed", outcome.code, outcome.message, outcome.permanent, value=LastAnswer(result.raw)
            )
        kind = kind_of(work.data["key"]).name
        fields = orjson.dumps(as_json(result)).decode()
        row = StoredRecord(self.slug, UUID(work.record_id), kind, result.object_number, fields, self.contract)
        return done(work, value=row)

    def write(self, conn: Connection, museum: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Store the records, and remove those of earlier versions or prompts once this version is done or failed."""
        settled = [o.work.record_id for o in outcomes if o.status != "failed" or o.permanent]
        forget(conn, query("documents.forget_records"), museum, settled)
        with conn.cursor() as cursor:
            rows = [o.value._asdict() for o in outcomes if isinstance(o.value, StoredRecord)]
            cursor.executemany(query("documents.add_record"), rows)
        return outcomes

    def remove(self, conn: Connection, museum: str, leftovers: Sequence[Leftover]) -> None:
        """Remove the records of documents that are gone."""
        forget(conn, query("documents.forget_records"), museum, [leftover.record_id for leftover in leftovers])

    def evidence(self, outcome: Outcome) -> tuple[bytes, Mapping[str, Any]]:
        """Return the model's last answer, and the document's key and the contract that it belongs to."""
        raw = outcome.value.answer if isinstance(outcome.value, LastAnswer) else ""
        return raw.encode("utf-8", "replace"), {"key": outcome.work.data["key"], "contract": self.contract}

    def facts(self, conn: Connection, museum: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return the contract: what the records depend on besides the document."""
        return {"contract": self.contract}
