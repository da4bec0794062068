"""Thumbnails of what is live, with an ETag and far expiry: an address with the picture's own id never changes."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from museum_assets.core.failures import Gone
from museum_assets.readers.api_parameters import MuseumSlug, errors
from museum_assets.readers.asked import known
from museum_assets.readers.links import picture_id
from museum_assets.readers.problems import busy, not_found
from museum_assets.readers.site import Site
from museum_assets.search.answer import LiveRelease

FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"
LIVE_SECONDS = 1.0
"""How old the answer to "what is live?" may be for a picture; a page of them asks once."""
MEMORY = 64 << 20
"""Bytes of pictures that are kept: a thousand."""
NAMES = 100_000
AT_ONCE = 16
"""Pictures that are read from the bucket at a time. Where it is slow, the other threads still answer pages."""
PATIENCE = 2.0
"""Seconds that one waits for its turn."""


class Pictures:
    """Finds the pictures of live works. What it keeps is kept by release, and by content."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._live: Mapping[str, LiveRelease] = {}
        self._until = 0.0
        self._keys: OrderedDict[tuple[str, int, str], str | None] = OrderedDict()
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0

    def key(self, museum: str, number: str) -> str | None:
        """Return the key of a work's picture in the bucket of production; None when the work shows none."""
        live = self._releases().get(museum)
        if live is None:
            return None
        name = museum, live.release, number
        with self._lock:
            if name in self._keys:
                self._keys.move_to_end(name)
                return self._keys[name]
        artwork = self._site.reader.artwork(museum, number)
        key = artwork.thumbnail if artwork else None
        with self._lock:
            self._keys[museum, artwork.release if artwork else live.release, number] = key
            while len(self._keys) > NAMES:
                self._keys.popitem(last=False)
        return key

    def body(self, key: str) -> bytes:
        """Return a picture. Raises Gone, Unavailable, and Problem 503 when too many are read."""
        with self._lock:
            if (found := self._bodies.get(key)) is not None:
                self._bodies.move_to_end(key)
                self._site.metrics.thumbnails.labels("memory").inc()
                return found
        if not self._turns.acquire(timeout=PATIENCE):
            raise busy("Many pictures are being fetched. Try again in a few seconds.")
        try:
            body = self._site.pictures.get(key)
        finally:
            self._turns.release()
        self._site.metrics.thumbnails.labels("bucket").inc()
        with self._lock:
            if key not in self._bodies:
                self._size += len(body)
            self._bodies[key] = body
            while self._size > MEMORY:
                self._size -= len(self._bodies.popitem(last=False)[1])
        return body

    def _releases(self) -> Mapping[str, LiveRelease]:
        if time.monotonic() > self._until:
            self._live = self._site.reader.releases()
            self._until = time.monotonic() + LIVE_SECONDS
        return self._live


def router(site: Site) -> APIRouter:
    """Return the address of thumbnails."""
    made = APIRouter(tags=["thumbnails"])
    pictures = Pictures(site)

    @made.get(
        "/thumbnails/{museum}/{number:path}",
        response_class=Response,
        responses={
            200: {"content": {"image/jpeg": {}}, "description": "The picture, as JPEG."},
            304: {"description": "It is still the one that the ETag names."},
            **errors(404),
        },
    )
    def thumbnail(
        museum: MuseumSlug,
        number: Annotated[str, Path(description="The object number.", min_length=1)],
        v: Annotated[str, Query(description="The picture's id; with the right one the answer never changes.")] = "",
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Return a work's thumbnail."""
        known(museum, number)
        key = pictures.key(museum, number)
        if key is None:
            raise not_found("A picture of this work")
        name = picture_id(key)
        headers = {"ETag": f'"{name}"', "Cache-Control": FOREVER if v == name else ASK_AGAIN}
        if name in (if_none_match or ""):
            return Response(status_code=304, headers=headers)
        try:
            return Response(pictures.body(key), media_type="image/jpeg", headers=headers)
        except Gone:
            raise not_found("A picture of this work") from None

    return made
