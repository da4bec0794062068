"""Reading JSON in which single entries may be bad: a page of a listing must not fail for one of its records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{},"]', re.DOTALL)
"""A string, a bracket, a comma; a quote alone is a string that does not end. No byte of UTF-8 can be mistaken for one,
nor one of what is no UTF-8 either."""
_MEMBER = re.compile(rb'\s*("[^"\\]*+(?:\\.[^"\\]*+)*+")\s*:\s*', re.DOTALL)
_ENVELOPES = 3
"""Objects within objects in which the list of a page is looked for."""
MOST_VALUES = 4_000_000
"""Values of a body. The largest real one, MET's list of ids, has half a million; 64 MB of `{}` took 1.6 GB."""
MOST_OF_ENTRY = 100_000
"""Values of an entry, where its page has more than MOST_VALUES or holds a bad entry."""


@dataclass(frozen=True, slots=True)
class UnreadableEntry:
    """One entry of a list that cannot be read: its bytes as they came, and why."""

    raw: bytes
    reason: str

    def field(self, name: str) -> Any:
        """Return one of its fields as far as a lenient reader gets, None when it has none: such as its id."""
        if self.raw.count(b",") > MOST_OF_ENTRY:
            return None
        try:
            found = json.loads(self.raw.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return None
        return found.get(name) if isinstance(found, dict) else None


def read_json(body: bytes) -> Any:
    """Return the decoded JSON. Where it is not read whole, an `UnreadableEntry` stands for each bad entry of a list.

    Bad are lone surrogates, bytes that are no UTF-8, NaN, numbers beyond a double, nesting beyond 1,024, and more
    values than fit into memory. Raises ValueError for what is no JSON at all, such as a body that was cut off.
    """
    try:
        return read_whole(body)
    except ValueError:
        return _pieces(body, 0, len(body), _ENVELOPES)


def read_whole(body: bytes) -> Any:
    """Return the decoded JSON. Raises ValueError, also for a body that would take many times its size in memory."""
    if body.count(b",") > MOST_VALUES:
        raise ValueError(f"more than {MOST_VALUES:,} values, which is no page of records")
    return orjson.loads(body)


def is_complete(body: bytes) -> bool:
    """Say whether a body that is not read as JSON ends where its outermost bracket does: then nothing was cut off."""
    start = _first(body, 0, len(body))
    try:
        return body[start : start + 1] in b"{[" and all(end > begin for begin, end in _slices(body, start, len(body)))
    except ValueError:
        return False


def _pieces(body: bytes, begin: int, end: int, envelopes: int) -> Any:
    """Return the value in `body[begin:end]`, read piece by piece. Raises ValueError."""
    piece = body[begin:end]
    try:
        return read_whole(piece)
    except ValueError:
        start = _first(body, begin, end)
        opening = body[start : start + 1]
        if opening == b"[" and envelopes < _ENVELOPES:
            return list(_entries(body, start, end))
        if opening != b"{" or not envelopes:
            raise
    found = {}
    for a, b in _slices(body, start, end):
        member = _MEMBER.match(body, a, b)
        if member is None:
            raise ValueError("an object's member has no name")
        found[orjson.loads(member[1])] = _pieces(body, member.end(), b, envelopes - 1)
    return found


def _entries(body: bytes, start: int, end: int) -> Iterator[Any]:
    left = MOST_VALUES
    for a, b in _slices(body, start, end):
        values = body.count(b",", a, b) + 1
        if values > MOST_OF_ENTRY:
            yield UnreadableEntry(body[a:b].strip(), f"it has {values:,} values, more than {MOST_OF_ENTRY:,}")
            continue
        left -= values
        if left < 0:
            raise ValueError(f"more than {MOST_VALUES:,} values, which is no page of records")
        yield _entry(body[a:b])


def _entry(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return UnreadableEntry(raw.strip(), error.msg)


def _first(body: bytes, begin: int, end: int) -> int:
    while begin < end and body[begin : begin + 1].isspace():
        begin += 1
    return begin


def _slices(body: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each element of the list or object that opens at `start`. Raises ValueError when it does
    not close just before `end`: brackets are counted, so that nothing is too deep for it.
    """
    depth, begin = 0, start + 1
    for token in _TOKEN.finditer(body, start, end):
        match token[0]:
            case b"[" | b"{":
                depth += 1
            case b"]" | b"}":
                depth -= 1
                if depth == 0:
                    if body[begin : token.start()].strip() or begin > start + 1:
                        yield begin, token.start()
                    if body[token.end() : end].strip():
                        break
                    return
            case b"," if depth == 1:
                yield begin, token.start()
                begin = token.end()
            case b'"':
                break
    raise ValueError("it does not end where its brackets say")
