"""What the stages are compared with: the least Postgres can do with the bytes, and one transaction per record."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from psycopg import sql
from psycopg.types.json import Jsonb

from bench.collection import MUSEUM
from bench.measuring import rate
from museum_assets.collection.artworks.mapping import ARTWORK_COLUMNS, packed_row, row_hash, staged_values
from museum_assets.collection.harvest.raw_store import prepare
from museum_assets.museums.museum import RawRecord
from museum_assets.museums.smk import Smk
from resources.copying import copy_rows
from resources.postgres import Connection, Database


def bare_copy(database: Database, records: Sequence[RawRecord]) -> Callable[[], float]:
    """Return a measurement of one binary COPY of the ready-made bytes into a table of the same types, no index."""
    rows = [(MUSEUM, r.id, r.digest, Jsonb(r.body, dumps=bytes)) for r in prepare(records, frozenset())]

    def copy(conn: Connection) -> None:
        with conn.transaction():
            columns = ("museum", "record_id", "payload_hash", "payload")
            copy_rows(conn, "bare", columns, ("text", "text", "bytea", "jsonb"), rows)

    def measure() -> float:
        with database.connect() as conn:
            conn.execute("CREATE TABLE bare (museum text, record_id text, payload_hash bytea, payload jsonb)")
            conn.execute("CHECKPOINT")
            measured = rate(len(rows), lambda: copy(conn))
            conn.execute("DROP TABLE bare")
        return measured

    return measure


def store_each(conn: Connection, records: Sequence[RawRecord]) -> None:
    """Store record by record: look whether it is there and changed, then write it, each in its transaction."""
    for record in records:
        _store_one(conn, record)


def _store_one(conn: Connection, record: RawRecord) -> None:
    ((_, digest, body),) = prepare([record], Smk.volatile_keys)
    with conn.transaction():
        known = conn.execute(
            "SELECT payload_hash FROM raw.record WHERE museum = %s AND record_id = %s", (MUSEUM, record.id)
        ).fetchone()
        if known is None or known["payload_hash"] != digest:
            conn.execute(
                "INSERT INTO raw.record (museum, record_id, payload_hash, payload) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT (museum, record_id) DO UPDATE SET payload_hash = excluded.payload_hash,"
                " payload = excluded.payload",
                (MUSEUM, record.id, digest, Jsonb(body, dumps=bytes)),
            )


def transform_each(conn: Connection, record_ids: Sequence[str]) -> None:
    """Transform record by record the same way; unlike the stage this keeps no ledger and minds no duplicates."""
    for record_id in record_ids:
        _transform_one(conn, record_id)


def _transform_one(conn: Connection, record_id: str) -> None:
    with conn.transaction():
        raw = conn.execute(
            "SELECT seq, payload FROM raw.record WHERE museum = %s AND record_id = %s", (MUSEUM, record_id)
        ).fetchone()
        assert raw is not None
        values = staged_values(Smk().read(raw["payload"]), record_id)
        digest = row_hash(packed_row(values, raw["seq"]))
        known = conn.execute(
            "SELECT row_hash FROM staging.artwork WHERE museum = %s AND record_id = %s", (MUSEUM, record_id)
        ).fetchone()
        if known is None or known["row_hash"] != digest:
            statement = sql.SQL("INSERT INTO staging.artwork ({}) VALUES ({}) ON CONFLICT DO NOTHING").format(
                sql.SQL(", ").join(map(sql.Identifier, ARTWORK_COLUMNS)),
                sql.SQL(", ").join(sql.Placeholder() * len(ARTWORK_COLUMNS)),
            )
            conn.execute(statement, (*values, raw["seq"], digest))
