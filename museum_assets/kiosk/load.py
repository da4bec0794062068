"""Presses into the permanent tables: COPY into a TEMP table, then INSERT … SELECT in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from psycopg import sql
from psycopg.errors import UniqueViolation

from museum_assets.kiosk.clock import Array
from museum_assets.kiosk.museum import KioskMuseum
from resources.postgres import Connection
from sql import query

Origin = Literal["f", "s"]
"""Where a press was read: a history file, or the stream."""

STAGED = {"at": 8, "site": 4, "val": 2, "type": 2, "occurrence": 2, "file": 4}
"""The columns of the staging table, with their size in bytes."""
POSTGRES_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000."""
INSERTS = {"review": "kiosk_insert_reviews", "incident": "kiosk_insert_incidents"}


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of staged presses: new in the tables, or there already."""

    loaded: int
    duplicate: int


def staging(conn: Connection) -> None:
    """Make the TEMP table `kiosk_staged` (at, site, val, type, occurrence, file) unless it is there.

    `type` counts only where `val` is negative; `file` may stay null: it is any number by which the caller tells its
    files apart. Every site must be a known one. The rows go with the transaction.
    """
    conn.execute(
        "CREATE TEMP TABLE IF NOT EXISTS kiosk_staged (at timestamptz, site integer, val smallint, type smallint,"
        " occurrence smallint, file integer) ON COMMIT DELETE ROWS"
    )


def copy_staged(conn: Connection, rows: Array) -> None:
    """COPY an array with the fields STAGED, `at` in microseconds since 1970, into the staging table.

    The bytes of COPY's binary format are laid out for all rows at once: row by row took 2 us each, this takes 0.1.
    """
    fields = [("fields", ">i2"), *((f"{n}{part}", f">i{size}") for n, w in STAGED.items() for part, size in
                                   (("_size", 4), ("", w)))]  # fmt: skip
    laid = np.empty(len(rows), np.dtype(fields))
    laid["fields"] = len(STAGED)
    for name, width in STAGED.items():
        laid[f"{name}_size"] = width
        laid[name] = rows[name] - POSTGRES_EPOCH if name == "at" else rows[name]
    columns = sql.SQL(", ").join(map(sql.Identifier, STAGED))
    statement = sql.SQL("COPY kiosk_staged ({}) FROM STDIN (FORMAT BINARY)").format(columns)
    with conn.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        copy.write(laid.tobytes())
        copy.write(b"\xff\xff")


def load_staged(conn: Connection, museum: KioskMuseum, origin: Origin) -> Loaded:
    """Move what is staged into kiosk.review and kiosk.incident, in the caller's transaction.

    Rows that come in the order of `at` are written fastest. Raises psycopg's NotNullViolation when a site has no
    exhibition: the caller sets such rows apart before.
    """
    staged = _extent(conn, museum, origin)
    loaded = sum(
        _insert(conn, INSERTS[table], {"museum": museum.slug, "origin": origin}, fresh=staged[f"fresh_{table}"])
        for table in INSERTS
        if staged[f"{table}s"]
    )
    conn.execute("TRUNCATE kiosk_staged")
    return Loaded(loaded, staged["reviews"] + staged["incidents"] - loaded)


def _extent(conn: Connection, museum: KioskMuseum, origin: Origin) -> dict[str, Any]:
    found = conn.execute(query("kiosk_staged_extent"), {"museum": museum.slug, "origin": origin}).fetchone()
    assert found is not None
    return found


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
    extent = _extent(conn, museum, origin)
    if extent["fresh_review"] and extent["fresh_incident"]:
        return {}
    rows = conn.execute(query("kiosk_staged_known"), {"museum": museum.slug, "origin": origin})
    return {row["file"]: row["known"] for row in rows}


def known_sites(conn: Connection, slug: str) -> set[int]:
    """Return the sites that have an exhibition."""
    return {row["site"] for row in conn.execute("SELECT site FROM kiosk.exhibition WHERE museum = %s", (slug,))}


def ensure_types(conn: Connection, museum: KioskMuseum) -> None:
    """Bring the labels of ratings and incidents to what the registry says. A label that it dropped stays."""
    for name, labels in (("kiosk_rating_types", museum.ratings), ("kiosk_incident_types", museum.incidents)):
        conn.execute(query(name), {"museum": museum.slug, "values": list(labels), "labels": list(labels.values())})
