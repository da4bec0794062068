"""What a row says, as one hash; what a table says, as one checksum that does not depend on the order of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from psycopg import sql

from museum_assets.releases.schema import LOCK_TIMEOUT, Table
from resources.postgres import Connection, Database

STEADY = {"TimeZone": "UTC", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "bytea_output": "hex",
          "extra_float_digits": "1"}  # fmt: skip
"""A row is hashed as Postgres prints it, which these settings decide: two servers must print alike."""


class Content(NamedTuple):
    """How many rows a table has, and a checksum over all of them."""

    rows: int
    checksum: str


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    """Open a connection on which rows are hashed alike everywhere and no lock is waited for long."""
    with database.connect() as conn:
        settle(conn)
        yield conn


def settle(conn: Connection) -> None:
    """Make a connection print rows alike everywhere, and give up on locks before readers pile up behind it."""
    for name, value in {**STEADY, "lock_timeout": LOCK_TIMEOUT}.items():
        conn.execute("SELECT set_config(%s, %s, false)", (name, value))


def hashed(table: Table) -> sql.Composed:
    """Return the expression of a row's hash: SHA-256 over its columns as Postgres prints a row, which quotes them."""
    names = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    return sql.SQL("sha256(convert_to(ROW({})::text, 'UTF8'))").format(names)


def content(conn: Connection, source: sql.Composable, where: sql.Composable, row_hash: sql.Composable) -> Content:
    """Return what the rows of a table amount to; `row_hash` is the expression that is summed up."""
    statement = sql.SQL(
        "SELECT count(*) AS rows,"
        " coalesce(bit_xor(('x' || encode(substr(hash, 1, 8), 'hex'))::bit(64)::bigint), 0) AS mixed,"
        " coalesce(sum(('x' || encode(substr(hash, 9, 7), 'hex'))::bit(56)::bigint), 0) AS summed"
        " FROM (SELECT {} AS hash FROM {} WHERE {}) AS hashed"
    ).format(row_hash, source, where)
    row = conn.execute(statement).fetchone()
    assert row is not None
    return Content(row["rows"], f"{row['mixed'] & (2**64 - 1):016x}{int(row['summed']):024x}")


def candidate_content(conn: Connection, table: Table, museum: str) -> Content:
    """Return what the candidate says of itself: the hashes made with its rows."""
    where = sql.SQL("museum = {}").format(museum)
    return content(conn, table.candidate, where, sql.Identifier("row_hash"))


def slot_content(conn: Connection, table: Table, museum: str, slot: int) -> Content:
    """Return what a slot of production holds, computed from its columns and not from the hashes that came with them."""
    return content(conn, table.leaf(museum, slot), sql.SQL("true"), hashed(table))
