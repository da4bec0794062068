"""Production as one reader sees it at one moment: connections of the readers' role, and the live releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import IsolationLevel, sql
from psycopg.errors import InsufficientPrivilege, InvalidParameterValue, UndefinedObject
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

from museum_assets.core.failures import MuseumError
from museum_assets.releases.roles import make_reader
from museum_assets.releases.schema import READER
from museum_assets.search.answer import LiveRelease
from resources.postgres import Connection, Database, DatabaseUnavailable, explained
from sql import query

CONNECTIONS = 12
"""With four, quick answers waited behind slow ones: 95 of 100 came within 204 to 256 ms among 200,000 works, within 162
to 195 with more."""
READY = 4
"""Of these, the ones that are there before anybody asks. Each plans every statement once for itself, 5 ms each."""
SETTINGS = {
    # No question keeps the server, and none waits behind a lock: nothing that a promotion does takes one from readers.
    "statement_timeout": "5s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "30s",
    # A statement over the views of six museums is planned in 3 to 15 ms, and run in one.
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",  # there are more readers than cores
}
WAIT_SECONDS = 10


class NoReaders(MuseumError):
    """The login of readers does not have their role. The message says how it gets it."""


@dataclass(frozen=True, slots=True)
class Now:
    """A transaction in which everything is of one moment, and the live release of each museum."""

    conn: Connection
    live: dict[str, LiveRelease]

    @property
    def releases(self) -> dict[str, int]:
        """The number of each museum's live release."""
        return {museum: each.release for museum, each in self.live.items()}

    @property
    def key(self) -> tuple[tuple[str, int], ...]:
        """The live releases as a key of what is remembered."""
        return tuple(sorted(self.releases.items()))

    def names(self, statement: LiteralString, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the museum and the object number of each row: a thousand rows as mappings took 3 ms of Python."""
        with self.conn.cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(statement, values).fetchall()


class Production:
    """A pool of connections that may read the views of production and nothing else. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            database.url,
            min_size=READY,
            max_size=CONNECTIONS,
            timeout=WAIT_SECONDS,
            open=False,
            configure=self._configure,
            check=_answers,
            kwargs={"autocommit": True, "row_factory": dict_row, "connect_timeout": 10, "prepare_threshold": 0},
        )
        with database.connect() as conn:  # says what is wrong, where a pool would only try again
            self._configure(conn)
        self._pool.open()

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()

    @contextmanager
    def now(self) -> Iterator[Now]:
        """Open a snapshot of production. Raises DatabaseUnavailable, DatabaseRefused when it takes too long."""
        try:
            with self._pool.connection() as conn, conn.transaction():
                rows = conn.execute(query("readers.live")).fetchall()
                live = {
                    row["museum"]: LiveRelease(
                        row["museum"], row["release_id"], row["committed_at"], row["candidate_made_at"], row["works"]
                    )
                    for row in rows
                }
                yield Now(conn, live)
        except PoolTimeout as error:
            raise DatabaseUnavailable(
                f"no connection to production was free for {WAIT_SECONDS} s: too many readers at once, or Postgres is "
                "away. Try again"
            ) from error
        except (psycopg.OperationalError, psycopg.InterfaceError, InsufficientPrivilege) as error:
            raise explained(self.database.url, error, self.database.variable) from error

    def _configure(self, conn: Connection) -> None:
        try:
            take_role(conn)
        except (UndefinedObject, InvalidParameterValue, InsufficientPrivilege):
            with suppress(MuseumError):
                make_reader(self.database)
            try:
                take_role(conn)
            except (UndefinedObject, InvalidParameterValue, InsufficientPrivilege) as error:
                raise NoReaders(
                    f"The login in {self.database.variable} cannot read production as {READER}: "
                    f"{error.diag.message_primary}. Run `museum release roles` with a superuser's login, and make this "
                    f"login a member of {READER}"
                ) from error
        for name, value in SETTINGS.items():
            conn.execute("SELECT set_config(%s, %s, false)", (name, value))
        conn.isolation_level = IsolationLevel.REPEATABLE_READ
        conn.read_only = True


def _answers(conn: Connection) -> None:
    """Ask for nothing, to see whether the connection is still there. The pool's own check prepares that each time."""
    conn.execute("", prepare=False)


def take_role(conn: Connection) -> None:
    """Give up all rights but those of readers, for the rest of the connection."""
    conn.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(READER)))
    # The role is the server's: that it may read this very database shows when it does.
    conn.execute("SELECT count(*) FROM production.live_release")
