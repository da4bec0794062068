"""Storing harvested records: new ones by COPY, changed ones by one UPDATE, unchanged ones not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from psycopg.types.json import Jsonb

from museum_assets.loop.ledger import copy_rows
from museum_assets.museums.museum import RawRecord
from resources.postgres import Connection
from sql import query


class Stored(NamedTuple):
    """How many records of a batch were new, changed, back from a withdrawal, or unchanged."""

    new: int
    changed: int
    unchanged: int


def canonical_hash(payload: dict[str, Any], volatile: frozenset[str]) -> bytes:
    """SHA-256 of the payload with sorted keys and without the museum's volatile ones."""
    kept = {key: value for key, value in payload.items() if key not in volatile} if volatile else payload
    return hashlib.sha256(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)).digest()


def dumps(payload: Any) -> bytes:
    r"""Serialise for jsonb. Postgres cannot hold U+0000 in text, so it is dropped (seen in OCR'd descriptions)."""
    body = orjson.dumps(payload)
    return body if b"\\u0000" not in body else orjson.dumps(_without_nul(payload))


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list) else value


def store(conn: Connection, museum: str, records: Iterable[RawRecord], volatile: frozenset[str]) -> Stored:
    """Store a batch in the caller's transaction. Of one id twice in the batch the last is kept."""
    incoming = {r.id: (canonical_hash(r.payload, volatile), r.payload) for r in records}
    known = {
        row["record_id"]: (row["payload_hash"], row["withdrawn"])
        for row in conn.execute(
            "SELECT record_id, payload_hash, withdrawn_at IS NOT NULL AS withdrawn FROM raw.record"
            " WHERE museum = %s AND record_id = ANY(%s)",
            (museum, list(incoming)),
        )
    }
    new = [(museum, id_, digest, _jsonb(body)) for id_, (digest, body) in incoming.items() if id_ not in known]
    changed = [
        (id_, digest, _jsonb(body))
        for id_, (digest, body) in incoming.items()
        if id_ in known and known[id_] != (digest, False)
    ]
    if new:
        columns = ("museum", "record_id", "payload_hash", "payload")
        copy_rows(conn, "raw.record", columns, ("text", "text", "bytea", "jsonb"), new)
    if changed:
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS harvest_batch (record_id text, payload_hash bytea, payload jsonb)"
            " ON COMMIT DELETE ROWS"
        )
        copy_rows(
            conn,
            "harvest_batch",
            ("record_id", "payload_hash", "payload"),
            ("text", "bytea", "jsonb"),
            changed,
        )
        conn.execute(query("harvest_changed"), {"museum": museum})
    return Stored(len(new), len(changed), len(incoming) - len(new) - len(changed))


def _jsonb(payload: Any) -> Jsonb:
    return Jsonb(payload, dumps=dumps)
