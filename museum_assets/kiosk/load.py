"""Loads presses: COPY into TEMP tables, then INSERT … SELECT into the tables, in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, LiteralString

import numpy as np
from psycopg import sql
from psycopg.errors import UniqueViolation

from museum_assets.core.failures import MuseumError
from museum_assets.kiosk.files.clock import Array
from museum_assets.kiosk.files.order import pack_columns
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.binary_rows import SIGNATURE, TRAILER
from resources.postgres import Connection
from sql import query

PressOrigin = Literal["f", "s"]
"""Where a press came from: `f` is a history file, `s` the stream."""

BUTTON_COLUMNS = {"review": "rating", "incident": "incident_type"}
"""The button's column in each table of presses."""
PRESS_WIDTHS = {"at": 8, "kind": 4}
KIND_WIDTHS = {"kind": 4, "site": 4, "button": 2, "occurrence": 2, "file": 2}
"""Columns of the staging tables, with their size in bytes. What many presses share is staged once, as a kind."""
POSTGRES_EPOCH = 946_684_800_000_000
"""Microseconds from 1970 to 2000."""


@dataclass(frozen=True, slots=True)
class LoadCounts:
    """How many staged presses were new, and how many the tables had already."""

    loaded: int
    duplicate: int


@dataclass(frozen=True, slots=True)
class EncodedPresses:
    """Presses in COPY's binary format: bytes by staging table, counts by table, and the first and last time."""

    bodies: Mapping[str, bytes]
    counts: Mapping[str, int]
    span: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StagedPresses:
    """What the staging tables hold: presses by table, and per table whether it has no press of their time span yet."""

    slug: str
    origin: PressOrigin
    counts: Mapping[str, int]
    fresh: Mapping[str, bool]


def encode_presses(rows: Array) -> EncodedPresses:
    """Encode presses for COPY, whole columns at a time: 0.1 us a press, against 2 us row by row.

    `rows` is an array with the fields `at` (microseconds since 1970), `site`, `val`, `type` (ignored unless `val` is
    negative), `occurrence` and `file` (a number of the caller's choice). Rows sorted by `at` are written fastest.
    """
    rated = rows["val"] >= 0
    button = np.where(rated, rows["val"], rows["type"])
    kind, first = _kinds(rated, rows["site"], button, rows["occurrence"], rows["file"])
    each = {"kind": np.arange(len(first)), "button": button[first]}
    each |= {name: rows[name][first] for name in ("site", "occurrence", "file")}
    bodies, counts = {"kind": _binary(KIND_WIDTHS, each)}, {}
    for table, mask in (("review", rated), ("incident", ~rated)):
        counts[table] = int(mask.sum())
        bodies[table] = _binary(PRESS_WIDTHS, {"at": rows["at"][mask] - POSTGRES_EPOCH, "kind": kind[mask]})
    span = {"first": int(rows["at"].min()), "last": int(rows["at"].max())} if len(rows) else {}
    return EncodedPresses(bodies, counts, span)


def _kinds(*columns: Array) -> tuple[Array, Array]:
    """Return (the number of each row's combination of columns, one row for each combination)."""
    numbers = pack_columns(*columns)
    if numbers is None:  # wider columns than any museum has: a kind for each row is correct too
        numbers = np.arange(len(columns[0]))
    different = np.unique(numbers)
    kind = np.searchsorted(different, numbers)
    first = np.empty(len(different), np.int64)
    first[kind] = np.arange(len(kind))
    return kind, first


def _binary(widths: Mapping[str, int], columns: Mapping[str, Array]) -> bytes:
    """Return rows of integers in COPY's binary format; `widths` are their sizes in bytes."""
    fields = [("fields", ">i2")]
    for name, width in widths.items():
        fields += [(f"{name}_size", ">i4"), (name, f">i{width}")]
    rows = np.empty(len(columns["kind"]), np.dtype(fields))
    rows["fields"] = len(widths)
    for name, width in widths.items():
        rows[f"{name}_size"] = width
        rows[name] = columns[name]
    return rows.tobytes()


@contextmanager
def first_load(conn: Connection, museum: KioskMuseum) -> Iterator[bool]:
    """Yield True when the museum has no presses yet. The block's presses are then neither logged nor looked up.

    Other sessions wait for the museum's tables until the transaction ends. The unique keys are built after the block,
    which halves the time of five million presses. Raises MuseumError when a press was loaded twice.
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


def stage_presses(
    conn: Connection, museum: KioskMuseum, origin: PressOrigin, presses: EncodedPresses, *, first: bool = False
) -> StagedPresses:
    """COPY presses into TEMP tables, emptied when the transaction ends. `first` is what `first_load` yielded."""
    conn.execute(query("kiosk_presses.kinds"))
    for table in BUTTON_COLUMNS:
        conn.execute(_named(query("kiosk_presses.batch"), table))
    for table, body in presses.bodies.items():
        if body:
            copying = sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(_staging(table))
            with conn.cursor() as cursor, cursor.copy(copying) as copy:
                copy.write(SIGNATURE)
                copy.write(body)
                copy.write(TRAILER)
    fresh: Mapping[str, bool] = dict.fromkeys(BUTTON_COLUMNS, True)
    if presses.span and not first:
        params = {"museum": museum.slug, "origin": origin, **presses.span}
        fresh = conn.execute(query("kiosk_presses.fresh"), params).fetchone() or fresh
    return StagedPresses(museum.slug, origin, presses.counts, fresh)


def load_staged(conn: Connection, staged: StagedPresses) -> LoadCounts:
    """Move the staged presses into kiosk.review and kiosk.incident, in the caller's transaction.

    Raises psycopg's NotNullViolation when a site has no exhibition; the caller leaves such rows out.
    """
    conn.execute(query("kiosk_presses.lock_exhibitions"), {"museum": staged.slug})
    loaded = sum(_insert(conn, staged, table) for table, count in staged.counts.items() if count)
    conn.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(map(_staging, ("kind", *BUTTON_COLUMNS)))))
    return LoadCounts(loaded, sum(staged.counts.values()) - loaded)


def _insert(conn: Connection, staged: StagedPresses, table: str) -> int:
    insert = query("kiosk_presses.insert")
    own = sql.Identifier("kiosk", f"{staged.slug}_{table}")
    params = {"museum": staged.slug, "origin": staged.origin}
    if staged.fresh[table]:
        # ON CONFLICT looks up every key before writing it, which halves the speed. With no press in the time span,
        # only repeated rows or another transaction can conflict, and the unique key notices both.
        try:
            with conn.transaction():
                return conn.execute(_named(insert, table, own=own, conflict=sql.SQL("")), params).rowcount
        except UniqueViolation:
            pass
    conflict = sql.SQL("ON CONFLICT DO NOTHING")
    return conn.execute(_named(insert, table, own=own, conflict=conflict), params).rowcount


def known_presses(conn: Connection, staged: StagedPresses) -> Counter[int]:
    """Count the staged presses that the tables have already, by `file`."""
    known: Counter[int] = Counter()
    params = {"museum": staged.slug, "origin": staged.origin}
    for table, count in staged.counts.items():
        if count and not staged.fresh[table]:
            rows = conn.execute(_named(query("kiosk_presses.known"), table), params)
            known.update({row["file"]: row["known"] for row in rows})
    return known


def remove_staged(conn: Connection, staged: StagedPresses) -> int:
    """Delete the staged presses from kiosk.review and kiosk.incident; return how many were there."""
    removed = 0
    params = {"museum": staged.slug, "origin": staged.origin}
    for table, count in staged.counts.items():
        if count:
            own = sql.Identifier("kiosk", f"{staged.slug}_{table}")
            removed += conn.execute(_named(query("kiosk_presses.remove"), table, own=own), params).rowcount
    return removed


def _staging(table: str) -> sql.Identifier:
    return sql.Identifier(f"kiosk_staged_{table}")


def _named(statement: LiteralString, table: str, **more: sql.Composable) -> sql.Composed:
    """Return the statement for one table of presses."""
    button = BUTTON_COLUMNS[table]
    return sql.SQL(statement).format(table=sql.Identifier("kiosk", table), staging=_staging(table),
                                     types=_types(button), button=sql.Identifier(button), **more)  # fmt: skip


def _types(button: str) -> sql.Identifier:
    """Return the table with the labels of this button."""
    return sql.Identifier("kiosk", f"{button.removesuffix('_type')}_type")


def known_sites(conn: Connection, slug: str) -> set[int]:
    """Return the museum's sites that have an exhibition."""
    return {row["site"] for row in conn.execute("SELECT site FROM kiosk.exhibition WHERE museum = %s", (slug,))}


def ensure_labels(conn: Connection, museum: KioskMuseum) -> None:
    """Write the registry's labels of ratings and incidents. A label that it no longer has stays."""
    for button, labels in (("rating", museum.ratings), ("incident_type", museum.incidents)):
        statement = sql.SQL(query("kiosk_exhibitions.label_buttons"))
        params = {"museum": museum.slug, "values": list(labels), "labels": list(labels.values())}
        conn.execute(statement.format(types=_types(button), button=sql.Identifier(button)), params)
