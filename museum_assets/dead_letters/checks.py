"""The check that the share of open dead letters stays within its limit."""

from __future__ import annotations

from museum_assets.core.findings import Finding
from museum_assets.dead_letters.letters import LetterFilter, count_by_reason, count_letters
from museum_assets.dead_letters.sources import LetterSource
from resources.postgres import Connection, scalar


def dead_letter_ratio(conn: Connection, slug: str, source: LetterSource, limit: float) -> Finding:
    """The open dead letters of a source are at most the allowed share of the records that it has read."""
    if source.records_read is None:
        raise ValueError(f"{source.name} does not say how much it has read")
    read = int(scalar(conn, source.records_read, {"museum": slug}))
    its_letters = LetterFilter(source.name, slug)
    waiting = count_letters(conn, its_letters)
    if not read and not waiting:
        return Finding.nothing(f"the source {source.name} of {slug} has read nothing so far")
    # Letters although no record was read count as a share of 100 %.
    ratio = waiting / read if read else float(waiting > 0)
    by_reason = {row["reason"]: row["letters"] for row in count_by_reason(conn, its_letters)}
    advice = f": see `museum dead-letters list --source {source.name} --museum {slug}`" if waiting else ""
    return Finding(
        passed=ratio <= limit,
        description=f"{waiting} of {read} records read are open dead letters ({ratio:.1%}, limit {limit:.1%}){advice}",
        metadata={"open": waiting, "read": read, "ratio": ratio, "limit": limit, **by_reason},
        warn=True,
    )
