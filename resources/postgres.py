"""The platform's Postgres: connections, migrations and the locks that keep two runs off one museum's stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, cast

import orjson
import psycopg
from psycopg.adapt import Dumper
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Format
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from museum_assets.failures import MuseumError
from resources.binary_rows import text_array
from sql import MIGRATIONS

Connection = psycopg.Connection[dict[str, Any]]
LOCK_SECONDS = 3
"""How long a run waits for the lock of a museum's stage before it calls the stage busy."""
NOT_AN_ADDRESS = (
    "not a Postgres address: it must read postgresql://user:password@host:port/database, with / ? # @ : % in the "
    "password written as %2F %3F %23 %40 %3A %25"
)


class DatabaseUnavailable(MuseumError):
    """Postgres could not be reached or went away. Finished work is kept; running again goes on from there."""


class Busy(MuseumError):
    """Another run holds the lock of this museum's stage."""


class BadAddress(MuseumError, ValueError):
    """A connection URL is none. The message never quotes it, since a password may be anywhere in it."""


def postgres_url(url: str) -> str:
    """Return the URL as libpq takes it: SQLAlchemy's driver suffix is dropped. Raises BadAddress."""
    scheme, _, rest = url.partition("://")
    if scheme.partition("+")[0] not in {"postgresql", "postgres"}:
        raise BadAddress("not a Postgres address: it must begin with postgresql://")
    plain = f"postgresql://{rest}"
    _parts(plain)
    return plain


def _parts(url: str) -> dict[str, str]:
    """Return libpq's own reading of a URL, which allows several hosts and sockets. Raises BadAddress."""
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise BadAddress(NOT_AN_ADDRESS) from None
    host, name, ports = parts.get("host", ""), parts.get("dbname", ""), parts.get("port", "")
    # What follows an unescaped / or @ of a password is read as port, database or host, which connection errors quote.
    strayed = "@" in name or ("@" in host and not host.startswith("/"))
    if strayed or not all(port.isdigit() for port in ports.split(",") if port):
        raise BadAddress(NOT_AN_ADDRESS)
    return parts


def place(url: str) -> str:
    """Return host and database of a connection URL, without user or password; never raises."""
    try:
        parts = _parts(postgres_url(url))
    except BadAddress:
        return "an address that is not Postgres's"
    host, port = parts.get("host", "/"), parts.get("port")
    host = "local socket" if host.startswith("/") else host
    return f"{host}{f':{port}' if port else ''}/{parts.get('dbname', '')}"


def advice(url: str, error: Exception, variable: str = "DATABASE_URL") -> str:
    """Say what to do about a lost or refused connection."""
    return (
        f"Postgres at {place(url)} cannot be used: {str(error).strip()}. Check that it runs (`museum up` starts the "
        f"embedded one) and that {variable} is right, then run again: finished work is kept."
    )


class TextArrayDumper(Dumper):
    """Texts to a text[] in binary, for COPY; psycopg's own, for nested lists of anything, takes four times as long."""

    format = Format.BINARY
    oid = 1009

    def dump(self, obj: Sequence[str]) -> bytes:
        """Return the array as COPY takes it."""
        return text_array(obj)


class Database:
    """Where the platform's tables are. Cheap to make; connects when asked. Raises BadAddress.

    `variable` is the setting that errors advise to look at.
    """

    def __init__(self, url: str, variable: str = "DATABASE_URL") -> None:
        # SQLAlchemy's driver suffix is accepted so that one variable serves every tool.
        self.url = postgres_url(url)
        self.variable = variable

    @contextmanager
    def connect(self, *, autocommit: bool = True) -> Iterator[Connection]:
        """Open a connection with rows as dicts; writers use `conn.transaction()` blocks.

        Raises DatabaseUnavailable when Postgres is or goes away.
        """
        try:
            with psycopg.connect(self.url, autocommit=autocommit, row_factory=dict_row, connect_timeout=10) as conn:
                set_json_loads(orjson.loads, conn)
                conn.adapters.register_dumper(tuple, TextArrayDumper)
                yield conn
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseUnavailable(advice(self.url, error, self.variable)) from error

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


def migrate(url: str, museums: Mapping[str, Sequence[str]], *, withdrawal_grace_days: int = 7) -> None:
    """Bring the database to the newest schema and give every museum its partitions. Safe to repeat.

    `museums` are the slugs of each kind that `ops.partitioned_table` names.
    """
    database = Database(url)
    apply_migrations(database, MIGRATIONS)
    with database.connect() as conn:
        for kind, slugs in museums.items():
            for slug in slugs:
                conn.execute("SELECT ops.add_museum(%s, %s)", (slug, kind))
        conn.execute(
            "UPDATE ops.setting SET value = %s WHERE name = 'withdrawal_grace_days' AND value <> %s",
            [str(withdrawal_grace_days)] * 2,
        )


def apply_migrations(database: Database, folder: Path) -> None:
    """Apply what a folder of migrations has and the database has not. Raises DatabaseUnavailable."""
    from yoyo import get_backend, read_migrations

    # Not yoyo's own lock: that is a row, which a killed process leaves behind for somebody to break by hand.
    with database.connect() as guard:
        guard.execute("SELECT pg_advisory_lock(hashtextextended('migrate', 0))")
        try:
            backend = get_backend(database.url.replace("postgresql://", "postgresql+psycopg://", 1))
            backend.apply_migrations(backend.to_apply(read_migrations(str(folder))))
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable(advice(database.url, error, database.variable)) from error


def scalar(conn: Connection, statement: Any, params: Any = None) -> Any:
    """Return the only value of the first row."""
    row = conn.execute(statement, params).fetchone()
    return next(iter(cast(dict[str, Any], row).values()))
