"""Checks of what is known besides the museum."""

from __future__ import annotations

from museum_assets.core.findings import SAMPLE, Finding
from resources.postgres import Connection
from sql import query


def coordinates_possible(conn: Connection, slug: str) -> Finding:
    """Every place lies on earth, and none at 0° north and 0° east, where only missing numbers lie."""
    row = conn.execute(query("enrichments.places"), {"museum": slug, "limit": SAMPLE}).fetchone()
    if not row or not row["places"]:
        return Finding.nothing(f"{slug} names no place whose coordinates are known")
    metadata = {"places": row["places"], "impossible": row["impossible"] or []}
    if not row["wrong"]:
        return Finding(passed=True, description=f"{row['places']} places lie on earth", metadata=metadata)
    return Finding(
        passed=False,
        description=f"{row['wrong']} places of {slug} lie nowhere, such as {row['impossible'][0]}: the authority or "
        "the museum has a wrong number there",
        metadata=metadata,
        warn=True,
    )
