"""Reading a document with the model: one request, and one more when the answer cannot be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from museum_assets.core.failures import Failure, Malformed
from museum_assets.documents.kinds import DocumentRecord
from museum_assets.documents.prompt import StagedDocument, corrected_request, new_id, request
from museum_assets.documents.reading import BadAnswer, read_answer, read_record

LONGEST_DOCUMENT = 200_000
"""The most characters of a document. A longer one is refused, since a record of one part would be wrong."""
READABLE = ("image/", "application/pdf")
"""The media types besides text that can be sent to a model."""


class DocumentModel(Protocol):
    """The language model. Raises Failure for a request, MuseumError when it cannot be used at all."""

    tokens: int
    """How many tokens its requests and answers took so far."""

    def answer(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """Return the model's answer to a conversation."""
        ...


@dataclass(frozen=True, slots=True)
class UnreadDocument:
    """Why a document has no record; `raw` is the model's last answer, '' when there was none."""

    failure: Failure
    raw: str = ""


def unreadable(document: StagedDocument) -> Failure | None:
    """Return why a document cannot be sent to a model; None when it can."""
    if not document.is_text and not document.content_type.startswith(READABLE):
        message = f"{document.key} is {document.content_type}: only text, images and PDF can be read"
        return Failure(message, code="unsupported_type", permanent=True)
    if document.is_text and len(document.content) > LONGEST_DOCUMENT:
        message = f"{document.key} has more than {LONGEST_DOCUMENT:,} characters: split it"
        return Failure(message, code="too_long", permanent=True)
    if document.is_text and not document.content.strip():
        return Failure(f"{document.key} is empty", code="empty", permanent=True)
    return None


def extract(model: DocumentModel, document: StagedDocument) -> DocumentRecord | UnreadDocument:
    """Return the record of a document, or why it has none. The model may correct a wrong answer once."""
    id_ = new_id()
    conversation = request(id_, document)
    raw = ""
    try:
        raw = model.answer(conversation)
        try:
            return read_record(read_answer(raw, id_), document)
        except BadAnswer as bad:
            raw = model.answer(corrected_request(conversation, raw, str(bad)))
            return read_record(read_answer(raw, id_), document)
    except Malformed as failure:
        # The same request would be cut off or answered without a message again, so it is permanent.
        return UnreadDocument(Failure(str(failure), code=failure.code, permanent=True), raw)
    except Failure as failure:
        return UnreadDocument(failure, raw)
