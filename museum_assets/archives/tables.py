"""The tables of a declared source, made from its declaration: one an import, a parent of them all, and a view."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from museum_assets.archives.schema import Source
from museum_assets.failures import Failure
from resources.postgres import Connection
from sql import query

SCHEMA = "archive"


class Tables:
    """Names and statements of one source's tables."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.view = sql.Identifier(SCHEMA, source.name)
        self.parent_name = f"{source.name}__all"
        self.parent = sql.Identifier(SCHEMA, self.parent_name)

    def of(self, import_id: int) -> sql.Identifier:
        """Return the table of one import."""
        return table_of(self.source.name, import_id)

    def prepare(self, conn: Connection) -> None:
        """Make parent and view as the declaration has them, in the caller's transaction.

        A new column is added. Raises Failure(changed_type) for one that has become another type.
        """
        have = self._columns(conn)
        want = {name: column.sql_type for name, column in self.source.columns.items()}
        if not have:
            columns = sql.SQL(", ").join(self._definition(name, kind) for name, kind in want.items())
            conn.execute(sql.SQL(query("archive_parent")).format(parent=self.parent, columns=columns))
        for name, kind in want.items():
            if have and name not in have:
                conn.execute(sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(self.parent, self._definition(name, kind)))
            elif have and have[name] != kind:
                raise Failure(
                    f"the column {name} of {self.source.name} was {have[name]} and is declared as {kind} now. Give the "
                    f"column another name, or roll back every import and drop {SCHEMA}.{self.parent_name}.",
                    code="changed_type",
                    permanent=True,
                )
        kept = [name for name in self._columns(conn) if name not in ("import_id", "position")]
        columns = sql.SQL(", ").join(map(sql.Identifier, kept))
        view = sql.SQL(query("archive_view"))
        conn.execute(view.format(view=self.view, columns=columns, parent=self.parent, source=self.source.name))

    def create(self, conn: Connection, import_id: int) -> None:
        """Make the table of an import, which nobody sees yet."""
        statement = "CREATE TABLE {} (LIKE {}, CHECK (import_id = {}))"
        conn.execute(sql.SQL(statement).format(self.of(import_id), self.parent, import_id))

    def copy(self, conn: Connection, import_id: int, texts: Iterable[Any]) -> None:
        """Write rows that are COPY text already. Raises Failure(refused_by_postgres)."""
        names = ("import_id", "position", *self.source.columns)
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        statement = sql.SQL("COPY {} ({}) FROM STDIN (ENCODING 'UTF8')").format(self.of(import_id), columns)
        try:
            with conn.cursor() as cursor, cursor.copy(statement) as copy:
                for text in texts:
                    copy.write(text)
        except psycopg.DataError as error:
            # What conform() lets through that Postgres does not take: a bug here, and no reason to lose a row silently.
            raise Failure(f"Postgres refused a row of {self.source.name}: {error}. Nothing of its batch is loaded.",
                          code="refused_by_postgres", permanent=True) from error  # fmt: skip

    def deduplicate(self, conn: Connection, import_id: int) -> None:
        """Leave one row for each key, the first, and make the key an index; in the caller's transaction."""
        if not self.source.keys:
            return
        try:
            with conn.transaction():
                self._index(conn, import_id)
        except psycopg.errors.UniqueViolation:
            keys = sql.SQL(", ").join(map(sql.Identifier, self.source.keys))
            conn.execute(
                sql.SQL(query("archive_deduplicate")).format(keys=keys, table=self.of(import_id)), {"id": import_id}
            )
            self._index(conn, import_id)

    def attach(self, conn: Connection, import_id: int) -> None:
        """Put an import's table among those that readers can see."""
        statement = "ALTER TABLE {} ATTACH PARTITION {} FOR VALUES IN ({})"
        conn.execute(sql.SQL(statement).format(self.parent, self.of(import_id), import_id))

    def _index(self, conn: Connection, import_id: int) -> None:
        # In byte order, which is three times faster to sort than a language's.
        keys = sql.SQL(", ").join(
            sql.SQL('{} COLLATE "C"' if self.source.columns[key].type == "text" else "{}").format(sql.Identifier(key))
            for key in self.source.keys
        )
        # Sorting a few million keys in 64 MB goes through files.
        conn.execute("SET LOCAL maintenance_work_mem = '256MB'")
        conn.execute(sql.SQL("CREATE UNIQUE INDEX ON {} ({})").format(self.of(import_id), keys))

    def _columns(self, conn: Connection) -> dict[str, str]:
        found = conn.execute(query("archive_table_columns"), {"table": f"{SCHEMA}.{self.parent_name}"})
        return {row["name"]: row["type"] for row in found}

    @staticmethod
    def _definition(name: str, kind: str) -> sql.Composed:
        return sql.SQL("{} " + kind).format(sql.Identifier(name))  # type: ignore[arg-type] # one of four words of ours


def table_of(source: str, import_id: int) -> sql.Identifier:
    """Return the table of one import of a source, which need no longer be declared."""
    return sql.Identifier(SCHEMA, f"{source}__{import_id}")


def drop(conn: Connection, source: str, import_id: int) -> None:
    """Drop the table of an import with all its rows."""
    conn.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table_of(source, import_id)))
