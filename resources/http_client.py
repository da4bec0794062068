"""The one maker of HTTP clients: every request has a deadline, every body a cap, and logs show no secret addresses."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import httpx
from httpx._utils import get_environment_proxies

from resources.deadlines import SMALLEST_PACE, Deadline, Pace, Seconds, TimedBackend
from resources.http_bodies import Body, Coding

DEADLINE = 10
"""Times `timeout`: how long a whole request may take when nothing else is said."""
CONNECT_SECONDS = 15.0
MAX_BYTES = 16 * 2**20
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def http_client(
    *,
    timeout: float,
    deadline: float | None = None,
    large_files: bool = False,
    coding: Coding = Coding.ONE,
    max_bytes: int = MAX_BYTES,
    headers: Mapping[str, str] | None = None,
    backend: TimedBackend | None = None,
    **more: Any,
) -> httpx.Client:
    """Return a client whose requests end after `deadline` seconds, by default ten times `timeout` (of silence).

    With `large_files` a body that comes at SMALLEST_PACE or faster may take longer. A body of more than `max_bytes`,
    counted after decompression, is BodyTooLarge. `backend` is given by those who look at the addresses that they
    connect to; they go through no proxy. `more` are httpx's own options.
    """
    whole = deadline or DEADLINE * timeout
    new_deadline: Callable[[], Deadline] = (
        partial(Pace, whole, SMALLEST_PACE) if large_files else partial(Deadline, whole)
    )
    transport = partial(
        Transport, backend or TimedBackend(), new_deadline=new_deadline, coding=coding, max_bytes=max_bytes
    )
    # A proxy has no business with loopback, whatever the environment says.
    proxies = {} if backend else {**get_environment_proxies(), **{f"all://{host}": None for host in LOOPBACK}}
    return httpx.Client(
        transport=transport(),
        mounts={pattern: transport(proxy=proxy) if proxy else None for pattern, proxy in proxies.items()},
        headers={"Accept-Encoding": coding.accepted, **(headers or {})},
        timeout=httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS)),
        **more,
    )


class Transport(httpx.HTTPTransport):
    """httpx's transport, with a deadline for each request (its redirects included) and a bound for each body."""

    def __init__(
        self,
        backend: TimedBackend,
        *,
        new_deadline: Callable[[], Deadline],
        coding: Coding,
        max_bytes: int,
        proxy: str | None = None,
    ) -> None:
        super().__init__(verify=_certificates(), proxy=proxy)
        # httpx has no parameter for it (encode/httpx, 0.28): tests/resources/test_deadlines.py notices a change.
        self._pool._network_backend = backend  # noqa: SLF001
        self._new_deadline = new_deadline
        self._coding = coding
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, of which a redirect may be the second."""
        deadline = request.extensions.get("deadline") or self._new_deadline()
        timeouts = request.extensions.get("timeout") or {}
        request.extensions = {
            **request.extensions,
            "deadline": deadline,
            "timeout": {name: Seconds(timeouts.get(name), deadline) for name in ("connect", "read", "write", "pool")},
        }
        answer = super().handle_request(request)
        return Body.bounded(answer, self._coding, self._max_bytes)


@cache
def _certificates() -> Any:
    # Read once: certifi's file takes 20 ms, and some clients live for one request.
    return httpx.create_ssl_context()


class HostsOnly(logging.Filter):
    """Cuts the addresses in httpx's log of requests down to scheme and host: a webhook's path is a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record's arguments, and let it through."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_host_alone, record.args))
        return True


def _host_alone(value: object) -> object:
    if not isinstance(value, httpx.URL):
        return value
    return f"{value.scheme}://{value.netloc.decode('ascii', 'replace')}"


logging.getLogger("httpx").addFilter(HostsOnly())
