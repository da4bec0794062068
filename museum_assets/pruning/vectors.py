"""The cache of vectors: those that nothing shows any more go, once that has been so for long enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from psycopg import sql

from resources.copying import copy_rows
from resources.platform import Platform
from resources.postgres import scalar
from sql import query

WORK, CANDIDATES = ("ops", "index_status"), ("candidate", "index_status")


def prune_vectors(platform: Platform, kept_days: int, before: datetime, *, dry_run: bool = False) -> int:
    """Delete vectors unused since before then; return how many they are. Note since when others are unused.

    A vector has no age of its own: one made years ago may be on every page. So its days are counted from the night on
    which neither the ledger, nor a candidate, nor a release had it. Raises as `Platform.production` does, and then
    removes nothing.
    """
    now = before + timedelta(days=kept_days)
    with (
        platform.production().connect() as production,
        platform.database().connect() as conn,
        conn.transaction(force_rollback=dry_run),
    ):
        conn.execute(query("pruning.used_vectors"))
        for works in (WORK, CANDIDATES):
            # Before anything was ever staged there are no tables of candidates.
            if scalar(conn, "SELECT to_regclass(%s)", (".".join(works),)):
                conn.execute(sql.SQL(query("pruning.note_used")).format(works=sql.Identifier(*works)))
        # A cursor needs a transaction; with it the releases' vectors are never all in memory.
        with production.transaction(), production.cursor(name="used_vectors") as used:
            used.execute(query("pruning_production.used_vectors"))
            rows = ((row["contract"], row["content"]) for row in used)
            copy_rows(conn, "used_vector", ("contract", "content"), ("text", "bytea"), rows)
        conn.execute("ANALYZE used_vector")
        conn.execute(query("pruning.note_unused"), {"now": now})
        return conn.execute(query("pruning.vectors"), {"before": before}).rowcount
