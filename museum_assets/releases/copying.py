"""Rows from one Postgres to another: a stream of COPY into a stream of COPY, never held."""

from __future__ import annotations

from psycopg import sql

from resources.postgres import Connection


def copy_across(source: Connection, target: Connection, rows: sql.Composable, into: sql.Composable) -> int:
    """Copy what a query returns into a table with its columns, in binary; return how many rows."""
    with (
        source.cursor() as reader,
        target.cursor() as writer,
        reader.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(rows)) as outgoing,
        writer.copy(sql.SQL("COPY {} FROM STDIN (FORMAT BINARY)").format(into)) as incoming,
    ):
        for block in outgoing:
            incoming.write(block)
    return writer.rowcount
