"""Image hosts that a test's own server plays, and fetchers of them."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from museum_assets.core.failures import Failure
from museum_assets.images.fetch import ImageFetcher
from resources.rate_limit import RateLimiter
from tests.support.scripted_server import Answer, ScriptedServer
from tests.support.scripted_server import answer as plain

IMAGE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8


def answer(body: bytes = IMAGE, status: int = 200, kind: str | None = "image/jpeg", **headers: str | None) -> Answer:
    """An image, unless something else is said."""
    return plain(body, status, kind, **headers)


Build = Callable[..., ImageFetcher]


@pytest.fixture
def build(server: ScriptedServer, pool: ConnectionPool) -> Iterator[Build]:
    """Make fetchers with options of the test's choice."""
    run = uuid4()
    made: list[ImageFetcher] = []

    def new(*more_hosts: str, **options: object) -> ImageFetcher:
        defaults: dict[str, Any] = {
            "limiter_for": lambda host: RateLimiter(pool, f"{run}.{host}", 100_000),
            "user_agent": "test/1",
            "timeout": 5.0,
            "attempts": 2,
            "backoff": 0.001,
        }
        made.append(ImageFetcher([server.place, *more_hosts], **defaults | options))
        return made[-1]

    yield new
    for fetcher in made:
        fetcher.close()


def failure_of(fetcher: ImageFetcher, url: str) -> Failure:
    with pytest.raises(Failure) as caught:
        fetcher.fetch(url)
    return caught.value


def resolver(*addresses: str) -> Callable[..., list[Any]]:
    def resolve(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve
