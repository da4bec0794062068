"""Presses into the permanent tables: COPY into a TEMP table, then INSERT … SELECT in the caller's transaction."""

from __future__ import annotations

from collections import Counter
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
from museum_assets.kiosk.order import one_number
from resources.binary_rows import SIGNATURE, TRAILER
from resources.postgres import Connection
from sql import query

Origin = Literal["f", "s"]
"""Where a press was read: a history file, or the stream."""

BUTTONS = {"review": "rating", "incident": "incident_type"}
"""The tables of presses, with the column that says which button it was."""
STAGED = {"at": 8, "kind": 4}
KINDS = {"kind": 4, "site": 4, "button": 2, "occurrence": 2, "file": 2}
"""The columns of the staging tables, with their size in bytes: what many presses share is staged once."""
POSTGRES_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of staged presses: new in the tables, or there already."""

    loaded: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class LaidOut:
    """Presses as the bytes of COPY's binary format, by staging table, with their number and the time they span."""

    bodies: Mapping[str, bytes]
    counts: Mapping[str, int]
    span: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Staged:
    """What lies in the staging tables: how many presses, and whether the tables hold none of the time they span."""

    museum: str
    origin: Origin
    counts: Mapping[str, int]
    fresh: Mapping[str, bool]


def laid_out(rows: Array) -> LaidOut:
    """Lay presses out for COPY, all at once: row by row took 2 us each, this takes 0.1.

    `rows` is an array with the fields `at` (microseconds since 1970), `site`, `val`, `type` (which counts only where
    `val` is negative), `occurrence` and `file`, any number by which the caller tells its files apart. Rows in the
    order of `at` are written fastest.
    """
    rated = rows["val"] >= 0
    button = np.where(rated, rows["val"], rows["type"])
    kind, first = _kinds(rated, rows["site"], button, rows["occurrence"], rows["file"])
    each = {"kind": np.arange(len(first)), "button": button[first]}
    each |= {name: rows[name][first] for name in ("site", "occurrence", "file")}
    bodies, counts = {"kind": _binary(KINDS, each)}, {}
    for table, mask in (("review", rated), ("incident", ~rated)):
        counts[table] = int(mask.sum())
        bodies[table] = _binary(STAGED, {"at": rows["at"][mask] - POSTGRES_EPOCH, "kind": kind[mask]})
    span = {"first": int(rows["at"].min()), "last": int(rows["at"].max())} if len(rows) else {}
    return LaidOut(bodies, counts, span)


def _kinds(*columns: Array) -> tuple[Array, Array]:
    """Number the different combinations of columns; return each row's number, and a row that has each of them."""
    numbers = one_number(*columns)
    if numbers is None:  # columns as wide as no museum has them: a kind for each row is right too
        numbers = np.arange(len(columns[0]))
    different = np.unique(numbers)
    kind = np.searchsorted(different, numbers)
    first = np.empty(len(different), np.int64)
    first[kind] = np.arange(len(kind))
    return kind, first


def _binary(widths: Mapping[str, int], columns: Mapping[str, Array]) -> bytes:
    """Return rows of whole numbers of these sizes in bytes as COPY's binary format has them."""
    fields = [("fields", ">i2")]
    for name, width in widths.items():
        fields += [(f"{name}_size", ">i4"), (name, f">i{width}")]
    laid = np.empty(len(columns["kind"]), np.dtype(fields))
    laid["fields"] = len(widths)
    for name, width in widths.items():
        laid[f"{name}_size"] = width
        laid[name] = columns[name]
    return laid.tobytes()


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
            raise MuseumError(
                f"a press of {museum.slug} was loaded twice ({error.diag.message_detail}): nothing was kept. "
                "Materialize combined_kiosk_data again, then this"
            ) from error


def stage(conn: Connection, museum: KioskMuseum, origin: Origin, presses: LaidOut, *, first: bool = False) -> Staged:
    """COPY presses into TEMP tables, which go with the caller's transaction. `first` is what `first_load` said."""
    conn.execute(query("kiosk_stage_kinds"))
    for table in BUTTONS:
        conn.execute(_named("kiosk_stage", table))
    for table, body in presses.bodies.items():
        if body:
            copying = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(_staging(table))
            with conn.cursor() as cursor, cursor.copy(copying) as copy:
                copy.write(SIGNATURE)
                copy.write(body)
                copy.write(TRAILER)
    fresh: Mapping[str, bool] = dict.fromkeys(BUTTONS, True)
    if presses.span and not first:
        params = {"museum": museum.slug, "origin": origin, **presses.span}
        fresh = conn.execute(query("kiosk_fresh"), params).fetchone() or fresh
    return Staged(museum.slug, origin, presses.counts, fresh)


def load_staged(conn: Connection, staged: Staged) -> Loaded:
    """Move what is staged into kiosk.review and kiosk.incident, in the caller's transaction.

    Raises psycopg's NotNullViolation when a site has no exhibition: the caller sets such rows apart before.
    """
    conn.execute(query("kiosk_referred"), (staged.museum,))
    loaded = sum(_insert(conn, staged, table) for table, count in staged.counts.items() if count)
    conn.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(_staging, ("kind", *BUTTONS)))))
    return Loaded(loaded, sum(staged.counts.values()) - loaded)


def _insert(conn: Connection, staged: Staged, table: str) -> int:
    own = sql.Identifier("kiosk", f"{staged.museum}_{table}")
    params = {"museum": staged.museum, "origin": staged.origin}
    if staged.fresh[table]:
        # ON CONFLICT looks every key up before it writes it, which halves the speed. Where nothing is known there
        # is nothing to conflict with but the rows themselves and another transaction, and the unique key tells.
        try:
            with conn.transaction():
                return conn.execute(_named("kiosk_insert", table, own=own, conflict=sql.SQL("")), params).rowcount
        except UniqueViolation:
            pass
    conflict = sql.SQL("ON CONFLICT DO NOTHING")
    return conn.execute(_named("kiosk_insert", table, own=own, conflict=conflict), params).rowcount


def known_presses(conn: Connection, staged: Staged) -> Counter[int]:
    """Return how many of the staged presses are in the tables already, by `file`."""
    found: Counter[int] = Counter()
    params = {"museum": staged.museum, "origin": staged.origin}
    for table, count in staged.counts.items():
        if count and not staged.fresh[table]:
            rows = conn.execute(_named("kiosk_staged_known", table), params)
            found.update({row["file"]: row["known"] for row in rows})
    return found


def _staging(table: str) -> sql.Identifier:
    return sql.Identifier(f"kiosk_staged_{table}")


def _named(name: str, table: str, **more: sql.Composable) -> sql.Composed:
    """Return a query for one of the tables of presses."""
    button = BUTTONS[table]
    types = sql.Identifier("kiosk", f"{button.removesuffix('_type')}_type")
    return sql.SQL(query(name)).format(table=sql.Identifier("kiosk", table), staging=_staging(table), types=types,
                                       button=sql.Identifier(button), **more)  # fmt: skip


def known_sites(conn: Connection, slug: str) -> set[int]:
    """Return the sites that have an exhibition."""
    return {row["site"] for row in conn.execute("SELECT site FROM kiosk.exhibition WHERE museum = %s", (slug,))}


def ensure_types(conn: Connection, museum: KioskMuseum) -> None:
    """Bring the labels of ratings and incidents to what the registry says. A label that it dropped stays."""
    for name, labels in (("kiosk_rating_types", museum.ratings), ("kiosk_incident_types", museum.incidents)):
        conn.execute(query(name), {"museum": museum.slug, "values": list(labels), "labels": list(labels.values())})
