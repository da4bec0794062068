"""Questions and answers of the Reconciliation Service API 0.2 (W3C Entity Reconciliation Community Group, April 2023).

What belongs here: their shape, and refusing what has another. What does not: asking, and deciding who is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from museum_assets.core.failures import Failure, Malformed

CANDIDATES = 5
"""Candidates asked for. The right one of a name with dates stands among the first; more are more to read."""
LONGEST_TEXT = 1000
"""Letters of a candidate's name or description that are kept."""


@dataclass(frozen=True, slots=True)
class Question:
    """A name to be found, with what else is known: values by the authority's own property ids."""

    name: str
    properties: tuple[tuple[str, str], ...] = ()
    type: str | None = None

    def query(self) -> dict[str, Any]:
        """Return it as the protocol has it."""
        found: dict[str, Any] = {"query": self.name, "limit": CANDIDATES}
        if self.type:
            found["type"] = self.type
        if self.properties:
            found["properties"] = [{"pid": pid, "v": value} for pid, value in self.properties]
        return found

    def digest(self) -> bytes:
        """Return the hash of all that is asked: two questions with the same one have the same answer."""
        return hashlib.sha256(orjson.dumps(self.query(), option=orjson.OPT_SORT_KEYS)).digest()


def read_candidates(answers: Any, keys: Sequence[str]) -> dict[str, list[dict[str, Any]] | Failure]:
    """Return the candidates of each query, {id, name, description, score, match, types}, or why there are none.

    A query that the service leaves out, or that failed there, is a Malformed of its own. Raises Malformed when
    nothing in the answer is one to these queries.
    """
    if not isinstance(answers, Mapping) or not any(key in answers for key in keys):
        said = answers.get("message") if isinstance(answers, Mapping) else None
        raise Malformed(f"the answer names none of the queries{f': it says {said!s:.300}' if said else ''}")
    return {key: _candidates(answers.get(key)) for key in keys}


def _candidates(answer: Any) -> list[dict[str, Any]] | Failure:
    found = answer.get("result") if isinstance(answer, Mapping) else None
    if not isinstance(found, list):
        return Malformed(f"the service gave no result for this query: {answer!r:.200}")
    try:
        return [_candidate(each) for each in found[:CANDIDATES]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Malformed(f"the service's candidates cannot be read: {type(error).__name__} {error!s:.200}")


def _candidate(given: Mapping[str, Any]) -> dict[str, Any]:
    identity, name = given["id"], given["name"]
    if not isinstance(identity, str) or not isinstance(name, str) or not identity or "\0" in identity:
        raise ValueError("a candidate needs an id and a name")
    types = [each["id"] if isinstance(each, Mapping) else each for each in given.get("type") or ()]
    return {
        "id": identity,
        "name": _text(name),
        "description": _text(given.get("description") or ""),
        "score": float(given.get("score") or 0.0),
        "match": given.get("match") is True,
        "types": [each for each in types if isinstance(each, str)],
    }


def read_rows(answer: Any, ids: Sequence[str], properties: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Return {id: {property: its values as text}} of a data extension. Raises Malformed.

    An id that the service does not know has no values; one that it leaves out makes the answer unreadable.
    """
    rows = answer.get("rows") if isinstance(answer, Mapping) else None
    if not isinstance(rows, Mapping) or any(not isinstance(rows.get(each), Mapping) for each in ids):
        raise Malformed("the data extension lacks rows of what was asked for")
    return {each: {pid: _texts(rows[each].get(pid)) for pid in properties} for each in ids}


def _texts(values: Any) -> list[str]:
    if not isinstance(values, list):
        return []
    found = (next((each[name] for name in ("name", "str", "date", "int", "float", "id") if each.get(name) is not None),
                  None) for each in values if isinstance(each, Mapping))  # fmt: skip
    return [_text(text) for text in found if text is not None]


def _text(value: Any) -> str:
    """Return it as text that Postgres takes, and not at any length."""
    return str(value)[:LONGEST_TEXT].replace("\0", "").encode("utf-8", "replace").decode()
