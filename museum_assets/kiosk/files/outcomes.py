"""Lists the outcomes of a museum's files."""

from __future__ import annotations

from typing import Any

from resources.postgres import Connection
from sql import query


def list_outcomes(conn: Connection, slug: str, limit: int) -> list[dict[str, Any]]:
    """Return at most `limit` outcomes of a museum's files, newest first."""
    return conn.execute(query("kiosk_files.list"), {"museum": slug, "limit": limit}).fetchall()


def decided_versions(conn: Connection, slug: str) -> dict[tuple[str, str], str]:
    """Return {(key, ETag): outcome} of the history files that need no judgement: loaded, accepted or taken back."""
    rows = conn.execute(query("kiosk_files.decided"), {"museum": slug})
    return {(row["key"], row["etag"]): row["outcome"] for row in rows}


def accept_version(conn: Connection, slug: str, key: str, etag: str) -> None:
    """Have the next load load a version that was held or taken back. Any other version stays as it is."""
    conn.execute(query("kiosk_files.accept"), {"museum": slug, "key": key, "etag": etag})


def count_outcomes(conn: Connection, slug: str) -> list[dict[str, Any]]:
    """Return the number of a museum's files and their books, by kind and outcome."""
    return conn.execute(query("kiosk_files.counts"), {"museum": slug}).fetchall()
