"""The gate before every museum's endpoint: it counts the request and lets the faults strike."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from functools import lru_cache
from struct import pack
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from museum_assets.simulator.faults import FaultKind, Faults

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.types import Receive, Scope, Send

# A cloud machine's metadata service, which a reader of images must never be led to.
PRIVATE_URL = "http://169.254.169.254/latest/meta-data/"
BOMB_SIDE = 30_000

_WALL = (
    "<html><head><title>Pardon Our Interruption</title></head><body><h1>Pardon Our Interruption...</h1>"
    "<p>As you were browsing something about your browser made us think you were a bot.</p></body></html>"
)
_ERROR_PAGE = "<html><head><title>Not available</title></head><body>This image is not available.</body></html>"


class Gate:
    """Counts and faults for all museums of one server."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.counts: Counter[tuple[str, str]] = Counter()
        """Requests by (museum, kind of endpoint), those that failed included."""

    async def pass_(
        self, museum: str, kind: str, request: Request, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """Answer one request: by the endpoint, or by what strikes instead of it or on top of it."""
        self.counts[museum, kind] += 1
        fault = self.faults.strike(museum, f"{request.url.path}?{request.url.query}", image=kind == "image")
        if fault is None:
            return await answer()
        settings = self.faults.of(museum)
        if fault is FaultKind.DELAY:
            await asyncio.sleep(settings.delay_seconds)
            return await answer()
        if instead := _instead(fault, settings.retry_after):
            return instead
        return _spoilt(fault, await answer())


class CutResponse(Response):
    """Promises the whole body and breaks the connection half way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - the ASGI signature
        """Send the headers and half of the body, and stop: the server then closes the connection."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})


def _instead(fault: FaultKind, retry_after: int) -> Response | None:
    answers: dict[FaultKind, Callable[[], Response]] = {
        FaultKind.SLOW_DOWN: lambda: Response(
            "Too Many Requests", 429, {"Retry-After": str(retry_after)}, "text/plain"
        ),
        FaultKind.SERVER_ERROR: lambda: Response("Service Unavailable", 503, media_type="text/plain"),
        FaultKind.BOT_WALL: lambda: Response(_WALL, 403, media_type="text/html"),
        FaultKind.HTML_ANSWER: lambda: Response(_WALL, media_type="text/html"),
        FaultKind.HTML_IMAGE: lambda: Response(_ERROR_PAGE, media_type="text/html"),
        FaultKind.EMPTY_IMAGE: lambda: Response(b"", media_type="image/jpeg"),
        FaultKind.BOMB_IMAGE: lambda: Response(bomb(), media_type="image/png"),
        FaultKind.REDIRECTED_IMAGE: lambda: RedirectResponse(PRIVATE_URL, 302),
    }
    return answers[fault]() if fault in answers else None


def _spoilt(fault: FaultKind, response: Response) -> Response:
    """Spoil a good answer: an error is passed on as it is, there is nothing to cut in it."""
    if response.status_code != 200:
        return response
    body, headers = bytes(response.body), MutableHeaders(raw=response.raw_headers)
    if fault is FaultKind.TRUNCATED:
        return CutResponse(body, 200, headers)
    # A complete answer that ends too early: JSON and XML do not parse, a JPEG lacks its lower half.
    del headers["content-length"]
    return Response(body[: len(body) // 2], 200, headers)


@lru_cache(maxsize=1)
def bomb() -> bytes:
    """Return a PNG of 110 kB that decodes to 900 megapixels, written row by row to need no such memory here."""
    packer = zlib.compressobj(9)
    row = b"\0" * (1 + BOMB_SIDE // 8)
    data = b"".join(packer.compress(row) for _ in range(BOMB_SIDE)) + packer.flush()
    header = pack(">IIBBBBB", BOMB_SIDE, BOMB_SIDE, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + name + data + pack(">I", zlib.crc32(name + data))
