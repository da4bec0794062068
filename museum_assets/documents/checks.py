"""The check of documents."""

from __future__ import annotations

from museum_assets.core.findings import SAMPLE, Finding
from resources.postgres import Connection, scalar
from sql import query


def documents_stored(conn: Connection, slug: str) -> Finding:
    """Every document that the ledger calls done is in its table."""
    rows = conn.execute(query("documents.not_stored"), {"museum": slug}).fetchall()
    if not rows and not scalar(conn, "SELECT count(*) FROM documents.file WHERE museum = %s", (slug,)):
        return Finding.nothing(f"no document of {slug} was read; put one into its bucket (docs/files.md)")
    stages = " ".join(sorted({row["stage"] for row in rows}))
    return Finding(
        passed=not rows,
        description=f"{len(rows)} documents are called done but not stored: run "
        f"`museum run {stages} --museum {slug} --force`"
        if rows
        else "every document that is called done is stored",
        metadata={"count": len(rows), "first": rows[:SAMPLE]},
    )
