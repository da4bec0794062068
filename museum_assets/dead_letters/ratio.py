"""The check that not too much of what was read waits for a person."""

from __future__ import annotations

from museum_assets.audit.finding import Finding
from museum_assets.dead_letters.letters import Chosen, count_letters, reasons_of
from museum_assets.dead_letters.sources import SOURCES
from resources.postgres import Connection, scalar
from sql import query


def dead_letter_ratio(conn: Connection, museum: str, source: str, limit: float) -> Finding:
    """Open dead letters of a source are within the limited share of what it has read."""
    counted = SOURCES[source].read
    if counted is None:
        raise ValueError(f"{source} does not say how much it has read")
    read = int(scalar(conn, query(counted), {"museum": museum}))
    chosen = Chosen(source, museum)
    waiting = count_letters(conn, chosen)
    # Nothing read and yet refused is as bad as it gets.
    ratio = waiting / read if read else float(waiting > 0)
    by_reason = {row["reason"]: row["letters"] for row in reasons_of(conn, chosen)}
    advice = f": see `museum dead-letters list --source {source} --museum {museum}`" if waiting else ""
    return Finding(
        passed=ratio <= limit,
        description=f"{waiting} of {read} read wait as dead letters ({ratio:.1%}, limit {limit:.1%}){advice}",
        metadata={"open": waiting, "read": read, "ratio": ratio, "limit": limit, **by_reason},
        warn=True,
    )
