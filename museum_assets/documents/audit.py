"""The check of documents that Postgres alone can answer."""

from __future__ import annotations

from museum_assets.audit.finding import SAMPLE, Finding
from resources.postgres import Connection
from sql import query


def documents_stored(conn: Connection, museum: str) -> Finding:
    """Every document that a stage calls done is in its table."""
    rows = conn.execute(query("document_audit"), {"museum": museum}).fetchall()
    stages = sorted({row["stage"] for row in rows})
    return Finding(
        passed=not rows,
        description=f"{len(rows)} documents are called done but not stored: run {' and '.join(stages)} with force"
        if rows
        else "every document that is called done is stored",
        metadata={"count": len(rows), "first": rows[:SAMPLE]},
    )
