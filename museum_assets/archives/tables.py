"""The tables of a declared source: one per import, a parent of them all, and a view of the current import."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.core.failures import Failure
from resources.postgres import Connection
from sql import query

SCHEMA = "archive"


class Tables:
    """Makes and fills the tables of one declared source."""

    def __init__(self, source: DeclaredSource) -> None:
        self.source = source
        self.view = sql.Identifier(SCHEMA, source.name)
        self.parent_name = f"{source.name}__all"
        self.parent = sql.Identifier(SCHEMA, self.parent_name)

    def of(self, import_id: int) -> sql.Identifier:
        """Return the table of one import."""
        return table_of(self.source.name, import_id)

    def prepare(self, conn: Connection) -> None:
        """Make the parent and the view as declared, in the caller's transaction; add columns that are new.

        Raises Failure(changed_type) when a column was declared with another type before.
        """
        existing = self._columns(conn)
        declared = {name: column.sql_type for name, column in self.source.columns.items()}
        if not existing:
            columns = sql.SQL(", ").join(self._definition(name, kind) for name, kind in declared.items())
            conn.execute(sql.SQL(query("archives.create_parent")).format(parent=self.parent, columns=columns))
        for name, kind in declared.items():
            if existing and name not in existing:
                conn.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(self.parent, self._definition(name, kind)))
            elif existing and existing[name] != kind:
                raise Failure(
                    f"the column {name} of {self.source.name} was {existing[name]} and is declared as {kind} now. Give "
                    f"the column another name, or roll back every import and drop {SCHEMA}.{self.parent_name}.",
                    code="changed_type",
                    permanent=True,
                )
        kept = [name for name in self._columns(conn) if name not in ("import_id", "position")]
        columns = sql.SQL(", ").join(map(sql.Identifier, kept))
        view = sql.SQL(query("archives.create_view"))
        conn.execute(view.format(view=self.view, columns=columns, parent=self.parent, source=self.source.name))

    def create(self, conn: Connection, import_id: int) -> None:
        """Make the table of an import; readers do not see it before it is attached."""
        statement = "CREATE TABLE {} (LIKE {}, CHECK (import_id = {}))"
        conn.execute(sql.SQL(statement).format(self.of(import_id), self.parent, import_id))

    def copy(self, conn: Connection, import_id: int, texts: Iterable[Any]) -> None:
        """Write rows that are text for COPY. Raises Failure(refused_by_postgres)."""
        names = ("import_id", "position", *self.source.columns)
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        statement = sql.SQL("COPY {} ({}) FROM STDIN (ENCODING 'UTF8')").format(self.of(import_id), columns)
        try:
            with conn.cursor() as cursor, cursor.copy(statement) as copy:
                for text in texts:
                    copy.write(text)
        except psycopg.DataError as error:
            # conform() let a value through that Postgres does not accept: a bug there, and no row may vanish by it.
            raise Failure(f"Postgres refused a row of {self.source.name}: {error}. Nothing of its batch is loaded.",
                          code="refused_by_postgres", permanent=True) from error  # fmt: skip

    def deduplicate(self, conn: Connection, import_id: int) -> None:
        """Keep the first row of each key and make a unique index of the key, in the caller's transaction."""
        if not self.source.keys:
            return
        try:
            with conn.transaction():
                self._index(conn, import_id)
        except psycopg.errors.UniqueViolation:
            keys = sql.SQL(", ").join(map(sql.Identifier, self.source.keys))
            conn.execute(
                sql.SQL(query("archives.deduplicate")).format(keys=keys, table=self.of(import_id)), {"id": import_id}
            )
            self._index(conn, import_id)

    def attach(self, conn: Connection, import_id: int) -> None:
        """Make an import's table a partition of the parent, so that the view can show it."""
        statement = "ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({})"
        conn.execute(sql.SQL(statement).format(self.parent, self.of(import_id), import_id))

    def _index(self, conn: Connection, import_id: int) -> None:
        # Byte order sorts three times as fast as a language's order.
        keys = sql.SQL(", ").join(
            sql.SQL('{} COLLATE "C"' if self.source.columns[key].type == "text" else "{}").format(sql.Identifier(key))
            for key in self.source.keys
        )
        # With the default 64 MB, sorting a few million keys spills to disk.
        conn.execute("SET LOCAL maintenance_work_mem = '256MB'")
        conn.execute(sql.SQL("CREATE UNIQUE INDEX ON {} ({})").format(self.of(import_id), keys))

    def _columns(self, conn: Connection) -> dict[str, str]:
        found = conn.execute(query("archives.columns"), {"table": f"{SCHEMA}.{self.parent_name}"})
        return {row["name"]: row["type"] for row in found}

    @staticmethod
    def _definition(name: str, kind: str) -> sql.Composed:
        return sql.SQL("{} " + kind).format(sql.Identifier(name))  # type: ignore[arg-type] # one of four constants


def table_of(source: str, import_id: int) -> sql.Identifier:
    """Return the table of one import; its source may no longer be declared."""
    return sql.Identifier(SCHEMA, f"{source}__{import_id}")


def drop(conn: Connection, source: str, import_id: int) -> None:
    """Drop the table of an import, and all its rows with it."""
    conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table_of(source, import_id)))
