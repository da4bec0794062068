"""Storing harvested records: new ones by COPY, changed ones by one UPDATE, unchanged ones not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from psycopg.types.json import Jsonb

from museum_assets.loop.ledger import copy_rows
from museum_assets.museums.museum import RawRecord
from resources.postgres import Connection
from sql import query

COLUMNS = ("record_id", "payload_hash", "payload")
TYPES = ("text", "bytea", "jsonb")


class Stored(NamedTuple):
    """How many records of a batch were new, changed, back from a withdrawal, or unchanged."""

    new: int
    changed: int
    unchanged: int


class Compared(NamedTuple):
    """A batch held against what is stored: rows to add, rows to change, and how many need nothing."""

    new: list[tuple[str, str, bytes, Jsonb]]
    changed: list[tuple[str, bytes, Jsonb]]
    unchanged: int


class Prepared(NamedTuple):
    """One record ready to be stored: its id, the hash of its canonical payload, and the payload as JSON."""

    id: str
    digest: bytes
    body: bytes


def prepare(records: Iterable[RawRecord], volatile: frozenset[str]) -> list[Prepared]:
    """Hash and serialise records. Of one id twice the last is kept.

    The hash is SHA-256 over the payload with sorted keys and without the museum's volatile ones.
    """
    return list({record.id: _prepared(record, volatile) for record in records}.values())


def _prepared(record: RawRecord, volatile: frozenset[str]) -> Prepared:
    kept = dict(record.payload)
    changing = {key: kept.pop(key) for key in volatile if key in kept}
    body = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(body).digest()
    if changing:
        # Two objects without a common key joined as text: serialising the large one twice cost a fifth of a harvest.
        body = body[:-1] + (b"," if kept else b"") + orjson.dumps(changing)[1:]
    # Postgres cannot hold U+0000 in text, so it is dropped (seen in scanned descriptions).
    return Prepared(record.id, digest, body if b"\\u0000" not in body else orjson.dumps(_without_nul(record.payload)))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list) else value


def compare(conn: Connection, museum: str, records: Sequence[Prepared]) -> Compared:
    """Look up what of these records is stored already, and how."""
    rows = conn.execute(
        "SELECT record_id, payload_hash, withdrawn_at IS NOT NULL AS withdrawn FROM raw.record"
        " WHERE museum = %s AND record_id = ANY(%s)",
        (museum, tuple(record.id for record in records)),
    )
    there = {row["record_id"]: (row["payload_hash"], row["withdrawn"]) for row in rows}
    new = [(museum, *r[:2], _jsonb(r.body)) for r in records if r.id not in there]
    changed = [(*r[:2], _jsonb(r.body)) for r in records if r.id in there and there[r.id] != (r.digest, False)]
    return Compared(new, changed, len(records) - len(new) - len(changed))


def store(conn: Connection, museum: str, batch: Compared) -> Stored:
    """Store a batch in the caller's transaction: what is new by COPY, what changed by one UPDATE."""
    if batch.new:
        copy_rows(conn, "raw.record", ("museum", *COLUMNS), ("text", *TYPES), batch.new)
    if batch.changed:
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS harvest_batch (record_id text, payload_hash bytea, payload jsonb)"
            " ON COMMIT DELETE ROWS"
        )
        copy_rows(conn, "harvest_batch", COLUMNS, TYPES, batch.changed)
        conn.execute(query("harvest_changed"), {"museum": museum})
    return Stored(len(batch.new), len(batch.changed), batch.unchanged)


def _jsonb(body: bytes) -> Jsonb:
    return Jsonb(body, dumps=bytes)  # it is JSON already
