"""The databases of the platform in a backup: dumped from one snapshot each, restored whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from museum_assets.core.postgres_address import address_label
from museum_assets.core.progress import OnLine
from museum_assets.operations.backup.inventory import (
    SCHEMAS,
    Scope,
    sequences,
    snapshot,
    steady,
    table_contents,
    table_differences,
)
from museum_assets.operations.backup.manifest import DatabaseContent
from museum_assets.operations.backup.places import Place
from museum_assets.operations.backup.streams import read_stream, store_stream
from resources import migrations, postgres_programs
from resources.platform import Platform
from resources.postgres import Connection, Database
from resources.postgres_programs import find_program, server_major
from sql import query
from sql.migrations import PLATFORM, PRODUCTION, History


@dataclass(frozen=True, slots=True)
class Kept:
    """One database that is backed up: its name in the manifest, where it is, which of its schemas are meant.

    `histories` are those that its schema versions belong to.
    """

    name: str
    database: Database
    scope: Scope
    histories: tuple[History, ...] = ()

    @property
    def selection(self) -> list[str]:
        """The options of pg_dump for it."""
        option = "--schema" if self.scope.inside else "--exclude-schema"
        return [f"{option}={schema}" for schema in self.scope.schemas]

    @property
    def label(self) -> str:
        """How messages name it."""
        return f"the database {self.name} ({address_label(self.database.url)})"


@dataclass(frozen=True, slots=True)
class Open:
    """A database within its snapshot."""

    kept: Kept
    conn: Connection
    snapshot: str


def kept_databases(platform: Platform) -> dict[str, Kept]:
    """Return the databases, by name. Production is one of its own only where it lies elsewhere. Raises NotRunning."""
    # Unchecked: what is restored into is empty, and what is backed up is compared by `require_newest`.
    database, production = platform.database().unchecked(), platform.production().unchecked()
    dagster = Database(platform.settings.dagster_postgres_url or "", "DAGSTER_POSTGRES_URL")
    if production.url == database.url:
        found = [Kept("platform", database, Scope(SCHEMAS), (PLATFORM, PRODUCTION))]
    else:
        found = [
            Kept("platform", database, Scope(SCHEMAS), (PLATFORM,)),
            Kept("production", production, Scope((PRODUCTION.schema,)), (PRODUCTION,)),
        ]
    # Dagster's tables lie in whatever schema its address says; the platform's may be beside them.
    return {kept.name: kept for kept in [*found, Kept("dagster", dagster, Scope(SCHEMAS, inside=False))]}


@contextmanager
def opened(kept: Kept) -> Iterator[Open]:
    """Open a database's snapshot. Raises DatabaseUnavailable."""
    with snapshot(kept.database) as (conn, name):
        yield Open(kept, conn, name)


def require_newest(kept: dict[str, Kept]) -> None:
    """Raise as `resources.migrations.require_newest` does unless every schema is this version's."""
    for each in kept.values():
        for history in each.histories:
            migrations.require_newest(each.database, history)


def dump_database(place: Place, source: Open, on_progress: OnLine) -> DatabaseContent:
    """Write a database into a backup, as of its snapshot. Raises PostgresProgramError."""
    kept, conn = source.kept, source.conn
    major = server_major(conn)
    program = find_program("pg_dump", major)
    # Undone at its end, which gives back its locks: until then nobody empties a table between the look and the dump.
    with conn.transaction(force_rollback=True):
        # Before the dump: a sequence is no part of a snapshot, and what the dump finds later is never behind.
        values = sequences(conn, kept.scope)
        tables = table_contents(conn, kept.scope)
        on_progress(f"database {kept.name}: {sum(t.rows for t in tables.values()):,} rows in {len(tables)} tables")
        chunks = postgres_programs.dump(program, kept.database, source.snapshot, kept.selection)
        files = store_stream(place, f"databases/{kept.name}.dump", chunks)
    on_progress(f"database {kept.name}: {sum(file.bytes for file in files):,} bytes")
    return DatabaseContent(
        server=major,
        program=program.major,
        versions={each.name: migrations.revision(kept.database, each) for each in kept.histories},
        tables=tables,
        sequences=values,
        files=files,
    )


def restore_database(place: Place, kept: Kept, content: DatabaseContent, on_progress: OnLine) -> list[str]:
    """Bring a database back and return where it differs from what the manifest says; nothing when it does not.

    Raises PostgresProgramError and Damaged, and then the database is as empty as before.
    """
    with kept.database.connect() as conn:
        major = server_major(conn)
    restorer, psql = find_program("pg_restore", content.program), find_program("psql", major)
    postgres_programs.restore(restorer, psql, kept.database, read_stream(place, content.files))
    with kept.database.connect() as conn, steady(conn):
        conn.execute("ANALYZE")
        found = table_contents(conn, kept.scope)
        lines = table_differences(content.tables, found) + _sequence_differences(kept, content, conn)
    on_progress(f"database {kept.name}: {sum(t.rows for t in found.values()):,} rows in {len(found)} tables")
    return [f"{kept.label}: {line}" for line in lines]


def _sequence_differences(kept: Kept, content: DatabaseContent, conn: Connection) -> list[str]:
    found = sequences(conn, kept.scope)
    behind = [name for name, value in content.sequences.items() if (found.get(name) or 0) < (value or 0)]
    wanted = content.sequences
    return [f"sequence {name} stands at {found.get(name)}, the manifest says {wanted[name]}" for name in behind]


def what_is_there(kept: Kept) -> str:
    """Say what a database holds already; empty when it can be restored into."""
    with kept.database.connect() as conn:
        tables = conn.execute(query("backup.tables"), kept.scope.params).fetchall()
        schemas = conn.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", (list(kept.scope.schemas),)
        ).fetchall()
    if not tables and not (kept.scope.inside and schemas):
        return ""
    named = f" in the schemas {', '.join(sorted(row['nspname'] for row in schemas))}" if kept.scope.inside else ""
    return f"{kept.label} holds {len(tables)} tables{named}"
