"""Keeping notices: counting what happened, once, and folding repeats into rounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from museum_assets.dead_letters.letters import storable
from museum_assets.loop.ledger import copy_rows
from museum_assets.notices.notice import Occurrence
from resources.postgres import Connection
from sql import query

COLUMNS = ("event", "partition", "asset", "reason", "message", "run_id", "at")
TYPES = ("text", "text", "text", "text", "text", "text", "timestamptz")
FORGET = timedelta(days=90)
FORGET_EVENTS = timedelta(days=7)
"""A sensor reads on from where its last tick ended; nobody reads again what is older than this."""


def note(conn: Connection, occurrences: Iterable[Occurrence], channels: Sequence[str], window_minutes: int) -> int:
    """Count occurrences that are not counted yet, in one transaction; return how many notices they touched.

    `channels` are those that are owed a round that begins now. Old notices are forgotten on the way.
    """
    with conn.transaction():
        conn.execute(
            "CREATE TEMP TABLE IF NOT EXISTS notice_batch (event text, partition text, asset text, reason text,"
            " message text, run_id text, at timestamptz) ON COMMIT DELETE ROWS"
        )
        copy_rows(conn, "notice_batch", COLUMNS, TYPES, map(_row, occurrences))
        touched = conn.execute(query("notice_fold"), {"channels": list(channels), "window": window_minutes}).rowcount
        conn.execute("TRUNCATE notice_batch")
        conn.execute(query("notice_forget"), {"days": FORGET.days})
        conn.execute(query("notice_event_forget"), {"days": FORGET_EVENTS.days})
    return touched


def _row(found: Occurrence) -> tuple[Any, ...]:
    return (*(storable(getattr(found, name)) for name in COLUMNS[:-1]), found.at)


def list_notices(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Return the latest notices, each with `channels`: {channel: {state, attempts, message, next_attempt_at}}."""
    return conn.execute(query("notice_list"), {"limit": limit}).fetchall()
