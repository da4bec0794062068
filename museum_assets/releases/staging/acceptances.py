"""Drift that a person expects, accepted in advance for one release."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from museum_assets.core.failures import MuseumError
from resources.postgres import Connection
from sql import query


def accept(conn: Connection, museum: str, finding: str, *, by: str, why: str, until: datetime) -> int:
    """Let the museum's next release drift in this way until a moment; return the acceptance's number."""
    if not by.strip() or not why.strip():
        raise MuseumError("an acceptance needs who and why: neither may be empty")
    row = conn.execute(
        query("releases_candidate.accept_drift"),
        {"museum": museum, "finding": finding, "by": by, "why": why, "until": until},
    ).fetchone()
    if row is None:
        raise MuseumError(f"{until:%Y-%m-%d %H:%M %Z} is over: an acceptance has to hold for some time")
    return int(row["id"])


def standing(conn: Connection, museum: str) -> dict[str, dict[str, Any]]:
    """Return {finding: the acceptance that holds now}, without those that expired or served a release."""
    rows = conn.execute(query("releases_candidate.standing_acceptances"), {"museum": museum})
    return {row["finding"]: row for row in rows}


def use(conn: Connection, ids: Sequence[int], release: int) -> None:
    """Note that these acceptances served a release: they hold for no other."""
    conn.execute("UPDATE ops.drift_acceptance SET used_in = %s WHERE id = ANY(%s)", (release, list(ids)))


def moment(text: str) -> datetime:
    """Return the moment that a date or a date with time names, in this machine's zone unless it says another.

    Raises MuseumError.
    """
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise MuseumError(f"{text!r} is no date: write 2030-01-31, or 2030-01-31T12:00") from None
