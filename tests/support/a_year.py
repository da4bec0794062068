"""Days of daily runs as Dagster and the platform write them, copied set-based from one real day to others."""

from __future__ import annotations

from uuid import uuid4

from psycopg import sql

from resources.postgres import Connection, scalar

SHIFT = "+ make_interval(days => %(days)s)"
COPIES = {
    "runs": {
        "run_id": "%(new)s::text",
        "run_body": "replace(run_body, %(run)s::text, %(new)s::text)",
        "create_timestamp": f"create_timestamp {SHIFT}",
        "update_timestamp": f"update_timestamp {SHIFT}",
    },
    "run_tags": {"run_id": "%(new)s::text"},
    "event_logs": {
        "run_id": "%(new)s::text",
        "event": "replace(event, %(run)s::text, %(new)s::text)",
        "timestamp": f"timestamp {SHIFT}",
    },
    "asset_check_executions": {
        "run_id": "%(new)s::text",
        "evaluation_event": "replace(evaluation_event, %(run)s::text, %(new)s::text)",
        "evaluation_event_timestamp": f"evaluation_event_timestamp {SHIFT}",
        "create_timestamp": f"create_timestamp {SHIFT}",
    },
}
"""Dagster's tables, with the columns that differ in the copy of a run."""
PLATFORM_DAY = """
WITH moment AS (SELECT %(began)s::timestamptz + make_interval(days => %(day)s) AS at),
harvests AS (
    INSERT INTO ops.harvest (museum, state, started_at, ended_at, counts)
    SELECT museum, 'complete', at, at, jsonb_build_object('scopes', repeat('x', 400))
    FROM moment, unnest(ARRAY['smk', 'met']) AS museum
), letters AS (
    INSERT INTO ops.dead_letter (source, museum, place, reasons, body, arrived_at, state, settled_at, settled_by)
    SELECT 'kiosk_stream', 'lmnh', format('%%s:%%s', %(day)s::int, n), '{unknown_site}',
           decode(repeat('ab', 500), 'hex'), at, 'replayed', at, 'live_feedback'
    FROM moment, generate_series(1, 200) AS n
), notices AS (
    INSERT INTO ops.notice (partition, asset, reason, message, run_id, first_at, last_at, seen, round_at, channels)
    SELECT 'smk', 'raw_metadata', format('%%s:%%s', %(day)s::int, n), repeat('y', 300), '', at, at, 1, at, '{mail}'
    FROM moment, generate_series(1, 20) AS n
)
INSERT INTO ops.notice_event (event, seen_at)
SELECT format('%%s:%%s', %(day)s::int, n), at
FROM moment, generate_series(1, 100) AS n
"""


def copy_run(conn: Connection, run: str, days: int = 1) -> str:
    """Write a run of Dagster's once more, as if it had run so many days later; return the id of the copy."""
    new = str(uuid4())
    for table, changed in COPIES.items():
        columns = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attname <> 'id'"
        names = [row["attname"] for row in conn.execute(columns, (table,))]
        values = [sql.SQL(changed[name]) if name in changed else sql.Identifier(name) for name in names]  # type: ignore[arg-type]
        statement = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} WHERE run_id = %(run)s::text ORDER BY id").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(values),
            sql.Identifier(table),
        )
        conn.execute(statement, {"run": run, "new": new, "days": days})
    return new


def size(conn: Connection, schema: str) -> int:
    """Return the bytes of a schema's tables after a vacuum, which the server's autovacuum does otherwise."""
    conn.execute("VACUUM")
    tables = "SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace"
    return sum(
        scalar(conn, "SELECT pg_total_relation_size(%s)", (row["oid"],)) for row in conn.execute(tables, (schema,))
    )
