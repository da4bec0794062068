"""The servers that the environment names for tests, in place of the embedded ones.

`DATABASE_TEST_URL` is an address whose role may create databases; `S3_TEST_ENDPOINT` goes with `AWS_ACCESS_KEY_ID` and
`AWS_SECRET_ACCESS_KEY`. (`KAFKA_TEST_SERVERS` is read by `kafka_broker.py`, `QDRANT_TEST_URL` by `vector_indexes.py`.)
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql
from pydantic import SecretStr

from tests.support.new_database import at

NAMES = ("platform", "dagster")


@contextmanager
def given_servers() -> Iterator[dict[str, Any]]:
    """The settings that lead to them. A given Postgres gets two databases for the block.

    Raises psycopg.errors.DuplicateDatabase where a database of their name is there already: it is not ours.
    """
    found: dict[str, Any] = {}
    if endpoint := os.environ.get("S3_TEST_ENDPOINT"):
        secret = SecretStr(os.environ["AWS_SECRET_ACCESS_KEY"])
        found |= {"s3_endpoint_url": endpoint, "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
                  "aws_secret_access_key": secret}  # fmt: skip
    url = os.environ.get("DATABASE_TEST_URL")
    if not url:
        yield found
        return
    made: list[str] = []
    try:
        for name in NAMES:
            _execute(url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            made.append(name)
        yield found | {"database_url": at(url, "platform"), "dagster_postgres_url": at(url, "dagster")}
    finally:
        for name in made:
            _execute(url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _execute(url: str, statement: sql.Composed) -> None:
    """Execute over a connection of its own: a test may stop the server in between."""
    with psycopg.connect(at(url, "postgres"), autocommit=True) as conn:
        conn.execute(statement)
