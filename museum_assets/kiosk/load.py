"""Presses into the permanent tables: COPY into a TEMP table, then INSERT … SELECT in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import sql
from psycopg.errors import UniqueViolation

from museum_assets.kiosk.museum import KioskMuseum
from resources.postgres import Connection
from sql import query

Origin = Literal["f", "s"]
"""Where a press was read: a history file, or the stream."""

STAGED = ("at", "site", "val", "type", "occurrence", "file")
STAGED_TYPES = ("timestamptz", "int4", "int2", "int2", "int2", "int4")
INSERTS = {"review": "kiosk_insert_reviews", "incident": "kiosk_insert_incidents"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of staged presses: new in the tables, or there already."""

    loaded: int
    duplicate: int


def staging(conn: Connection) -> None:
    """Make the TEMP table `kiosk_staged` (at, site, val, type, occurrence, file) unless it is there.

    `type` is null for a rating; `file` may stay null: it is any number by which the caller tells its files apart.
    Every site must be a known one. The rows go with the transaction.
    """
    conn.execute(
        "CREATE TEMP TABLE IF NOT EXISTS kiosk_staged (at timestamptz, site integer, val smallint, type smallint,"
        " occurrence smallint, file integer) ON COMMIT DELETE ROWS"
    )


def load_staged(conn: Connection, museum: KioskMuseum, origin: Origin) -> Loaded:
    """Move what is staged into kiosk.review and kiosk.incident, in the caller's transaction.

    Rows that come in the order of `at` are written fastest. Raises psycopg's NotNullViolation when a site has no
    exhibition: the caller sets such rows apart before.
    """
    staged = conn.execute(query("kiosk_staged_extent"), {"museum": museum.slug, "origin": origin}).fetchone()
    assert staged is not None
    loaded = sum(
        _insert(conn, INSERTS[table], {"museum": museum.slug, "origin": origin}, fresh=staged[f"fresh_{table}"])
        for table in INSERTS
        if staged[f"{table}s"]
    )
    conn.execute("TRUNCATE kiosk_staged")
    return Loaded(loaded, staged["reviews"] + staged["incidents"] - loaded)


def _insert(conn: Connection, name: str, params: Mapping[str, Any], *, fresh: bool) -> int:
    """Insert from staging; `fresh` means that the tables hold nothing of the time that the staged rows span."""
    statement = sql.SQL(query(name))
    if fresh:
        # ON CONFLICT looks every key up before it writes it, which halves the speed. Where nothing is known there
        # is nothing to conflict with but the rows themselves and another transaction, and the unique key tells.
        try:
            with conn.transaction():
                return conn.execute(statement.format(conflict=sql.SQL("")), params).rowcount
        except UniqueViolation:
            pass
    return conn.execute(statement.format(conflict=sql.SQL("ON CONFLICT DO NOTHING")), params).rowcount


def known_presses(conn: Connection, museum: KioskMuseum, origin: Origin) -> dict[int, int]:
    """Return how many of the staged presses are in the tables already, by `file`."""
    rows = conn.execute(query("kiosk_staged_known"), {"museum": museum.slug, "origin": origin})
    return {row["file"]: row["known"] for row in rows}


def known_sites(conn: Connection, slug: str) -> set[int]:
    """Return the sites that have an exhibition."""
    return {row["site"] for row in conn.execute("SELECT site FROM kiosk.exhibition WHERE museum = %s", (slug,))}


def ensure_types(conn: Connection, museum: KioskMuseum) -> None:
    """Bring the labels of ratings and incidents to what the registry says. A label that it dropped stays."""
    for name, labels in (("kiosk_rating_types", museum.ratings), ("kiosk_incident_types", museum.incidents)):
        conn.execute(query(name), {"museum": museum.slug, "values": list(labels), "labels": list(labels.values())})
