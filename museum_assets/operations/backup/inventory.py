"""What the tables of a database hold: counts and checksums, the same on every server that holds the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg import IsolationLevel, sql

from museum_assets.operations.backup.manifest import TableContent
from museum_assets.releases.rows import STEADY
from resources.postgres import Connection, Database, scalar
from sql import query

SCHEMAS = ("archive", "candidate", "documents", "kiosk", "ops", "production", "raw", "staging")
"""The platform's schemas. Whatever else lies in its database is somebody else's."""
ENDLESS = ("statement_timeout", "idle_in_transaction_session_timeout")
"""Limits of a server that a snapshot, which is open for as long as a backup takes, must not meet."""


class Scope:
    """Which schemas of a database are meant: these, or with `inside` false all but these."""

    def __init__(self, schemas: tuple[str, ...], *, inside: bool = True) -> None:
        self.schemas = schemas
        self.inside = inside

    @property
    def params(self) -> dict[str, object]:
        """The parameters of the queries over it."""
        return {"schemas": list(self.schemas), "inside": self.inside}


@contextmanager
def snapshot(database: Database) -> Iterator[tuple[Connection, str]]:
    """Open a transaction that sees the database as it is now, and export its snapshot for others to see the same."""
    with database.connect() as conn:
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True
        with steady(conn), conn.transaction():
            yield conn, str(scalar(conn, "SELECT pg_export_snapshot()"))


@contextmanager
def steady(conn: Connection) -> Iterator[Connection]:
    """Let a connection print rows alike on every server, and keep it for as long as it is needed."""
    for name, value in {**STEADY, **dict.fromkeys(ENDLESS, "0")}.items():
        conn.execute("SELECT set_config(%s, %s, false)", (name, value))
    yield conn


def table_contents(conn: Connection, scope: Scope) -> dict[str, TableContent]:
    """Return what each table holds, by schema and name."""
    found = conn.execute(query("backup.tables"), scope.params).fetchall()
    return {f"{row['schema']}.{row['name']}": _content(conn, row["schema"], row["name"]) for row in found}


def _content(conn: Connection, schema: str, name: str) -> TableContent:
    statement = sql.SQL(query("backup.content")).format(rows=sql.Identifier(schema, name))
    row = conn.execute(statement).fetchone()
    assert row is not None
    return TableContent(rows=row["rows"], checksum=f"{int(row['summed']):024x}")


def sequences(conn: Connection, scope: Scope) -> dict[str, int | None]:
    """Return the last value of each sequence."""
    return {row["name"]: row["last_value"] for row in conn.execute(query("backup.sequences"), scope.params)}


def table_differences(wanted: dict[str, TableContent], found: dict[str, TableContent]) -> list[str]:
    """Return where a database differs from what a manifest says of it, a line for each table."""
    lines = []
    for name in sorted(wanted | found):
        here, there = found.get(name), wanted.get(name)
        if here is None:
            lines.append(f"table {name} is missing")
        elif there is None:
            lines.append(f"table {name} is not in the backup")
        elif here != there:
            lines.append(
                f"table {name} holds {here.rows:,} rows with checksum {here.checksum}, the manifest says "
                f"{there.rows:,} with {there.checksum}"
            )
    return lines
