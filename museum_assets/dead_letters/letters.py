"""Writing, finding and settling dead letters: one table, `ops.dead_letter`, for everything the platform refuses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from psycopg import sql
from psycopg.types.json import Jsonb

from museum_assets.loop.ledger import copy_rows
from resources.postgres import Connection, scalar
from sql import query

COLUMNS = ("source", "museum", "place", "reasons", "message", "body", "context")
TYPES = ("text", "text", "text", "text[]", "text", "bytea", "jsonb")
PAGE = 500
"""Letters held in memory at a time, unless PAGE_BYTES of bodies come first."""
PAGE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Letter:
    """Something refused: by whom, from which place, for which reasons (at least one), and the bytes as they came.

    `place` identifies it within its source and museum, so that reading the same place twice makes one letter.
    `context` is what a replay or a person needs besides the bytes; it goes into JSON.
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
class Chosen:
    """Which letters: every given filter must hold. `context` means that a letter's context holds these values."""

    source: str | None = None
    museum: str | None = None
    reason: str | None = None
    ids: Collection[int] | None = None
    state: str | None = "open"
    context: Mapping[str, Any] = field(default_factory=dict)

    def query(self, name: str) -> sql.Composed:
        """Return a query with the condition that it leaves a place for."""
        return sql.SQL(query(name)).format(chosen=sql.SQL(query("dead_letter_chosen")))

    def params(self) -> dict[str, Any]:
        """Return the parameters of that condition."""
        return {
            "source": self.source,
            "museum": self.museum,
            "reason": self.reason,
            "ids": None if self.ids is None else list(self.ids),
            "state": self.state,
            "context": Jsonb(dict(self.context)),
        }


def write_letters(conn: Connection, letters: Iterable[Letter]) -> int:
    """Write letters in the caller's transaction, or all in one; return how many are new or open again.

    A letter that is there already changes only when its bytes or reasons did: then it is open again. So what a
    person closed stays closed when the same file is read once more.
    """
    # Outside a transaction the batch would be gone before it is read: then this is one of its own.
    with conn.transaction():
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS dead_letter_batch (position integer GENERATED ALWAYS AS IDENTITY,"
            " source text, museum text, place text, reasons text[], message text, body bytea, context jsonb)"
            " ON COMMIT DELETE ROWS"
        )
        copy_rows(conn, "dead_letter_batch", COLUMNS, TYPES, map(_row, letters))
        written = conn.execute(query("dead_letter_write")).rowcount
        # The caller's transaction may write more than once.
        conn.execute("TRUNCATE dead_letter_batch")
    return written


def _row(letter: Letter) -> tuple[Any, ...]:
    return (
        letter.source,
        letter.museum,
        storable(letter.place),
        [storable(reason) for reason in letter.reasons],
        None if letter.message is None else storable(letter.message),
        letter.body,
        Jsonb(_storable_value(dict(letter.context))),
    )


def storable(text: str) -> str:
    """Return text as Postgres can hold it: no U+0000 and no lone surrogates, both of which hostile inputs bring."""
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
    """Yield the open letters that match every given filter, oldest first; memory stays flat."""
    chosen = Chosen(source, museum, reason, ids, context=context or {})
    after = 0
    while page := page_of(conn, chosen, after):
        yield from page
        after = page[-1].id


def page_of(conn: Connection, chosen: Chosen, after: int = 0, *, lock: bool = False) -> list[StoredLetter]:
    """Return the next letters after an id, at most PAGE of them and about PAGE_BYTES of bodies.

    With `lock` they are the caller's until its transaction ends; what another transaction settled or holds is left out.
    """
    while True:
        bounds = {"after": after, "limit": PAGE, "bytes": PAGE_BYTES}
        ids = [row["id"] for row in conn.execute(chosen.query("dead_letter_page"), {**chosen.params(), **bounds})]
        rows = conn.execute(query("dead_letter_lock" if lock else "dead_letter_rows"), {"ids": ids}).fetchall()
        if rows or not ids:
            return [StoredLetter(**row) for row in rows]
        after = ids[-1]


def list_letters(conn: Connection, chosen: Chosen, limit: int) -> list[dict[str, Any]]:
    """Return the newest matching letters without their bodies but with their `bytes`."""
    return conn.execute(chosen.query("dead_letter_list"), {**chosen.params(), "limit": limit}).fetchall()


def count_letters(conn: Connection, chosen: Chosen) -> int:
    """Return how many letters match."""
    return int(scalar(conn, chosen.query("dead_letter_count"), chosen.params()))


def reasons_of(conn: Connection, chosen: Chosen) -> list[dict[str, Any]]:
    """Return matching letters counted by reason, most first: {reason, letters, example}. One may have several."""
    return conn.execute(chosen.query("dead_letter_reasons"), chosen.params()).fetchall()


def close_letters(conn: Connection, chosen: Chosen, by: str, note: str) -> int:
    """Close every matching open letter, in one statement; return how many."""
    params = {**chosen.params(), "by": storable(by), "note": storable(note)}
    return conn.execute(chosen.query("dead_letter_close"), params).rowcount


def settle(
    conn: Connection, ids: Sequence[int], state: Literal["replayed", "closed"], by: str, note: str | None = None
) -> int:
    """Settle open letters in the caller's transaction; return how many were open."""
    params = {"ids": list(ids), "state": state, "by": storable(by), "note": None if note is None else storable(note)}
    return conn.execute(query("dead_letter_settle"), params).rowcount


def refuse_again(conn: Connection, refused: Iterable[tuple[int, tuple[str, ...], str | None]]) -> int:
    """Count a refused replay of open letters, with today's reasons and message; return how many were open."""
    rows = [(id_, [storable(r) for r in reasons], message and storable(message)) for id_, reasons, message in refused]
    with conn.transaction():
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS dead_letter_refused (id bigint, reasons text[], message text)"
            " ON COMMIT DELETE ROWS"
        )
        copy_rows(conn, "dead_letter_refused", ("id", "reasons", "message"), ("int8", "text[]", "text"), rows)
        counted = conn.execute(query("dead_letter_refuse_again")).rowcount
        conn.execute("TRUNCATE dead_letter_refused")
    return counted
