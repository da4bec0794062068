"""Checks of one museum's artworks that Postgres alone can answer."""

from __future__ import annotations

from typing import LiteralString

from museum_assets.core.findings import SAMPLE, Finding
from resources.postgres import Connection, scalar
from sql import query


def _finding(conn: Connection, statement: LiteralString, slug: str, good: str, bad: str) -> Finding:
    rows = conn.execute(statement, {"museum": slug}).fetchall()
    if not rows and not scalar(conn, "SELECT count(*) FROM staging.artwork WHERE museum = %s", (slug,)):
        return Finding.nothing(f"{slug} has no artworks")
    return Finding(
        passed=not rows,
        description=f"{len(rows)} {bad}" if rows else good,
        metadata={"count": len(rows), "first": rows[:SAMPLE]},
    )


def required_fields(conn: Connection, slug: str) -> Finding:
    """Every artwork has the fields that an artwork must have."""
    return _finding(
        conn, query("artworks.incomplete"), slug, "every artwork is complete", "artworks lack a required field"
    )


def plausible_years(conn: Connection, slug: str) -> Finding:
    """Every artwork's years are in order, and none lies in the future."""
    return _finding(
        conn, query("artworks.impossible_years"), slug, "all years are plausible", "artworks have impossible years"
    )


def unique_identifiers(conn: Connection, slug: str) -> Finding:
    """Every object number and every internal id belongs to one artwork."""
    return _finding(
        conn, query("artworks.shared_identifiers"), slug, "all identifiers are unique", "identifiers are used twice"
    )
