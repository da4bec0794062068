"""Storing harvested records: new ones by COPY, changed ones by one UPDATE, unchanged ones not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from museum_assets.core.failures import Failure, Malformed
from museum_assets.museums.entries import as_failure, evidence
from museum_assets.museums.museum import RawRecord
from resources.binary_rows import binary, columns, json, text
from resources.copying import copy_packed
from resources.postgres import Connection
from sql import query

RAW_COLUMNS = ("museum", "record_id", "payload_hash", "payload")


class StoreCounts(NamedTuple):
    """How many records of a batch were new, changed (or back from a withdrawal), and unchanged."""

    new: int
    changed: int
    unchanged: int


class RawDifference(NamedTuple):
    """How a batch differs from what is stored: packed rows to insert and to update, and how many are unchanged."""

    new: list[bytes]
    changed: list[bytes]
    unchanged: int


class PreparedRecord(NamedTuple):
    """One record ready to be stored: its id, the hash of its canonical payload, and the payload as JSON."""

    id: str
    digest: bytes
    body: bytes


def prepare(records: Iterable[RawRecord], volatile: frozenset[str]) -> list[PreparedRecord]:
    """Return the records hashed and serialised; of two with the same id, the last.

    The hash is SHA-256 over the payload with sorted keys and without the museum's volatile ones.
    """
    return list({record.id: _prepared(record, volatile) for record in records}.values())


def prepare_each(
    records: Sequence[RawRecord], volatile: frozenset[str]
) -> tuple[list[PreparedRecord], dict[str, Failure]]:
    """Return (prepared records, failures by id): as `prepare`, where a record cannot be written as JSON."""
    try:
        return prepare(records, volatile), {}
    except Exception:  # noqa: BLE001 - one of them is at fault, and each is tried below
        prepared: dict[str, PreparedRecord] = {}
        failed: dict[str, Failure] = {}
        for record in records:
            try:
                prepared[record.id] = _prepared(record, volatile)
            except Exception as error:  # noqa: BLE001 - no record stops a harvest
                failed[record.id] = _unwritable(record, error)
        return [record for id_, record in prepared.items() if id_ not in failed], failed


def _unwritable(record: RawRecord, error: Exception) -> Failure:
    """Return why a record cannot be written as JSON: foreseen is what orjson refuses, such as deep nesting."""
    if not isinstance(error, orjson.JSONEncodeError):
        return as_failure(error, record.payload)
    message = f"the record cannot be stored as JSON: {error}"
    return Malformed(message, code="malformed_record", permanent=True, evidence=evidence(record.payload))


def _prepared(record: RawRecord, volatile: frozenset[str]) -> PreparedRecord:
    kept = dict(record.payload)
    changing = {key: kept.pop(key) for key in volatile if key in kept}
    body = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(body).digest()
    if changing:
        # Two objects without a common key joined as text: serialising the large one twice cost a fifth of a harvest.
        body = body[:-1] + (b"," if kept else b"") + orjson.dumps(changing)[1:]
    # Postgres cannot hold U+0000 in text, so it is dropped (seen in scanned descriptions). Most payloads lack even the
    # backslash, and looking for one byte costs a sixth of looking for six.
    if b"\\" in body and b"\\u0000" in body:
        body = orjson.dumps(_without_nul(record.payload))
    return PreparedRecord(record.id, digest, body)


def _without_nul(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, dict):
        return {_without_nul(key): _without_nul(item) for key, item in value.items()}
    return [_without_nul(item) for item in value] if isinstance(value, list) else value


def compare(conn: Connection, slug: str, records: Sequence[PreparedRecord]) -> RawDifference:
    """Return how these records differ from what is stored."""
    params = {"museum": slug, "record_ids": tuple(record.id for record in records)}
    rows = conn.execute(query("harvest.stored"), params)
    stored = {row["record_id"]: (row["payload_hash"], row["withdrawn"]) for row in rows}
    new = _packed(slug, [r for r in records if r.id not in stored])
    changed = _packed(slug, [r for r in records if r.id in stored and stored[r.id] != (r.digest, False)])
    return RawDifference(new, changed, len(records) - len(new) - len(changed))


def all_new(slug: str, records: Sequence[PreparedRecord]) -> RawDifference:
    """Return the difference if all were new, without a look-up. Storing it raises UniqueViolation if one is not."""
    return RawDifference(_packed(slug, records), [], 0)


def _packed(slug: str, records: Iterable[PreparedRecord]) -> list[bytes]:
    start = columns(len(RAW_COLUMNS)) + text(slug)
    return [b"".join((start, text(r.id), binary(r.digest), json(r.body))) for r in records]


def store(conn: Connection, slug: str, batch: RawDifference) -> StoreCounts:
    """Store a batch in the caller's transaction: what is new by COPY, what changed by one UPDATE."""
    if batch.new:
        copy_packed(conn, "raw.record", RAW_COLUMNS, batch.new)
    if batch.changed:
        conn.execute(query("harvest.batch"))
        copy_packed(conn, "harvest_batch", RAW_COLUMNS, batch.changed)
        conn.execute(query("harvest.store_changed"), {"museum": slug})
    return StoreCounts(len(batch.new), len(batch.changed), batch.unchanged)
