"""The roles of production's database: one that publishes releases, and one that reads what is live.

They hold rights and cannot log in. Whoever is to have the rights gets a login that is a member.
"""

from __future__ import annotations

from contextlib import suppress

import psycopg
from psycopg import sql
from psycopg.errors import (
    DuplicateObject,
    InsufficientPrivilege,
    InvalidGrantOperation,
    LockNotAvailable,
    UniqueViolation,
)

from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label
from museum_assets.releases.schema import LOCK_TIMEOUT, READER, let_read
from resources.postgres import Connection, Database
from sql import query

PUBLISHER = "museum_publisher"
RIGHTS = {
    PUBLISHER: "owns the schema production: stages, promotes, rolls back, prunes",
    READER: "reads the views of production, which show the live releases, and nothing else",
}


class RolesRefused(MuseumError):
    """The login may not make roles or not give away what is in production, or readers are in the way."""


def make_roles(production: Database) -> None:
    """Make the two roles and give each its rights. Safe to repeat, which also gives rights on what is new.

    Needs a login that may make roles and owns production, or a superuser. Raises RolesRefused, DatabaseUnavailable.
    """
    with production.connect() as conn:
        _make_roles(production, conn)


def make_reader(production: Database) -> bool:
    """Make the role of readers alone, where nobody but the platform's own login publishes. Safe to repeat.

    Returns whether it was missing. Raises RolesRefused, DatabaseUnavailable.
    """
    with production.connect() as conn:
        try:
            new = conn.execute("SELECT rolname FROM pg_roles WHERE rolname = %s", (READER,)).fetchone() is None
            # The role is the server's: another process may make it for another database at this moment.
            with suppress(DuplicateObject, UniqueViolation), conn.transaction():
                conn.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(READER)))
            with conn.transaction():
                conn.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
                let_read(conn)  # first: it lets one process at a time do both
                conn.execute(sql.SQL("GRANT USAGE ON SCHEMA production TO {}").format(sql.Identifier(READER)))
        except InsufficientPrivilege as error:
            raise _refused(production, error) from error
        except LockNotAvailable as error:
            raise _in_the_way(production) from error
    return new


def _refused(production: Database, error: psycopg.Error) -> RolesRefused:
    return RolesRefused(
        f"The login in {production.variable} ({address_label(production.url)}) may not do this: "
        f"{error.diag.message_primary}. Nothing was changed. Use a superuser's login for `museum release roles`"
    )


def _in_the_way(production: Database) -> RolesRefused:
    return RolesRefused(
        f"Readers of production ({address_label(production.url)}) are in the middle of a transaction. Nothing was "
        "changed. Run `museum release roles` again when they are done"
    )


def _make_roles(production: Database, conn: Connection) -> None:
    try:
        with conn.transaction():
            conn.execute("SELECT set_config('lock_timeout', %s, true)", (LOCK_TIMEOUT,))
            there = {row["rolname"] for row in conn.execute("SELECT rolname FROM pg_roles")}
            for role in RIGHTS:
                if role not in there:
                    conn.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
            _give_to_publisher(conn)
            conn.execute(sql.SQL("GRANT USAGE ON SCHEMA production TO {}").format(sql.Identifier(READER)))
            let_read(conn)
    except (InsufficientPrivilege, InvalidGrantOperation) as error:  # the latter says that to the role itself
        raise _refused(production, error) from error
    except LockNotAvailable as error:
        raise _in_the_way(production) from error


def _give_to_publisher(conn: Connection) -> None:
    role = sql.Identifier(PUBLISHER)
    # Only an owner can add the slots of further releases, so rights on tables would not do. The login that gives them
    # away stays a member: it goes on migrating them.
    conn.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
    conn.execute(sql.SQL("GRANT CREATE, TEMPORARY ON DATABASE {} TO {}").format(
        sql.Identifier(conn.info.dbname), role))  # fmt: skip
    conn.execute(sql.SQL("ALTER SCHEMA production OWNER TO {}").format(role))
    for row in conn.execute(query("releases_roles.owned_by_others"), {"role": PUBLISHER}).fetchall():
        statement = f"ALTER {row['kind']} {row['name']} OWNER TO {{}}"  # both as Postgres's catalog writes them
        conn.execute(sql.SQL(statement).format(role))  # type: ignore[arg-type]
    # A prune asks which transactions of readers are open, and Postgres shows a role only its own.
    conn.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(role))
