"""Bringing a database to the newest schema: the platform's and production's, which may share one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from resources.postgres import Database, explained, scalar
from sql import query
from sql.migrations import PLATFORM, VERSION_TABLE, History

if TYPE_CHECKING:
    import sqlalchemy


class OutdatedDatabase(MuseumError):
    """The database has no version yet, or an earlier one than this version of the platform. Nothing was changed."""


class OlderDatabase(MuseumError):
    """The database holds tables of a version without `schema_version`. Nothing in it was changed."""


class NewerDatabase(MuseumError):
    """A newer version of the platform has migrated the database. Nothing in it was changed."""


def migrate_platform(
    database: Database, museums: Mapping[str, Sequence[str]], *, withdrawal_grace_days: int = 7
) -> None:
    """Bring the platform to the newest schema and give every museum its partitions. Safe to repeat.

    `museums` are the slugs of each kind that `ops.partitioned_table` names. Raises as `upgrade` does.
    """
    upgrade(database, PLATFORM)
    with database.connect() as conn:
        for kind, slugs in museums.items():
            for slug in slugs:
                conn.execute("SELECT ops.add_museum(%s, %s)", (slug, kind))
        conn.execute(
            "UPDATE ops.setting SET value = %s WHERE name = 'withdrawal_grace_days' AND value <> %s",
            [str(withdrawal_grace_days)] * 2,
        )


def upgrade(database: Database, history: History, to: str | None = None) -> None:
    """Bring a history up to a revision, by default its newest. Safe to repeat, also while others do the same.

    Raises OlderDatabase, NewerDatabase or DatabaseUnavailable. A step that did not end leaves nothing behind.
    """
    # Every start asks, and loading Alembic takes longer than all else that a start does here.
    if revision(database, history) == (to or history.newest):
        return
    with migrating(database) as conn:
        require_ours(database, history)
        history.upgrade(conn, to)


def downgrade(database: Database, history: History, to: str | None = None) -> None:
    """Bring a history down to a revision; None drops all that it made. Raises DatabaseUnavailable."""
    with migrating(database) as conn:
        history.downgrade(conn, to)


def revision(database: Database, history: History) -> str | None:
    """Return the revision that a history has in this database, None for none. Raises DatabaseUnavailable."""
    with database.unchecked().connect() as conn:
        there = conn.execute("SELECT to_regclass(%s) AS found", (history.version_table,)).fetchone()
        if not there or there["found"] is None:
            return None
        table = sql.Identifier(history.schema, VERSION_TABLE)
        row = conn.execute(sql.SQL("SELECT version_num FROM {}").format(table)).fetchone()
        return row["version_num"] if row else None


def at_newest(database: Database, history: History) -> Database:
    """Return the database for those who work with it: before it connects, it raises as `require_newest` does.

    Asked once by each process: a run is a process of its own, and a code server is started anew with its version.
    """
    check = partial(_be_newest, database.url, database.variable, history)
    return Database(database.url, database.variable, check)


@cache  # of what passed: an exception is not kept
def _be_newest(url: str, variable: str, history: History) -> None:
    # A reader's role sees views alone, and no version.
    with suppress(psycopg.errors.InsufficientPrivilege):
        require_newest(Database(url, variable), history)


def require_newest(database: Database, history: History) -> None:
    """Raise OutdatedDatabase, OlderDatabase or NewerDatabase unless a history has its newest revision here."""
    if (found := revision(database, history)) == history.newest:
        return
    require_ours(database, history)
    has = f"version {found}" if found else "no tables yet"
    raise OutdatedDatabase(
        f"The schema {history.schema} in {address_label(database.url)} has {has}, and this version of the platform "
        f"works with version {history.newest}. Nothing was changed. Bring the databases up to date with "
        "`museum migrate`, then run again"
    )


@contextmanager
def migrating(database: Database) -> Iterator[sqlalchemy.Connection]:
    """Hold the one lock under which schemas change, and yield the connection that holds it.

    The lock is Postgres's own and goes with the connection, so a killed process leaves nothing to break by hand.
    """
    import sqlalchemy

    def connect() -> Any:
        # Not by SQLAlchemy's reading of the URL, which knows neither several hosts nor a socket beside a user.
        return psycopg.connect(database.url, connect_timeout=10)

    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=connect, poolclass=sqlalchemy.NullPool)
    try:
        with engine.connect() as conn:
            conn.exec_driver_sql("SELECT pg_advisory_lock(hashtextextended('migrate', 0))")
            conn.commit()
            yield conn
    except sqlalchemy.exc.DBAPIError as error:
        if isinstance(error.orig, psycopg.OperationalError | psycopg.InterfaceError):
            raise explained(database.url, error.orig, database.variable) from error
        raise


def require_ours(database: Database, history: History) -> None:
    """Raise OlderDatabase or NewerDatabase unless a history's schema is empty or has a revision that is known."""
    found = revision(database, history)
    if found in history.revisions:
        return
    schema, there = history.schema, address_label(database.url)
    if found is not None:
        raise NewerDatabase(
            f"The schema {schema} in {there} has version {found}, and this version of the platform knows it up to "
            f"{history.newest}. Nothing was changed. Use the version of the platform that migrated it, or a newer one"
        )
    with database.unchecked().connect() as conn:
        tables = scalar(conn, query("migrations.tables"), {"schema": schema, "version_table": VERSION_TABLE})
    if tables:
        raise OlderDatabase(
            f"The schema {schema} in {there} holds tables but no {history.version_table}: a version of the platform "
            "before 0.2 made them, and this one cannot take them over. Nothing was changed. Go on with that "
            f"version, for instance to export releases, or set {database.variable} to an empty database"
        )
