"""Storing notices: each occurrence is counted once, and repeats within a window make one notice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from museum_assets.dead_letters.letters import storable
from museum_assets.notices.notice import Occurrence
from resources.copying import copy_rows
from resources.postgres import Connection
from sql import query

OCCURRENCE_COLUMNS = ("event", "partition", "asset", "reason", "message", "run_id", "at")
OCCURRENCE_TYPES = ("text", "text", "text", "text", "text", "text", "timestamptz")


def record(conn: Connection, occurrences: Iterable[Occurrence], channels: Sequence[str], window_minutes: int) -> int:
    """Count the occurrences that were not counted before; return how many notices are new or changed.

    A notice is told on `channels` once per window.
    """
    with conn.transaction():
        conn.execute(query("notices.batch"))
        copy_rows(conn, "notice_batch", OCCURRENCE_COLUMNS, OCCURRENCE_TYPES, map(_row, occurrences))
        touched = conn.execute(query("notices.fold"), {"channels": list(channels), "window": window_minutes}).rowcount
        conn.execute("TRUNCATE notice_batch")
    return touched


def _row(found: Occurrence) -> tuple[Any, ...]:
    return (*(storable(getattr(found, name)) for name in OCCURRENCE_COLUMNS[:-1]), found.at)


def list_notices(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the latest notices. Each has `channels`: {channel: {state, attempts, message, next_attempt_at}}."""
    return conn.execute(query("notices.list"), {"limit": limit}).fetchall()
