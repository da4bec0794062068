"""Checks of one museum's harvests, and their row of `museum status`."""

from __future__ import annotations

from typing import Any

from museum_assets.collection.harvest.books import missing
from museum_assets.core.findings import Finding
from museum_assets.loop.books import by_code
from museum_assets.loop.spec import StageSpec
from resources.postgres import Connection
from sql import query

RECENT_DAYS = 14
"""Two weekly schedules: one missed harvest is bad luck, two are not."""


def harvest_books(conn: Connection, slug: str, spec: StageSpec) -> dict[str, Any]:
    """Return a museum's records by what became of them, and how its last harvest ended."""
    row = conn.execute(query("harvest.record_counts"), {"museum": slug}).fetchone()
    last = conn.execute(
        "SELECT state, started_at FROM ops.harvest WHERE museum = %s ORDER BY id DESC LIMIT 1", (slug,)
    ).fetchone()
    assert row is not None
    failed = sum(by_code(conn, slug, spec.name, "failed").values())
    return {
        "inputs": row["done"] + row["withdrawn"] + failed,
        "done": row["done"],
        "withdrawn": row["withdrawn"],
        "failed": failed,
        "harvest": last["state"] if last else "never",
        "harvest_started": last["started_at"].isoformat(timespec="seconds") if last else None,
    }


def harvest_complete(conn: Connection, slug: str, spec: StageSpec) -> Finding:
    """The last harvest met as many entries as the API itself counts, and says how many of them are unreadable."""
    again = spec.again(slug)
    row = conn.execute(query("harvest.last"), {"museum": slug}).fetchone()
    if row is None:
        return Finding(False, f"{slug} was never harvested: run {again}", warn=True)
    counts = row["counts"]
    scopes = counts.get("scopes", {})
    short = missing(scopes)
    metadata = {k: v for k, v in counts.items() if k != "scopes"} | {"scopes": scopes, "state": row["state"]}
    if row["state"] == "complete":
        met = f"every entry of {len(scopes)} scopes was met"
        if counts.get("failed"):
            met += (
                f"; {counts['failed']} are unreadable: `museum dead-letters list --source {spec.name} --museum {slug}`"
            )
        return Finding(True, met, metadata)
    if row["state"] == "open":
        rest = (
            f"{counts['failed']} records to fetch again" if counts.get("failed") else f"{short or 'more pages'} to go"
        )
        text = f"the harvest is not finished ({rest}): run {again}, it goes on from there"
        return Finding(False, text, metadata, warn=True)
    reasons = [f"{n} entries of {scope} were never listed" for scope, n in short.items()]
    reasons += [f"{counts['failed']} records could not be fetched"] if counts.get("failed") else []
    if counts.get("withheld"):
        why = "any of which may be among the entries without an id" if counts.get("nameless") else "too many to believe"
        reasons.append(f"{counts['withheld']} records are missing, {why}: with --force they are withdrawn")
    return Finding(False, f"{'; '.join(reasons)}. Run {again}", metadata)


def harvest_recent(conn: Connection, slug: str, spec: StageSpec) -> Finding:
    """The museum's last complete harvest ended in the last two weeks."""
    # Dagster's freshness of an asset would hide one dead museum among the others.
    again = spec.again(slug)
    row = conn.execute(query("harvest.last_complete"), {"museum": slug, "days": RECENT_DAYS}).fetchone()
    if row is None or row["ended"] is None:
        return Finding(False, f"no harvest of {slug} was ever complete: run {again}", warn=True)
    text = f"the last complete harvest ended {row['ended']:%Y-%m-%d %H:%M %Z}"
    return Finding(row["recent"], text if row["recent"] else f"{text}: run {again}", warn=True)
