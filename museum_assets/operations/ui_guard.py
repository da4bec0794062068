"""The guard before Dagster's UI: which requests of browsers and programs reach it.

Dagster executes whatever reaches it, mutations sent by GET included, for every Host and Origin. A web page that is open
in an operator's browser could so launch, roll back and retract. The guard answers these itself:

- a Host that is not one of this UI's: refused, which ends DNS rebinding;
- what a page of another origin sends, websockets included: refused, except for following a link to a page of the UI;
- a POST whose body is not declared as JSON, which a form of another page could send: refused;
- GraphQL by GET: refused; the UI itself uses POST and a websocket;
- bodies without end: refused.

It knows no accounts: docs/operations.md shows the proxy for them.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
"""The names of this machine, which need no setting. Any port: a tunnel may end at another one."""
GRAPHQL = "/graphql"
NO_PAGES = frozenset({"graphql", "logs", "notebook", "dagit", "download_debug", "report_asset_materialization",
                      "report_asset_check", "report_asset_observation"})  # fmt: skip
"""The first parts of paths at which Dagster serves or takes data: no page of another site leads there."""
METHODS = ("GET", "HEAD", "POST")
LARGEST_BODY = 8 << 20
"""Bytes. The largest that the UI sends is a backfill of many partitions, well below 1 MB."""
BODY_SECONDS = 60
DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_ORIGIN = re.compile(r"(https?)://([^/]+)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_log = logging.getLogger(__name__)

HEADERS = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FRAMES = "frame-ancestors 'self'"


class Refused(Exception):
    """A request that the guard answers itself, with a status and the reason."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Authority:
    """Host and port of an address, as `Host` and `Origin` carry them; no port where none is written."""

    name: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> Authority | None:
        """Return the authority that a header writes, None when it writes none."""
        if found := _AUTHORITY.fullmatch(text.strip().lower()):
            return cls(found[1], int(found[2]) if found[2] else None)
        return None

    def at(self, scheme: str) -> tuple[str, int]:
        """Return name and port where an address of this scheme leads."""
        return self.name, self.port or DEFAULT_PORTS[scheme]

    def among(self, others: Sequence[Authority]) -> bool:
        """Tell whether one of the others leads to the same place, by HTTP or HTTPS."""
        return any(self.at(scheme) == other.at(scheme) for other in others for scheme in DEFAULT_PORTS)


def parse_hosts(text: str) -> list[Authority]:
    """Return the hosts of the setting UI_HOSTS, whose form the settings have checked."""
    return [host for part in text.split(",") if (host := Authority.parse(part))]


class Guard:
    """An ASGI app that lets through to another what its own pages and programs of this machine send."""

    def __init__(self, app: ASGIApp, hosts: Sequence[Authority] = ()) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it with the reason for refusing it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            self._check(scope, headers)
            if scope["type"] == "http" and scope["method"] == "POST":
                receive = await _bounded(headers, receive)
        except Refused as refused:
            # No query string, which may hold what was meant to be secret.
            _log.warning("Refused %s %s: %s", scope.get("method", "websocket"), ascii(scope["path"]), refused)
            answer = PlainTextResponse(f"{refused}\n", status_code=refused.status)
            if refused.status == HTTPStatus.METHOD_NOT_ALLOWED:
                answer.headers["Allow"] = "POST" if scope["path"] == GRAPHQL else ", ".join(METHODS)
            await answer(scope, receive, _with_headers(send))
            return
        await self._app(scope, receive, _with_headers(send))

    def _check(self, scope: Scope, headers: Headers) -> None:
        if _CONTROL.search(scope["path"]):
            raise Refused(HTTPStatus.BAD_REQUEST, "The path holds a control character.")
        host = self._host(headers)
        method = scope["method"] if scope["type"] == "http" else None
        if not self._same_origin(headers, host) and not _follows_a_link(scope, method, headers):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "A page of another origin may not use this UI. If that page is this UI under a name of your proxy's, "
                "put the name into UI_HOSTS and start the UI again.",
            )
        if method is None:
            return
        if method not in METHODS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not used here.")
        if method == "POST":
            _check_json(headers)
        elif scope["path"] == GRAPHQL and not _asks_for_the_playground(scope, headers):
            raise Refused(
                HTTPStatus.METHOD_NOT_ALLOWED, "GraphQL is sent by POST, as JSON: a link must not be able to change."
            )

    def _host(self, headers: Headers) -> Authority:
        given = _single(headers, "host")
        host = Authority.parse(given) if given else None
        if host is None or (host.name not in LOOPBACK and not host.among(self._hosts)):
            raise Refused(
                HTTPStatus.FORBIDDEN,
                f"This UI does not answer to the host {(given or '')[:100]!a}. If that is its name, put it into "
                "UI_HOSTS and start the UI again.",
            )
        return host

    def _same_origin(self, headers: Headers, host: Authority) -> bool:
        """Tell whether a page of this UI or no page at all sent the request.

        Browsers tell with `Origin` for all that changes and for websockets, and with `Sec-Fetch-Site` for everything
        they send over HTTPS or to this machine. Neither can be set by a page.
        """
        if (_single(headers, "sec-fetch-site") or "none") not in {"same-origin", "none"}:
            return False
        given = _single(headers, "origin")
        if given is None:
            return True
        found = _ORIGIN.fullmatch(given.strip().lower())
        origin = Authority.parse(found[2]) if found else None
        if found is None or origin is None:
            return False
        # A proxy may hand on another Host than the browser's: then the origin is known by its name.
        return origin.at(found[1]) == host.at(found[1]) or origin.among(self._hosts)


def _single(headers: Headers, name: str) -> str | None:
    """Return the value of a header. Raises Refused when it is there twice: who reads the other one would differ."""
    values = headers.getlist(name)
    if len(values) > 1:
        raise Refused(HTTPStatus.BAD_REQUEST, f"The header {name} is there twice.")
    return values[0] if values else None


def _follows_a_link(scope: Scope, method: str | None, headers: Headers) -> bool:
    """Tell whether somebody opens a page of the UI by a link elsewhere, such as that of a notice."""
    return (
        method in {"GET", "HEAD"}
        and "origin" not in headers
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
        and scope["path"].lstrip("/").partition("/")[0] not in NO_PAGES
    )


def _check_json(headers: Headers) -> None:
    given = _single(headers, "content-type") or ""
    # Dagster looks for the word anywhere: `text/plain; application/json` needs no permission in a browser.
    if given.partition(";")[0].strip().lower() != "application/json":
        raise Refused(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "What is sent must be JSON and say so: `Content-Type: application/json`."
        )


def _asks_for_the_playground(scope: Scope, headers: Headers) -> bool:
    """Tell whether Dagster would answer with its page for trying queries, and execute nothing."""
    return not scope["query_string"] and "text/html" in headers.get("accept", "")


async def _bounded(headers: Headers, receive: Receive) -> Receive:
    """Read the body and return what yields it again. Raises Refused for one that is too large or does not end."""
    too_large = Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"More than {LARGEST_BODY} bytes are not taken.")
    declared = headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > LARGEST_BODY:
        raise too_large
    messages: list[Message] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while not messages or messages[-1].get("more_body"):
                messages.append(await receive())
                size += len(messages[-1].get("body", b""))
                if size > LARGEST_BODY:
                    raise too_large
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, f"The body did not end within {BODY_SECONDS} s.") from None
    messages.reverse()

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _with_headers(send: Send) -> Send:
    """Return what sends the same with HEADERS: no frame of another page, no guessing of types."""

    async def sending(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            # A second policy beside the page's own: browsers obey both.
            headers.append("Content-Security-Policy", FRAMES)
        await send(message)

    return sending
