"""Writing, finding and settling dead letters: one table, `ops.dead_letter`, for everything the platform refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, LiteralString

from psycopg import sql
from psycopg.types.json import Jsonb

from resources.copying import copy_rows
from resources.postgres import Connection, scalar
from sql import query

LETTER_COLUMNS = ("source", "museum", "place", "reasons", "message", "body", "context")
LETTER_TYPES = ("text", "text", "text", "text[]", "text", "bytea", "jsonb")
LONGEST_PLACE = 1_500
"""Bytes of a place in UTF-8; Postgres indexes some 2,700 of a letter's source, museum and place together."""
LETTERS_PER_PAGE = 500
BYTES_PER_PAGE = 16 << 20
"""A page of letters is held in memory: it ends at whichever of the two bounds comes first."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that a source refused: the place it came from, one reason or more, and the bytes as they came.

    `place` identifies it within its source and museum, so that reading the same place twice makes one letter.
    `museum` is the museum's slug, or the declared source of an import. `context` is JSON: what a replay or a person
    needs besides the bytes.
    """

    source: str
    museum: str
    place: str
    reasons: tuple[str, ...]
    body: bytes
    message: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter as the table holds it."""

    id: int
    source: str
    museum: str
    place: str
    reasons: list[str]
    message: str | None
    body: bytes
    context: dict[str, Any]
    state: str
    arrived_at: datetime
    replays: int
    settled_at: datetime | None
    settled_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class LetterFilter:
    """Which letters are meant: those that match every field that is given.

    A letter matches `context` when its own context has these values.
    """

    source: str | None = None
    museum: str | None = None
    reason: str | None = None
    ids: Collection[int] | None = None
    state: str | None = "open"
    context: Mapping[str, Any] = field(default_factory=dict)

    def fill(self, statement: LiteralString) -> sql.Composed:
        """Return a statement with this condition in its place `{filter}`."""
        return sql.SQL(statement).format(filter=sql.SQL(query("dead_letters.filter")))

    def params(self) -> dict[str, Any]:
        """Return the parameters of the condition."""
        return {
            "source": self.source,
            "museum": self.museum,
            "reason": self.reason,
            "ids": None if self.ids is None else list(self.ids),
            "state": self.state,
            "context": Jsonb(dict(self.context)),
        }


def write_letters(conn: Connection, letters: Iterable[Letter]) -> int:
    """Write letters in one transaction, the caller's where there is one; return how many are new or open again.

    A letter that exists is opened again only when its bytes or reasons changed. So what a person closed stays closed
    when the same file is read once more.
    """
    # The batch is a temporary table that a commit empties, so that it must be read in the same transaction.
    with conn.transaction():
        conn.execute(query("dead_letters.batch"))
        copy_rows(conn, "dead_letter_batch", LETTER_COLUMNS, LETTER_TYPES, map(_row, letters))
        written = conn.execute(query("dead_letters.write")).rowcount
        # The caller's transaction may write more than once.
        conn.execute("TRUNCATE dead_letter_batch")
    return written


def _row(letter: Letter) -> tuple[Any, ...]:
    return (
        letter.source,
        letter.museum,
        _bounded(storable(letter.place)),
        [storable(reason) for reason in letter.reasons],
        None if letter.message is None else storable(letter.message),
        letter.body,
        Jsonb(_storable_value(dict(letter.context))),
    )


def _bounded(place: str) -> str:
    """Return a place that can be indexed: of a longer one, such as a file's name in an archive, beginning and hash."""
    body = place.encode()
    if len(body) <= LONGEST_PLACE:
        return place
    return f"{body[:LONGEST_PLACE].decode(errors='ignore')}… {sha256(body).hexdigest()}"


def storable(text: str) -> str:
    """Return text that Postgres can store: U+0000 and lone surrogates, which hostile inputs bring, are replaced."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def _storable_value(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): _storable_value(item) for key, item in value.items()}
    return [_storable_value(item) for item in value] if isinstance(value, list | tuple) else value


def open_letters(
    conn: Connection,
    source: str | None = None,
    museum: str | None = None,
    reason: str | None = None,
    ids: Collection[int] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Iterator[StoredLetter]:
    """Yield the open letters that match every given filter, oldest first, a page in memory at a time."""
    its_letters = LetterFilter(source, museum, reason, ids, context=context or {})
    after = 0
    while page := next_page(conn, its_letters, after):
        yield from page
        after = page[-1].id


def next_page(conn: Connection, wanted: LetterFilter, after: int = 0, *, lock: bool = False) -> list[StoredLetter]:
    """Return the matching letters after an id: at most LETTERS_PER_PAGE, and about BYTES_PER_PAGE of bodies.

    With `lock` they are open letters, locked until the caller's transaction ends; those that another transaction
    has locked are left out.
    """
    while True:
        bounds = {"after": after, "limit": LETTERS_PER_PAGE, "bytes": BYTES_PER_PAGE}
        page = conn.execute(wanted.fill(query("dead_letters.page")), {**wanted.params(), **bounds})
        ids = [row["id"] for row in page]
        rows = conn.execute(query("dead_letters.take") if lock else query("dead_letters.read"), {"ids": ids}).fetchall()
        if rows or not ids:
            return [StoredLetter(**row) for row in rows]
        after = ids[-1]


def list_letters(conn: Connection, wanted: LetterFilter, limit: int) -> list[dict[str, Any]]:
    """Return the newest matching letters: not their bodies but the number of `bytes`, and a document's `key`."""
    return conn.execute(wanted.fill(query("dead_letters.list")), {**wanted.params(), "limit": limit}).fetchall()


def count_letters(conn: Connection, wanted: LetterFilter) -> int:
    """Return how many letters match."""
    return int(scalar(conn, wanted.fill(query("dead_letters.count")), wanted.params()))


def count_by_reason(conn: Connection, wanted: LetterFilter) -> list[dict[str, Any]]:
    """Return {reason, letters, example} of each reason, the most frequent first; a letter may have several reasons."""
    return conn.execute(wanted.fill(query("dead_letters.reasons")), wanted.params()).fetchall()


def close_letters(conn: Connection, wanted: LetterFilter, by: str, note: str) -> int:
    """Close every matching open letter in one statement; return how many were closed."""
    params = {**wanted.params(), "by": storable(by), "note": storable(note)}
    return conn.execute(wanted.fill(query("dead_letters.close")), params).rowcount


def settle(
    conn: Connection, ids: Sequence[int], state: Literal["replayed", "closed"], by: str, note: str | None = None
) -> int:
    """Settle those of the letters that are open, in the caller's transaction; return how many they were."""
    params = {"ids": list(ids), "state": state, "by": storable(by), "note": None if note is None else storable(note)}
    return conn.execute(query("dead_letters.settle"), params).rowcount


def refuse_again(conn: Connection, refused: Iterable[tuple[int, tuple[str, ...], str | None]]) -> int:
    """Record that a replay refused these letters again: (id, today's reasons, message). Return how many were open."""
    rows = [(id_, [storable(r) for r in reasons], message and storable(message)) for id_, reasons, message in refused]
    with conn.transaction():
        conn.execute(query("dead_letters.refused_batch"))
        copy_rows(conn, "dead_letter_refused", ("id", "reasons", "message"), ("int8", "text[]", "text"), rows)
        counted = conn.execute(query("dead_letters.refuse_again")).rowcount
        conn.execute("TRUNCATE dead_letter_refused")
    return counted
