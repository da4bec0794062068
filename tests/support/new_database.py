"""Migrated databases of a test's own, made fast."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

NewDatabase = Callable[[], AbstractContextManager[str]]
numbers = itertools.count(1)


def at(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@contextmanager
def new_database(origin: str, template: str = "platform") -> Iterator[str]:
    """A copy of the migrated, empty database `platform` of this server, or of another one, dropped after the block."""
    admin = at(origin, "postgres")
    name = f"test_{os.getpid()}_{next(numbers)}"
    with psycopg.connect(admin, autocommit=True) as conn:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        conn.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield at(origin, name)
    finally:
        with psycopg.connect(admin, autocommit=True) as conn:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
