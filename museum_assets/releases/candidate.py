"""staging_database: what the next release would be, made from staging in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from museum_assets.failures import MuseumError
from museum_assets.releases.rows import connected, hashed
from museum_assets.releases.schema import CANDIDATE, Table, require_same_shape, tables_of
from resources.postgres import Connection, Database
from sql import query


class NoCandidate(MuseumError):
    """staging_database was never made for this museum."""


def make_candidate(platform: Database, production: Database, museum: str) -> dict[str, int]:
    """Make a museum's candidate anew; return the rows of each table. Raises ShapeDrift and Busy."""
    with platform.lock(museum, CANDIDATE), connected(platform) as conn, production.connect() as theirs:
        require_same_shape(conn, theirs)
        with conn.transaction():
            counts = {table.name: _make(conn, table, museum) for table in tables_of(theirs, museum)}
            conn.execute(
                "INSERT INTO candidate.made VALUES (%(museum)s, now(), %(counts)s) ON CONFLICT (museum)"
                " DO UPDATE SET made_at = excluded.made_at, counts = excluded.counts",
                {"museum": museum, "counts": Jsonb(counts)},
            )
        for table in counts:
            conn.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("candidate", f"{museum}_{table}")))
    return counts


def _make(conn: Connection, table: Table, museum: str) -> int:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    conn.execute(sql.SQL("TRUNCATE {}").format(sql.Identifier("candidate", f"{museum}_{table.name}")))
    statement = sql.SQL("INSERT INTO {} (museum, {}, row_hash) SELECT %(museum)s, {}, {} FROM ({}) AS made").format(
        table.candidate, columns, columns, hashed(table), sql.SQL(query(f"candidate_{table.name}"))
    )
    return conn.execute(statement, {"museum": museum}).rowcount


def made(conn: Connection, museum: str) -> dict[str, Any]:
    """Return when the candidate was made and how many rows each table has. Raises NoCandidate."""
    row = conn.execute("SELECT made_at, counts FROM candidate.made WHERE museum = %s", (museum,)).fetchone()
    if row is None:
        raise NoCandidate(f"{museum} has no candidate: materialize staging_database, then run this again")
    return row


def made_at(conn: Connection, museum: str) -> datetime:
    """Return when the candidate was made. Raises NoCandidate."""
    return made(conn, museum)["made_at"]  # type: ignore[no-any-return]
