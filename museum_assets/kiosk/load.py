"""Presses into the permanent tables: COPY into a TEMP table, then INSERT … SELECT in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from psycopg import sql
from psycopg.errors import UniqueViolation

from museum_assets.failures import MuseumError
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


@dataclass(frozen=True, slots=True)
class Staged:
    """What lies in the staging table: how many presses, and whether the tables hold none of the time they span."""

    museum: str
    origin: Origin
    reviews: int
    incidents: int
    fresh: Mapping[str, bool]


@contextmanager
def first_load(conn: Connection, museum: KioskMuseum) -> Iterator[bool]:
    """Yield whether the museum has no presses yet. Then what the block loads is neither logged nor looked up.

    Others wait for the museum's tables until the transaction ends; its presses get their keys after the block. Five
    million take half the time so. Raises MuseumError when a press came twice.
    """
    first = bool((conn.execute("SELECT kiosk.begin_first_load(%s) AS it", (museum.slug,)).fetchone() or {})["it"])
    yield first
    if first:
        try:
            conn.execute("SELECT ops.build_keys(%s, 'kiosk')", (museum.slug,))
        except UniqueViolation as error:
            raise MuseumError(f"a press of {museum.slug} was loaded twice: {error.diag.message_detail}") from error


def _partition(slug: str, table: str) -> sql.Identifier:
    return sql.Identifier("kiosk", f"{slug}_{table}")


def stage(conn: Connection, museum: KioskMuseum, origin: Origin, rows: Array, *, first: bool = False) -> Staged:
    """COPY presses into the TEMP table `kiosk_staged`, which goes with the caller's transaction.

    `rows` is an array with the fields STAGED: `at` in microseconds since 1970; `type` counts only where `val` is
    negative; `file` is any number by which the caller tells its files apart. Rows in the order of `at` are written
    fastest. `first` is what `first_load` said.
    """
    conn.execute(
        "CREATE TEMP TABLE IF NOT EXISTS kiosk_staged (at timestamptz, site integer, val smallint, type smallint,"
        " occurrence smallint, file integer) ON COMMIT DELETE ROWS"
    )
    _copy(conn, rows)
    # Counted here: asking the table for it took a seventh of the whole load.
    reviews = int((rows["val"] >= 0).sum())
    fresh: Mapping[str, bool] = dict.fromkeys(INSERTS, True)
    if len(rows) and not first:
        span = {"first": int(rows["at"].min()), "last": int(rows["at"].max())}
        params = {"museum": museum.slug, "origin": origin, **span}
        fresh = conn.execute(query("kiosk_fresh"), params).fetchone() or fresh
    return Staged(museum.slug, origin, reviews, len(rows) - reviews, fresh)


def _copy(conn: Connection, rows: Array) -> None:
    # The bytes of COPY's binary format are laid out for all rows at once: row by row took 2 us each, this takes 0.1.
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


def load_staged(conn: Connection, staged: Staged) -> Loaded:
    """Move what is staged into kiosk.review and kiosk.incident, in the caller's transaction.

    Raises psycopg's NotNullViolation when a site has no exhibition: the caller sets such rows apart before.
    """
    conn.execute(query("kiosk_referred"), (staged.museum,))
    counts = {"review": staged.reviews, "incident": staged.incidents}
    loaded = sum(_insert(conn, staged, table) for table, count in counts.items() if count)
    conn.execute("TRUNCATE kiosk_staged")
    return Loaded(loaded, staged.reviews + staged.incidents - loaded)


def _insert(conn: Connection, staged: Staged, table: str) -> int:
    template = sql.SQL(query(INSERTS[table]))
    named = _partition(staged.museum, table)
    params = {"museum": staged.museum, "origin": staged.origin}
    if staged.fresh[table]:
        # ON CONFLICT looks every key up before it writes it, which halves the speed. Where nothing is known there
        # is nothing to conflict with but the rows themselves and another transaction, and the unique key tells.
        try:
            with conn.transaction():
                return conn.execute(template.format(table=named, conflict=sql.SQL("")), params).rowcount
        except UniqueViolation:
            pass
    checked = template.format(table=named, conflict=sql.SQL("ON CONFLICT DO NOTHING"))
    return conn.execute(checked, params).rowcount


def known_presses(conn: Connection, staged: Staged) -> dict[int, int]:
    """Return how many of the staged presses are in the tables already, by `file`."""
    if all(staged.fresh.values()):
        return {}
    params = {"museum": staged.museum, "origin": staged.origin}
    return {row["file"]: row["known"] for row in conn.execute(query("kiosk_staged_known"), params)}


def known_sites(conn: Connection, slug: str) -> set[int]:
    """Return the sites that have an exhibition."""
    return {row["site"] for row in conn.execute("SELECT site FROM kiosk.exhibition WHERE museum = %s", (slug,))}


def ensure_types(conn: Connection, museum: KioskMuseum) -> None:
    """Bring the labels of ratings and incidents to what the registry says. A label that it dropped stays."""
    for name, labels in (("kiosk_rating_types", museum.ratings), ("kiosk_incident_types", museum.incidents)):
        conn.execute(query(name), {"museum": museum.slug, "values": list(labels), "labels": list(labels.values())})
