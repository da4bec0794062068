"""What a row says, as one hash; what a table says, as one checksum that does not depend on the order of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from psycopg import sql

from museum_assets.releases.schema import LOCK_TIMEOUT, Table
from resources.postgres import Connection, Database
from sql import query

STEADY = {"TimeZone": "UTC", "DateStyle": "ISO, MDY", "IntervalStyle": "postgres", "bytea_output": "hex",
          "extra_float_digits": "1"}  # fmt: skip
"""A row is hashed as Postgres prints it, which these settings decide: two servers must print alike."""


class TableDigest(NamedTuple):
    """How many rows a table has, and a checksum over all of them: the sum of the first 56 bits of their hashes."""

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
    return sql.SQL(query("releases_rows.row_hash")).format(columns=names)


def content(conn: Connection, source: sql.Composable, where: sql.Composable, row_hash: sql.Composable) -> TableDigest:
    """Return what the rows of a table amount to; `row_hash` is the expression that is summed up."""
    statement = sql.SQL(query("releases_rows.digest"))
    row = conn.execute(statement.format(row_hash=row_hash, rows=source, condition=where)).fetchone()
    assert row is not None
    return TableDigest(row["rows"], f"{int(row['summed']):024x}")


def candidate_digest(conn: Connection, table: Table, museum: str) -> TableDigest:
    """Return what the candidate says of itself: the hashes made with its rows."""
    where = sql.SQL("museum = {}").format(museum)
    return content(conn, table.candidate, where, sql.Identifier("row_hash"))


def slot_digest(conn: Connection, table: Table, museum: str, slot: int) -> TableDigest:
    """Return what a slot of production holds, computed from its columns and not from the hashes that came with them."""
    return content(conn, table.leaf(museum, slot), sql.SQL("true"), hashed(table))
