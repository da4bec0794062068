"""Documents through the model: several in one request, and one at a time where that went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from museum_assets.documents.kinds import Extracted
from museum_assets.documents.prompt import Document, again, new_id, request
from museum_assets.documents.reading import BadAnswer, read_answer, read_record
from museum_assets.failures import Failure, Malformed, Refused

BATCH, BATCH_CHARACTERS = 10, 24_000
"""Most documents in one request, and most characters: about 6,000 tokens, which any current model takes."""
LONGEST = 200_000
"""Characters of one document. A longer one is refused: read in part it would give a record of that part."""
READABLE = ("image/", "application/pdf")
"""Types besides text that can be sent to a model."""


class Model(Protocol):
    """What answers. Raises Failure for these documents, MuseumError when it cannot be used at all."""

    def answer(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """Return the answer to a conversation."""
        ...


@dataclass(frozen=True, slots=True)
class Unread:
    """A document of which no record came; `raw` is the model's last answer, empty when there was none."""

    failure: Failure
    raw: str = ""


def unreadable(document: Document) -> Failure | None:
    """Say why a document cannot be sent to a model; None when it can."""
    if not document.is_text and not document.content_type.startswith(READABLE):
        message = f"{document.key} is {document.content_type}: only text, images and PDF can be read"
        return Failure(message, code="unsupported_type", permanent=True)
    if document.is_text and len(document.content) > LONGEST:
        message = f"{document.key} has more than {LONGEST:,} characters: split it"
        return Failure(message, code="too_long", permanent=True)
    if document.is_text and not document.content.strip():
        return Failure(f"{document.key} is empty", code="empty", permanent=True)
    return None


def batches(documents: Sequence[Document]) -> Iterator[list[Document]]:
    """Yield what goes into one request each: documents of one kind, all text, within the bounds; others alone."""
    waiting: dict[str, list[Document]] = {}
    for document in documents:
        if not document.is_text:
            yield [document]
            continue
        batch = waiting.setdefault(document.kind.name, [])
        if batch and (len(batch) == BATCH or _characters([*batch, document]) > BATCH_CHARACTERS):
            yield batch
            batch = waiting[document.kind.name] = []
        batch.append(document)
    yield from filter(None, waiting.values())


def _characters(documents: Sequence[Document]) -> int:
    return sum(len(document.content) for document in documents)


def extract(model: Model, documents: Sequence[Document]) -> dict[str, Extracted | Unread]:
    """Return {document id: its record, or why there is none} for documents of one kind that go into one request.

    A batch's answer is believed for the records that came right, by their ids; the others are asked one at a time.
    It is not believed at all when it holds an id that nobody gave: then documents may have been mixed up.
    """
    if len(documents) == 1:
        return {documents[0].id: alone(model, documents[0])}
    asked = {new_id(): document for document in documents}
    try:
        found = _together(model, asked)
    except (Malformed, Refused, BadAnswer):
        found = {}
    except Failure as failure:
        # It is not there for one document either: the rest is for a later run.
        return {document.id: Unread(failure) for document in documents}
    read: dict[str, Extracted | Unread] = dict(found)
    for document in documents:
        if document.id not in read:
            read[document.id] = alone(model, document)
    return _blame(read)


def _together(model: Model, asked: Mapping[str, Document]) -> dict[str, Extracted]:
    """Return the records that came right in one request. Raises Failure."""
    answer = read_answer(model.answer(request(asked)), asked.keys())
    if answer.strange:
        raise BadAnswer("strange_id", "the answer holds ids that nobody gave")
    found = {}
    for id_, fields in answer.records.items():
        try:
            found[asked[id_].id] = read_record(fields, asked[id_])
        except BadAnswer:
            continue
    return found


def alone(model: Model, document: Document) -> Extracted | Unread:
    """Read one document; an answer that cannot be used is given back once with what is wrong with it."""
    id_ = new_id()
    conversation = request({id_: document})
    raw = ""
    try:
        raw = model.answer(conversation)
        try:
            return _only(raw, id_, document)
        except BadAnswer as bad:
            raw = model.answer(again(conversation, raw, str(bad)))
            return _only(raw, id_, document)
    except Malformed as failure:
        # The same question would be cut off or left without a message once more.
        return Unread(Failure(str(failure), code=failure.code, permanent=True), raw)
    except Failure as failure:
        return Unread(failure, raw)


def _only(raw: str, id_: str, document: Document) -> Extracted:
    answer = read_answer(raw, {id_})
    if answer.strange or answer.doubtful or id_ not in answer.records:
        raise BadAnswer("wrong_id", f"there must be one record, and its record_id must be {id_}")
    return read_record(answer.records[id_], document)


def _blame(read: dict[str, Extracted | Unread]) -> dict[str, Extracted | Unread]:
    """Take back the verdict on documents that were all refused: then the request is more likely at fault."""
    if all(isinstance(found, Unread) and isinstance(found.failure, Refused) for found in read.values()):
        return {
            id_: Unread(Failure(str(found.failure), code="refused_all"), found.raw)
            for id_, found in read.items()
            if isinstance(found, Unread)
        }
    return read
