"""The candidate: what the next release of a museum would be, made from staging in one transaction.

The asset staging_database holds it, in the schema `candidate`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, LiteralString

from psycopg import sql
from psycopg.errors import LockNotAvailable
from psycopg.types.json import Jsonb

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.core.failures import MuseumError
from museum_assets.releases import commands
from museum_assets.releases.rows import connected, hashed
from museum_assets.releases.schema import CANDIDATE, Table, require_same_shape, tables_of
from resources.postgres import Connection, Database, scalar
from sql import query

ROWS: dict[str, LiteralString] = {
    "artwork": query("releases_candidate.artwork"),
    "artist": query("releases_candidate.artist"),
    "artwork_artist": query("releases_candidate.artwork_artist"),
    "thumbnail": query("releases_candidate.thumbnail"),
    "index_status": query("releases_candidate.index_status"),
    "artist_identity": query("releases_candidate.artist_identity"),
    "artwork_identity": query("releases_candidate.artwork_identity"),
    "artwork_place": query("releases_candidate.artwork_place"),
    "artwork_material": query("releases_candidate.artwork_material"),
    "artwork_subject": query("releases_candidate.artwork_subject"),
    "exhibition": query("releases_candidate.exhibition"),
    "review": query("releases_candidate.review"),
    "incident": query("releases_candidate.incident"),
}
"""The tables of a release, with the statement that makes the rows of each from staging."""

CORRECTIONS = "corrections"
"""Among the counts of candidates and releases: how many corrections of people they contain. Without any, it is not."""


class NoCandidate(MuseumError):
    """No candidate was staged for this museum."""


def stage_candidate(platform: Database, production: Database, museum: str) -> dict[str, int]:
    """Make a museum's candidate anew; return the rows of each table. Raises ShapeDrift and Busy.

    Where people corrected something, the corrections that it contains are counted beside the tables.
    """
    with platform.lock(museum, CANDIDATE), connected(platform) as conn, production.connect() as production_conn:
        require_same_shape(conn, production_conn)
        with conn.transaction():
            counts = {table.name: _make(conn, table, museum) for table in tables_of(production_conn, museum)}
            params = {"museum": museum, "stage": transformed_artworks.name}
            corrected = {CORRECTIONS: count} if (count := scalar(conn, query("corrections.applied"), params)) else {}
            conn.execute(
                query("releases_candidate.note_made"),
                {"museum": museum, "counts": Jsonb(counts | corrected)},
            )
        for table in counts:
            conn.execute(sql.SQL("ANALYZE {}").format(sql.Identifier("candidate", f"{museum}_{table}")))
    return counts | corrected


def _make(conn: Connection, table: Table, museum: str) -> int:
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    _empty(conn, sql.Identifier("candidate", f"{museum}_{table.name}"))
    statement = sql.SQL(query("releases_candidate.fill")).format(
        table=table.candidate, columns=columns, row_hash=hashed(table), rows=sql.SQL(ROWS[table.name])
    )
    return conn.execute(statement, {"museum": museum}).rowcount


def _empty(conn: Connection, table: sql.Identifier) -> None:
    """Empty a table: at once where nobody reads it, else row by row, since a backup may read it for hours."""
    try:
        with conn.transaction():
            conn.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE NOWAIT").format(table))
            conn.execute(sql.SQL("TRUNCATE {}").format(table))
    except LockNotAvailable:
        conn.execute(sql.SQL("DELETE FROM {}").format(table))


def made(conn: Connection, museum: str) -> dict[str, Any]:
    """Return when the candidate was made and how many rows each table has. Raises NoCandidate."""
    row = conn.execute("SELECT made_at, counts FROM candidate.made WHERE museum = %s", (museum,)).fetchone()
    if row is None:
        raise NoCandidate(f"{museum} has no candidate: run {commands.stage(museum)}, then this again")
    return row


def made_at(conn: Connection, museum: str) -> datetime:
    """Return when the candidate was made. Raises NoCandidate."""
    return made(conn, museum)["made_at"]  # type: ignore[no-any-return]
