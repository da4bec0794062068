"""Reading the model's answers: JSON out of prose, fields under their names, values checked, records by their id."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from museum_assets.documents.kinds import Extracted, Kind
from museum_assets.documents.prompt import Document
from museum_assets.failures import Failure

BLANK = {"", "n/a", "na", "none", "null", "nil", "unknown", "not available", "not specified", "not stated", "[no data]",
         "-", "--", "?"}  # fmt: skip
"""What models write for nothing, in lower case."""
DECODER = json.JSONDecoder(
    # Numbers stay as they are written: 1952.10 is an object number, and 1952.1 another object.
    parse_float=str,
    parse_int=str,
    object_pairs_hook=lambda pairs: _Pairs(pairs),  # noqa: PLW0108 - the class comes below
)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object as it is written, with what is written twice."""


class BadAnswer(Failure):
    """An answer, or one record of it, cannot be used; `code` is what the failure is called."""

    permanent = True

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's records by id. `strange` ids are none that were asked; `doubtful` ones came more than once."""

    records: Mapping[str, Mapping[str, Any]]
    strange: frozenset[str]
    doubtful: frozenset[str]


def read_answer(text: str, ids: Collection[str]) -> Answer:
    """Return the records of an answer. Position and order mean nothing. Raises BadAnswer."""
    records: dict[str, Mapping[str, Any]] = {}
    strange, doubtful = set(), set()
    for pairs in _listed(_json(text)):
        fields = _once(pairs)
        id_ = fields.pop("record_id", None)
        if not isinstance(id_, str) or id_ not in ids:
            strange.add(str(id_))
        elif id_ in records and records[id_] != fields:
            doubtful.add(id_)
        else:
            records[id_] = fields
    kept = {id_: fields for id_, fields in records.items() if id_ not in doubtful}
    return Answer(kept, frozenset(strange), frozenset(doubtful))


def read_record(fields: Mapping[str, Any], document: Document) -> Extracted:
    """Return the validated record of one document. Raises BadAnswer: blank, invalid or not_in_document."""
    values = normalised(fields, document.kind)
    if not values:
        raise BadAnswer("blank", "every field is blank, although the document is not: copy what it says")
    try:
        record = document.kind.model.model_validate(values)
    except ValidationError as error:
        raise BadAnswer("invalid", explained(error)) from None
    if document.is_text:
        text = _folded(document.content)
        missing = [name for name in document.kind.quoted if name in values and _folded(values[name]) not in text]
        if missing:
            raise BadAnswer("not_in_document", f"{', '.join(missing)} must stand in the document as it is written")
    return record


def normalised(fields: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """Return the fields that the kind knows, under its names and without blanks. Raises BadAnswer for two values."""
    names = {name: name for name in kind.fields}
    names |= {alias: name for name, aliases in kind.aliases.items() for alias in aliases}
    values: dict[str, Any] = {}
    for given, raw in fields.items():
        name = names.get(re.sub(r"[\s-]+", "_", given.strip().casefold()))
        value = raw.strip() if isinstance(raw, str) else raw
        if name is None or value is None or (isinstance(value, str) and value.casefold() in BLANK):
            continue
        if values.setdefault(name, value) != value:
            raise BadAnswer("invalid", f"{name} is given twice, with different values")
    return values


def explained(error: ValidationError) -> str:
    """Return what is wrong, field by field, without the values: they may hold instructions."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'record'}: {item['msg']}" for item in found)


def _json(text: str) -> Any:
    """Return the first JSON value in a text that may have prose or a fence around it. Raises BadAnswer."""
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
    """Return the records of {"records": [...]}, of a bare list, or of one bare record."""
    if isinstance(value, _Pairs):
        inner = next((item for name, item in value if name == "records"), None)
        value = [value] if inner is None else [inner] if isinstance(inner, _Pairs) else inner
    if not isinstance(value, list):
        raise BadAnswer("not_json", "records must be a list of objects")
    return [item for item in value if isinstance(item, _Pairs)]


def _once(pairs: _Pairs) -> dict[str, Any]:
    """Return the pairs as a dict; a field that is written twice becomes a list, which is valid nowhere."""
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields[name] = value if name not in fields or fields[name] == value else [fields[name], value]
    return fields


def _folded(text: object) -> str:
    """Return text without regard to case, line breaks and runs of spaces."""
    return " ".join(str(text).casefold().split())
