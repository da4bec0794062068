"""Reading the model's answers: finding the JSON in them, naming its fields, and checking each record."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from museum_assets.core.failures import Failure
from museum_assets.documents.kinds import OBJECT_NUMBER_FIELD, DocumentKind, DocumentRecord
from museum_assets.documents.prompt import StagedDocument
from museum_assets.documents.quoting import folded, quotes_name, quotes_number
from museum_assets.museums.text_repair import repaired

BLANK = {"", "n/a", "na", "none", "null", "nil", "unknown", "not available", "not specified", "not stated", "[no data]",
         "-", "--", "?"}  # fmt: skip
"""What models write for a missing value, in lower case."""
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Not among them are U+0080 to U+009F: those a document may hold, and they are repaired."""
DECODER = json.JSONDecoder(
    # Numbers stay as they are written: 1952.10 is an object number, and 1952.1 another object.
    parse_float=str,
    parse_int=str,
    object_pairs_hook=lambda pairs: _Pairs(pairs),  # noqa: PLW0108 - the class comes below
)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it is written, with repeated names."""


class BadAnswer(Failure):
    """An answer, or one record of it, cannot be used; `code` says why."""

    permanent = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


def read_answer(text: str, record_id: str) -> Mapping[str, Any]:
    """Return the fields of the record that an answer holds under this id.

    Raises BadAnswer: not_json, control_characters, or wrong_id when there are records under other ids, or different
    ones under this id.
    """
    found: Mapping[str, Any] | None = None
    for pairs in _listed(_json(text)):
        fields = _once(pairs)
        given = fields.pop("record_id", None)
        if given != record_id or (found is not None and found != fields):
            found = None
            break
        found = fields
    if found is None:
        raise BadAnswer("wrong_id", f"there must be one record, and its record_id must be {record_id}")
    if wrong := [name for name, value in found.items() if _has_control_characters(name, value)]:
        raise BadAnswer("control_characters", f"{len(wrong)} fields hold control characters, such as U+0000")
    return found


def read_record(fields: Mapping[str, Any], document: StagedDocument) -> DocumentRecord:
    """Return the validated record of a document. Raises BadAnswer: blank, invalid or not_in_document."""
    values, repairs = normalised(fields, document.kind)
    if not values:
        raise BadAnswer("blank", "every field is blank, although the document is not: copy what it says")
    try:
        record = document.kind.model.model_validate(values)
    except ValidationError as error:
        raise BadAnswer("invalid", field_errors(error)) from None
    record.repaired_as(repairs)
    if document.is_text and (missing := _not_quoted(values, document)):
        raise BadAnswer("not_in_document", f"{', '.join(missing)} must stand in the document as it is written, whole")
    return record


def _not_quoted(values: Mapping[str, Any], document: StagedDocument) -> list[str]:
    """Return the fields whose values must stand in the document and do not."""
    text = folded(document.content)
    return [
        name
        for name in document.kind.quoted
        if name in values
        and not (
            quotes_number(values[name], text, document.known_numbers)
            if name == OBJECT_NUMBER_FIELD
            else quotes_name(values[name], text)
        )
    ]


def normalised(fields: Mapping[str, Any], kind: DocumentKind) -> tuple[dict[str, Any], set[str]]:
    """Return (the kind's fields, under its names, repaired and without blanks; what was wrong with the texts).

    Raises BadAnswer for a field with two values.
    """
    names = {name: name for name in kind.fields}
    names |= {alias: name for name, aliases in kind.aliases.items() for alias in aliases}
    values: dict[str, Any] = {}
    repairs: set[str] = set()
    for given, raw in fields.items():
        name = names.get(re.sub(r"[\s-]+", "_", given.strip().casefold()))
        value = raw
        if isinstance(raw, str):
            text, wrong = repaired(raw, keep_lines=True)
            value = text.strip()
            repairs.update(wrong if name else ())
        if name is None or value is None or (isinstance(value, str) and value.casefold() in BLANK):
            continue
        if values.setdefault(name, value) != value:
            raise BadAnswer("invalid", f"{name} is given twice, with different values")
    return values, repairs


def field_errors(error: ValidationError) -> str:
    """Return what is wrong with each field. The values are left out, as they may hold instructions to the model."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['msg']}" for item in found)


def _json(text: str) -> Any:
    """Return the first JSON value with records in a text; prose or a fence may surround it. Raises BadAnswer."""
    for start in re.finditer(r"[\[{]", text):
        try:
            value = DECODER.raw_decode(text, start.start())[0]
        except (ValueError, RecursionError):
            continue
        if _holds_records(value):
            return value
    raise BadAnswer("not_json", "there is no JSON with records in it")


def _holds_records(value: Any) -> bool:
    if isinstance(value, _Pairs):
        return any(name in {"records", "record_id"} for name, _ in value)
    return isinstance(value, list) and any(isinstance(item, _Pairs) for item in value)


def _listed(value: Any) -> list[_Pairs]:
    """Return the records of {"records": [...]}, of a plain list, or of a single record."""
    if isinstance(value, _Pairs):
        inner = next((item for name, item in value if name == "records"), None)
        value = [value] if inner is None else [inner] if isinstance(inner, _Pairs) else inner
    if not isinstance(value, list):
        raise BadAnswer("not_json", "records must be a list of objects")
    return [item for item in value if isinstance(item, _Pairs)]


def _once(pairs: _Pairs) -> dict[str, Any]:
    """Return the pairs as a dict. A field with two values becomes a list, which no field accepts."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields[name] = value if name not in fields or fields[name] == value else [fields[name], value]
    return fields


def _has_control_characters(*values: object) -> bool:
    """Say whether texts hold what no text of a document does: Postgres stores no U+0000 and no half of a pair."""
    texts = [each for value in values for each in (value if isinstance(value, list) else [value])]
    return any(CONTROL.search(str(text)) for text in texts)
