"""The platform's Postgres: connections, and the locks that keep two runs off one museum's stage."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, cast

import orjson
import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from museum_assets.core.failures import MuseumError
from museum_assets.core.postgres_address import address_label, postgres_url
from resources.binary_rows import text_array

Connection = psycopg.Connection[dict[str, Any]]
LOCK_SECONDS = 3
"""How long a run waits for the lock of a museum's stage before it calls the stage busy."""


class DatabaseUnavailable(MuseumError):
    """Postgres could not be reached or went away. Finished work is kept; running again goes on from there."""


class Busy(MuseumError):
    """Another run holds the lock of this museum's stage."""


class DiskFull(MuseumError):
    """Postgres has no room left on its disk."""


class DatabaseRefused(MuseumError):
    """Postgres answers and did not do what was asked, such as for a lock, a limit or a conflict."""


class NoSessions(MuseumError):
    """What answers at the address keeps no session: a pooler in transaction mode. Every lock would guard nothing."""


_LOST = ("08", "57P")
"""SQLSTATE classes of a connection that failed, and of a server that stops, starts or drops a database."""
_CONNECTIONS_LEFT, _DISK = "53300", "53100"
_DATA = ("22", "23", "54")
"""SQLSTATE classes of data that Postgres does not take: invalid, in breach of a constraint, beyond a limit."""

# A lost connection is an error, which is told. That it could not be rolled back as well is a warning of three lines.
logging.getLogger("psycopg").setLevel(logging.ERROR)


def refuses_data(error: psycopg.Error) -> bool:
    """Say whether Postgres (or psycopg, before sending) refuses data, so that other rows may well pass."""
    if isinstance(error, psycopg.DataError | psycopg.IntegrityError):
        return True
    return error.sqlstate is not None and error.sqlstate.startswith(_DATA)


def is_outage(state: str | None) -> bool:
    """Say whether an SQLSTATE, None without one, means that no connection could be had or kept."""
    return state is None or state.startswith(_LOST) or state == _CONNECTIONS_LEFT


def words_of(error: Exception) -> str:
    """Return an error of libpq's in one line: it explains a lost connection in three."""
    return " ".join(str(error).split()).rstrip(".")


def unavailable(url: str, error: Exception, variable: str = "DATABASE_URL") -> DatabaseUnavailable:
    """Return what a refused or lost connection means, and what to do about it."""
    return DatabaseUnavailable(
        f"Postgres at {address_label(url)} cannot be used: {words_of(error)}. Check that it runs (`museum up` "
        f"starts the embedded one) and that {variable} is right, then run again: finished work is kept."
    )


def explained(url: str, error: psycopg.Error, variable: str = "DATABASE_URL") -> MuseumError:
    """Return what an operational error, or a refusal, of a connection that was open means, and what to do about it."""
    where, words, state = f"Postgres at {address_label(url)}", words_of(error), error.sqlstate
    if is_outage(state):
        return unavailable(url, error, variable)
    if state == _DISK:
        return DiskFull(
            f"{where} has no room left on its disk: {words}. Free some on the disk that holds its data, then run "
            "again: finished work is kept."
        )
    advice = ""
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        advice = f" Give {variable} the role that `museum migrate` ran with, which owns the tables, then run again."
    return DatabaseRefused(f"{where} refused: {words} [{state}].{advice} Finished work is kept.")


class TextArrayDumper(Dumper):
    """Texts to a text[] in binary, for COPY; psycopg's own, for nested lists of anything, takes four times as long."""

    format = Format.BINARY
    oid = 1009

    def dump(self, obj: Sequence[str]) -> bytes:
        """Return the array as COPY takes it."""
        return text_array(obj)


PROBES = 3
"""How often a first connection asks for what it has set before: a pooler may hand out the same backend by chance."""
_keep_sessions: set[str] = set()
"""The addresses at which this process has seen a session outlive its transactions."""


class Database:
    """Where the platform's tables are. Cheap to make; connects when asked. Raises BadAddress.

    `variable` is the setting that errors advise to look at. `check` is called before each connection, and raises when
    what is there cannot be worked with.
    """

    def __init__(self, url: str, variable: str = "DATABASE_URL", check: Callable[[], None] | None = None) -> None:
        # SQLAlchemy's driver suffix is accepted so that one variable serves every tool.
        self.url = postgres_url(url)
        self.variable = variable
        self._check = check

    def unchecked(self) -> Database:
        """Return the same database without the check, for what makes or compares its schema."""
        return Database(self.url, self.variable)

    @contextmanager
    def connect(self, *, autocommit: bool = True) -> Iterator[Connection]:
        """Open a connection with rows as dicts; writers use `conn.transaction()` blocks.

        Raises DatabaseUnavailable when Postgres is or goes away, NoSessions, DiskFull, DatabaseRefused for what else
        it calls operational and for what the role may not do, and what the check raises.
        """
        if self._check:
            self._check()
        conn = self._open()
        try:
            with conn:
                if self.url not in _keep_sessions:
                    self._require_sessions(conn)
                conn.autocommit = autocommit
                set_json_loads(orjson.loads, conn)
                conn.adapters.register_dumper(tuple, TextArrayDumper)
                yield conn
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.InsufficientPrivilege) as error:
            raise explained(self.url, error, self.variable) from error

    def _open(self) -> Connection:
        try:
            return psycopg.connect(self.url, autocommit=True, row_factory=dict_row, connect_timeout=10)
        except psycopg.Error as error:
            raise unavailable(self.url, error, self.variable) from error

    def _require_sessions(self, conn: Connection) -> None:
        """Raise NoSessions when a setting of this session is gone, or another session's, in a later transaction.

        A pooler before 1.21 ended in DuplicatePreparedStatement; newer ones run on, without a lock that holds.
        """
        with ExitStack() as opened:
            try:
                # With one connection alone, a pooler that is not busy hands out the same backend every time.
                conns = [conn, opened.enter_context(self._open())]
            except DatabaseUnavailable:
                return  # no connection to spare now: the next one asks
            for _ in range(PROBES):
                words = {each: secrets.token_hex(8) for each in conns}
                for each, word in words.items():
                    each.execute("SELECT set_config('museum.probe', %s, false)", (word,), prepare=False)
                # Each twice: two backends in turn would come back to who asked them before.
                found = [
                    scalar(each, "SELECT current_setting('museum.probe', true)", prepare=False) == word
                    for each, word in words.items()
                    for _ in range(2)
                ]
                if not all(found):
                    raise NoSessions(
                        f"{address_label(self.url)} is a pooler that gives each transaction another session of "
                        "Postgres, in which no lock would hold. Nothing was changed. Let the pooler keep sessions "
                        f"(pgbouncer: `pool_mode = session`), or set {self.variable} to the address of Postgres itself"
                    )
        _keep_sessions.add(self.url)

    @contextmanager
    def lock(self, museum: str, stage: str) -> Iterator[Connection]:
        """Hold the one lock of a museum's stage. It goes with the connection, so SIGKILL frees it. Raises Busy.

        What must not happen without the lock is done on the connection it yields: both are lost together.
        """
        name = f"{museum}/{stage}"
        with self.connect() as conn:
            # Postgres notices within moments, not at once, that the connection of a killed run is gone.
            conn.execute("SELECT set_config('lock_timeout', %s, false)", (f"{LOCK_SECONDS}s",))
            try:
                conn.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", (name,))
            except psycopg.errors.LockNotAvailable:
                raise Busy(
                    f"another run is working on {stage} of {museum}: wait for it, or stop it, then run again"
                ) from None
            conn.execute("RESET lock_timeout")
            try:
                yield conn
            finally:
                # Not left to the closing connection: its backend outlives it a little, and the next run found it busy.
                with suppress(psycopg.Error):
                    conn.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (name,))


@contextmanager
def flushed_later(conn: Connection) -> Iterator[None]:
    """Let the transactions inside not wait for the disk; the next one outside waits for all of them.

    For work that commits together with the note of how far it came: should the whole machine fail, its last half
    second is lost with that note, and done again. A killed process or run loses nothing.
    """
    conn.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("RESET synchronous_commit")


def scalar(conn: Connection, statement: Any, params: Any = None, *, prepare: bool | None = None) -> Any:
    """Return the only value of the first row; `prepare` is psycopg's."""
    row = conn.execute(statement, params, prepare=prepare).fetchone()
    return next(iter(cast(dict[str, Any], row).values()))
