"""What stands before every page: limits, headers, counting, and an answer without a traceback when something breaks."""

from __future__ import annotations

import logging
import time
from collections.abc import MutableMapping
from typing import Any

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from museum_assets.readers.limits import FREE, PAGE, THUMBNAIL, UPLOAD
from museum_assets.readers.problems import Problem, busy, path_of
from museum_assets.readers.site import Site

log = logging.getLogger(__name__)

AT_ONCE = 100
"""Requests in work. Forty have a thread, the others wait for one; whoever comes then is sent away at once."""
HEADERS = {
    # No script and no style but our own files, and nothing that a record could bring along.
    "Content-Security-Policy": "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
UNCOUNTED = ("/static/", "/healthz", "/readyz", "/metrics")


def cost_of(method: str, path: str) -> int:
    """Return what a request costs of its client's limit."""
    if path.startswith(UNCOUNTED):
        return FREE
    if method == "POST":
        return UPLOAD
    return THUMBNAIL if path.startswith("/thumbnails/") else PAGE


class Guard:
    """An ASGI app around the pages."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, sending = time.perf_counter(), _Sending(send, without_body=scope["method"] == "HEAD")
        if scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        request = Request(scope)
        self._in_work += 1
        try:
            if refused := self._refused(request):
                await self._site.problem(request, refused)(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except Exception:
            # No query string: what somebody looked for is nobody's business.
            log.exception("%s %s could not be answered", scope["method"], ascii(path_of(request)))
            if sending.status is None:
                broken = Problem(500, "This could not be answered.")
                await self._site.problem(request, broken)(scope, receive, sending)
        finally:
            self._in_work -= 1
            self._count(scope, sending.status or 0, time.perf_counter() - started)

    def _refused(self, request: Request) -> Problem | None:
        cost = cost_of(request.method, path_of(request))
        if cost == FREE:
            return None
        if self._in_work > AT_ONCE:
            return busy("Many people are asking at this moment. Try again in a few seconds.")
        client = request.client.host if request.client else "local"
        self._site.model.start()
        if seconds := self._site.limits.seconds_to_wait(client, cost):
            return Problem(429, f"Try again in {seconds} seconds.", {"Retry-After": str(seconds)})
        return None

    def _count(self, scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        self._site.metrics.requests.labels(route, str(status)).inc()
        self._site.metrics.seconds.labels(route).observe(seconds)


class _Sending:
    """Sends with HEADERS, without the body where only the head was asked for, and remembers the status."""

    def __init__(self, send: Send, *, without_body: bool) -> None:
        self._send, self._without_body = send, without_body
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        elif self._without_body and message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await self._send(message)
