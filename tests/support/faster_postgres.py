"""A Postgres that forgets its care for power cuts: tests throw their databases away."""

from __future__ import annotations

import psycopg
from psycopg import sql

# Each test gets a database of a thousand files. Nobody needs them after a power cut: a third of the time.
VALUES = (("fsync", "off"), ("full_page_writes", "off"), ("file_copy_method", "clone"), ("max_wal_size", "256MB"))


def careless(url: str) -> None:
    """Make the server at this URL faster. A killed process still loses nothing."""
    with psycopg.connect(url, autocommit=True) as conn:
        for name, value in VALUES:
            conn.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
        conn.execute("SELECT pg_reload_conf()")
