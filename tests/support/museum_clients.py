"""Clients of a museum that a test's own server plays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from resources.museum_http import MuseumClient
from resources.rate_limit import RateLimiter
from tests.support.scripted_server import ScriptedServer

Connect = Callable[..., MuseumClient]


@pytest.fixture
def connect(server: ScriptedServer, pool: ConnectionPool) -> Iterator[Connect]:
    """Make clients with options of the test's choice, all of one museum."""
    host = f"{uuid4()}.test"
    made: list[MuseumClient] = []

    def new(**options: object) -> MuseumClient:
        defaults: dict[str, Any] = {
            "limiter": RateLimiter(pool, host, 100_000),
            "user_agent": "test/1",
            "headers": {},
            "timeout": 5.0,
            "attempts": 3,
            "backoff": 0.001,
        }
        made.append(MuseumClient("smk", server.base, **defaults | options))
        return made[-1]

    yield new
    for client in made:
        client.close()
