"""Fetching an image from a museum's image host: allow-listed, bounded, polite, and never from a private address.

Codes, permanent: `bad_image_url`, `host_not_allowed`, `private_address`, `too_many_redirects`, `image_too_large`,
`gone`, `refused`. Transient: `not_an_image`, `empty_image`, `truncated_image`, `slow_down`, `unavailable`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import httpx

from museum_assets.failures import Failure
from resources.closing import Closing
from resources.museum_http import Limiter, classify, http_failures, media_type, politely, read_body
from resources.public_http import PublicTransport

MAX_REDIRECTS = 5
_OPAQUE_TYPES = ("", "application/octet-stream", "binary/octet-stream")
"""Content types of servers that do not know; what the bytes are is seen when the thumbnail is made."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A downloaded image, with the validators that the server gave."""

    body: bytes
    content_type: str
    etag: str | None
    last_modified: str | None
    final_url: str


class ImageFetcher(Closing):
    """Downloads images from `allowed_hosts` and nowhere else; safe to share between threads.

    An entry is `host` (default port only) or `host:port`. Names must resolve to public addresses; an IP address or
    `localhost` may be private because someone wrote it down. `limiter_for(host)` gives the limiter of an entry.
    Images are always fetched directly: behind a proxy the address could not be checked.
    """

    def __init__(
        self,
        allowed_hosts: Iterable[str],
        *,
        limiter_for: Callable[[str], Limiter],
        user_agent: str,
        timeout: float,
        max_bytes: int = 64 * 2**20,
        attempts: int = 3,
        backoff: float = 1.0,
        resolve: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self._allowed = {host.lower() for host in allowed_hosts}
        self._limiter_for = cache(limiter_for)
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._attempts = attempts
        self._backoff = backoff
        # Accept: the Met's image host answers 406 to application/json. Identity: images do not compress, and the
        # length of the body can be held against Content-Length.
        self._client = httpx.Client(
            transport=PublicTransport("put the address itself into MUSEUM_IMAGE_HOSTS_<SLUG>", resolve),
            headers={"User-Agent": user_agent, "Accept": "image/*", "Accept-Encoding": "identity"},
            timeout=timeout,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, url: str) -> Fetched:
        """Download one image. Raises Failure."""
        what = f"image {url}"
        target = self._checked(url, what)
        for _ in range(MAX_REDIRECTS + 1):
            found = politely(
                partial(self._get, target, what),
                limiter=self._limiter_for(_place(target)),
                attempts=self._attempts,
                backoff=self._backoff,
            )
            if isinstance(found, Fetched):
                return found
            target = found
        raise Failure(
            f"{what} was redirected more than {MAX_REDIRECTS} times, last to {target}. Check the address.",
            code="too_many_redirects",
            permanent=True,
        )

    def _get(self, target: httpx.URL, what: str) -> Fetched | httpx.URL:
        """Send one request: the image, or where it redirects to (checked)."""
        with http_failures(what), self._client.stream("GET", target) as response:
            if response.has_redirect_location:
                return self._checked(response.headers["Location"], what, target)
            if failure := classify(response, what):
                raise failure
            return Fetched(
                self._body(response, what),
                media_type(response),
                response.headers.get("ETag"),
                response.headers.get("Last-Modified"),
                str(target),
            )

    def _body(self, response: httpx.Response, what: str) -> bytes:
        found = media_type(response)
        if not found.startswith("image/") and found not in _OPAQUE_TYPES:
            # With 200 this is a bot wall or an error page more often than the museum's mistake, so it may pass.
            raise Failure(
                f"{what} is {found}, not an image (a bot wall?). It is tried again in a later run.", code="not_an_image"
            )
        try:
            body = read_body(response, what, max_bytes=self._max_bytes, timeout=self._timeout, code="image_too_large")
        except httpx.RemoteProtocolError as error:  # the headers were there, so it is the body that broke off
            raise Failure(
                f"{what} was cut off: {error}. It is tried again in a later run.", code="truncated_image"
            ) from error
        if not body:
            raise Failure(f"{what} has no bytes. It is tried again in a later run.", code="empty_image")
        return body

    def _checked(self, url: str, what: str, base: httpx.URL | None = None) -> httpx.URL:
        """Parse an address, or a Location against `base`, and hold it against the allow list."""
        try:
            target = httpx.URL(url) if base is None else base.join(url)
        except httpx.InvalidURL as error:
            raise Failure(f"{what}: {url!r} is not a URL: {error}.", code="bad_image_url", permanent=True) from error
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise Failure(
                f"{what} leads to {url!r}; only http and https without a password are fetched.",
                code="bad_image_url",
                permanent=True,
            )
        if _place(target) not in self._allowed:
            raise Failure(
                f"{what} is on {_place(target)}, not one of the museum's image hosts "
                f"({', '.join(sorted(self._allowed))}). If it is one, add it with MUSEUM_IMAGE_HOSTS_<SLUG>.",
                code="host_not_allowed",
                permanent=True,
            )
        return target


def _place(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")
