"""Fetching an image from a museum's image host: allow-listed, bounded, polite, and never from a private address.

Codes, permanent: `bad_image_url`, `host_not_allowed`, `private_address`, `too_many_redirects`, `image_too_large`,
`encoded_body`, `gone`, `refused`.
Transient: `not_an_image`, `empty_image`, `truncated_image`, `slow_down`, `unavailable`.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import httpx

from museum_assets.core.failures import Failure
from museum_assets.museums import museum
from resources.closing import Closing
from resources.http_answers import checked_url, classify, http_failures, media_type, read_body
from resources.http_bodies import Coding
from resources.http_client import http_client
from resources.museum_http import Limiter, politely
from resources.platform import Platform
from resources.public_http import public_backend

MAX_IMAGE_REDIRECTS = 5
IMAGE_TIMEOUT = 30.0
"""Seconds to wait for an image host."""
_OPAQUE_TYPES = ("", "application/octet-stream", "binary/octet-stream")
"""Content types of servers that do not know the type; making the thumbnail shows what the bytes are."""


@dataclass(frozen=True, slots=True)
class FetchedImage:
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
        self._attempts = attempts
        self._backoff = backoff
        # Accept: the Met's image host answers 406 to application/json. No coding: images do not compress, and the
        # length of the body can be held against Content-Length.
        self._client = http_client(
            backend=public_backend("put the address itself into MUSEUM_IMAGE_HOSTS_<SLUG>", resolve),
            headers={"User-Agent": user_agent, "Accept": "image/*"},
            coding=Coding.NONE,
            timeout=timeout,
            max_bytes=max_bytes,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def fetch(self, url: str) -> FetchedImage:
        """Download one image. Raises Failure."""
        what = f"image {url}"
        target = self._checked(url, what)
        for _ in range(MAX_IMAGE_REDIRECTS + 1):
            answer = politely(
                partial(self._get, target, what),
                limiter=self._limiter_for(_host(target)),
                attempts=self._attempts,
                backoff=self._backoff,
            )
            if isinstance(answer, FetchedImage):
                return answer
            target = answer
        raise Failure(
            f"{what} was redirected more than {MAX_IMAGE_REDIRECTS} times, last to {target}. Check the address.",
            code="too_many_redirects",
            permanent=True,
        )

    def _get(self, target: httpx.URL, what: str) -> FetchedImage | httpx.URL:
        """Send one request; return the image, or the address that it redirects to (checked)."""
        with http_failures(what, too_large="image_too_large"), self._client.stream("GET", target) as response:
            if response.has_redirect_location:
                return self._checked(response.headers["Location"], what, target)
            if failure := classify(response, what):
                raise failure
            return FetchedImage(
                self._body(response, what),
                media_type(response),
                response.headers.get("ETag"),
                response.headers.get("Last-Modified"),
                str(target),
            )

    def _body(self, response: httpx.Response, what: str) -> bytes:
        content_type = media_type(response)
        if not content_type.startswith("image/") and content_type not in _OPAQUE_TYPES:
            # With 200 this is a bot wall or an error page more often than the museum's mistake, so it may pass.
            raise Failure(
                f"{what} is {content_type}, not an image (a bot wall?). It is tried again in a later run.",
                code="not_an_image",
            )
        try:
            body = read_body(response, what)
        except httpx.RemoteProtocolError as error:  # the headers were there, so it is the body that broke off
            raise Failure(
                f"{what} was cut off: {error}. It is tried again in a later run.", code="truncated_image"
            ) from error
        if not body:
            raise Failure(f"{what} has no bytes. It is tried again in a later run.", code="empty_image")
        return body

    def _checked(self, url: str, what: str, base: httpx.URL | None = None) -> httpx.URL:
        """Return the parsed address, or Location relative to `base`. Raises Failure when it is not allowed."""
        try:
            target = checked_url(url, base)
        except httpx.InvalidURL as error:
            raise Failure(f"{what}: {url!r} is not a URL: {error}.", code="bad_image_url", permanent=True) from error
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise Failure(
                f"{what} leads to {url!r}; only http and https without a password are fetched.",
                code="bad_image_url",
                permanent=True,
            )
        if _host(target) not in self._allowed:
            raise Failure(
                f"{what} is on {_host(target)}, not one of the museum's image hosts "
                f"({', '.join(sorted(self._allowed))}). If it is one, add it with MUSEUM_IMAGE_HOSTS_<SLUG>.",
                code="host_not_allowed",
                permanent=True,
            )
        return target


def _host(url: httpx.URL) -> str:
    return url.netloc.decode("ascii")


@contextmanager
def open_fetcher(platform: Platform, slug: str) -> Iterator[ImageFetcher]:
    """Open the downloader of a museum's images, which asks no other hosts than the museum's."""
    hosts = (*museum(slug).image_hosts, *platform.overrides(slug).image_hosts)
    with (
        platform.image_limiters(slug) as limiter_for,
        ImageFetcher(hosts, limiter_for=limiter_for, user_agent=platform.user_agent, timeout=IMAGE_TIMEOUT) as fetcher,
    ):
        yield fetcher
