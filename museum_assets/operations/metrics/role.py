"""The role of who watches: it counts, and sees no payload, no message and no row of a release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import psycopg
from psycopg import sql
from psycopg.errors import (
    DuplicateObject,
    InsufficientPrivilege,
    InvalidParameterValue,
    UndefinedObject,
    UndefinedTable,
    UniqueViolation,
)

from museum_assets import catalogue
from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from resources.postgres import Connection, Database

WATCHER = "museum_metrics"
REFUSED = (UndefinedObject, InvalidParameterValue, UndefinedTable, InsufficientPrivilege)
"""No such role, for GRANT and for SET ROLE; no table, no right."""
Grants = Mapping[str, str]
"""Table -> the columns that may be read."""

_INPUTS = {f"ops.{spec.view}": "museum, record_id, input_hash" for spec in catalogue.stages() if spec.books is None}
PLATFORM: Grants = {
    "ops.schema_version": "version_num",
    "ops.ledger": "museum, stage, record_id, input_hash, contract, outcome, code, permanent, attempted_at",
    "raw.record": "museum, record_id, fetched_at, withdrawn_at",
    "ops.harvest": "id, museum, state, started_at, ended_at",
    "ops.host_rate": "host, rate, ceiling, slowed_until",
    "ops.dead_letter": "source, museum, state, arrived_at",
    "ops.notice": "id, channels, fingerprint, round_at",
    "candidate.made": "museum, made_at",
    **_INPUTS,
}
PRODUCTION: Grants = {
    "production.schema_version": "version_num",
    "production.current_release": "museum, release_id, committed_at",
    "production.release": "museum, state",
    "production.promotion": "museum, action, at",
}
DAGSTER: Grants = {"public.runs": "pipeline_name, partition, status, create_timestamp, start_time, end_time"}


class NoWatcher(MuseumError):
    """The login cannot count as the role of who watches."""


def make_watcher(database: Database, grants: Grants) -> bool:
    """Make the role and give it its rights, also on what is new. Safe to repeat; returns whether it was missing.

    Raises NoWatcher where the login may not, and DatabaseUnavailable.
    """
    role = sql.Identifier(WATCHER)
    with database.unchecked().connect() as conn:
        new = conn.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", (WATCHER,)).fetchone() is None
        try:
            # The role is the server's: another process may make it for another database at this moment.
            with suppress(DuplicateObject, UniqueViolation), conn.transaction():
                if new:
                    conn.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
            with conn.transaction():
                # Two at once would write one row of the catalog, which Postgres calls an internal error.
                conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('museum_metrics', 0))")
                for schema in dict.fromkeys(table.partition(".")[0] for table in grants):
                    conn.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(schema), role))
                for table, columns in grants.items():
                    conn.execute(_grant(table, columns))
        except REFUSED as error:
            raise _none(database, error) from error
    return new


def _grant(table: str, columns: str) -> sql.Composed:
    return sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
        _names(columns), sql.Identifier(*table.split(".")), sql.Identifier(WATCHER)
    )


@contextmanager
def watching(database: Database, grants: Grants) -> Iterator[Connection]:
    """Open a connection that has given up all rights but those of who watches, and only reads.

    Raises NoWatcher, and as `Database.connect` does.
    """
    with database.connect() as conn:
        try:
            _take_role(conn, grants)
        except REFUSED:
            # A migration may have made a view anew, without the rights on the old one.
            conn.execute("RESET ROLE")
            with suppress(MuseumError):
                make_watcher(database, grants)
            try:
                _take_role(conn, grants)
            except REFUSED as error:
                raise _none(database, error) from error
        conn.execute("SET default_transaction_read_only = on")
        # The books of a stage are a join of as many rows as it has inputs.
        conn.execute("SET work_mem = '64MB'")
        try:
            yield conn
        except REFUSED as error:
            raise _none(database, error) from error


def _take_role(conn: Connection, grants: Grants) -> None:
    conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(WATCHER)))
    for table, columns in grants.items():
        conn.execute(sql.SQL("SELECT {} FROM {} LIMIT 0").format(_names(columns), sql.Identifier(*table.split("."))))


def _names(columns: str) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns.split(", ")))


def _none(database: Database, error: psycopg.Error) -> NoWatcher:
    return NoWatcher(
        f"The login in {database.variable} ({address_label(database.url)}) cannot count as {WATCHER}: "
        f"{error.diag.message_primary}. Run `museum init` with a login that owns the tables and may make roles, and "
        f"make this login a member of {WATCHER}"
    )
