"""Downloading large files from allowed hosts: several at once, resumed, checked, and whole or not there.

Codes, permanent: `bad_url`, `host_not_allowed`, `private_address`, `too_many_redirects`, `file_too_large`,
`wrong_sha256`, `encoded_body`, `gone`, `refused`. Transient: `slow_down`, `unavailable`.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpx
from filelock import FileLock

from museum_assets.archives.transfer import Downloaded, Policy, Told, Transfer, Wanted, checked_sha256
from museum_assets.failures import Failure
from museum_assets.loop.progress import silent
from resources.museum_http import http_failures
from resources.public_http import PublicTransport

MAX_REDIRECTS = 5


class Throttle:
    """Keeps all downloads together below a number of bytes per second; None is no limit."""

    def __init__(self, bytes_per_second: float | None) -> None:
        self._rate = bytes_per_second
        self._lock = threading.Lock()
        self._free = 0.0

    def take(self, count: int) -> None:
        """Wait until this many bytes may have come."""
        if self._rate is None:
            return
        with self._lock:
            now = time.monotonic()
            self._free = max(self._free, now) + count / self._rate
            wait = self._free - now
        time.sleep(wait)


class Downloader:
    """Downloads from `hosts` into `folder` and nowhere else; safe to share between threads.

    An entry of `hosts` is `host` (default port only) or `host:port`. Names must resolve to public addresses; an IP
    address or `localhost` may be private because someone wrote it down. A file:// address is read where it lies.
    """

    def __init__(
        self,
        folder: Path,
        hosts: Iterable[str],
        *,
        user_agent: str,
        policy: Policy | None = None,
        timeout: float = 60.0,
        bytes_per_second: float | None = None,
        resolve: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self.folder = folder
        self.policy = policy or Policy()
        self.throttle = Throttle(bytes_per_second)
        self._allowed = {host.lower() for host in hosts}
        self._client = httpx.Client(
            transport=PublicTransport("put the address itself into ARCHIVE_HOSTS", resolve),
            # Identity: the bytes on disk, their number and their SHA-256 are those of the file, not of a coding.
            headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "identity"},
            timeout=timeout,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch_all(
        self, wanted: Sequence[Wanted], *, concurrency: int = 3, told: Callable[[str], Told] = lambda _: silent
    ) -> list[Downloaded | Failure]:
        """Download several files, at most `concurrency` at once; a failure is returned in its file's place."""

        def one(each: Wanted) -> Downloaded | Failure:
            try:
                return self.fetch(each, told(each.name))
            except Failure as failure:
                return failure

        with ThreadPoolExecutor(concurrency, thread_name_prefix="download") as pool:
            return list(pool.map(one, wanted))

    def fetch(self, wanted: Wanted, told: Told = silent) -> Downloaded:
        """Download one file, or find that the one downloaded before is still what the server has.

        `told` hears of bytes done and in total. Raises Failure; a part stays, and the next download goes on from it.
        """
        if wanted.url.startswith("file://"):
            path = local_path(wanted.url)
            return Downloaded(path, checked_sha256(path, wanted, told), wanted.url)
        self.folder.mkdir(parents=True, exist_ok=True)
        # Two runs that append to one part would make neither's file.
        with FileLock(self.folder / f"{wanted.name}.lock"):
            return Transfer(self.get, self.throttle.take, self.policy, self.folder, wanted, told).run()

    @contextmanager
    def get(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Yield the streamed answer behind at most five redirects. Raises Failure for an address not allowed."""
        what, target = f"download of {url}", self._permitted(url, url)
        for _ in range(MAX_REDIRECTS + 1):
            with http_failures(what), self._client.stream("GET", target, headers=headers) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                target = self._permitted(response.headers["Location"], url, target)
        raise Failure(f"{what} was redirected more than {MAX_REDIRECTS} times. Check the address.",
                      code="too_many_redirects", permanent=True)  # fmt: skip

    def _permitted(self, location: str, url: str, base: httpx.URL | None = None) -> httpx.URL:
        try:
            target = httpx.URL(location) if base is None else base.join(location)
        except httpx.InvalidURL as error:
            raise bad_url(url, f"leads to {location!r}, which is no address: {error}") from error
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise bad_url(url, f"leads to {location!r}; only https, http and file, without a password, are read")
        host = target.netloc.decode("ascii").lower()
        if host not in self._allowed:
            raise Failure(
                f"download of {url} is on {host}, not one of {', '.join(sorted(self._allowed)) or 'no hosts'}. If it "
                "is right, add it to ARCHIVE_HOSTS.",
                code="host_not_allowed",
                permanent=True,
            )
        return target


def local_path(url: str) -> Path:
    """Return the path of a file:// address. Raises Failure(bad_url) for another host, Failure(gone) for no file."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise bad_url(url, "must read file:///absolute/path")
    if not path.is_file():
        raise Failure(f"{url} is no file on this machine. Check the path.", code="gone", permanent=True)
    return path


def host_of(url: str) -> str:
    """Return host and port of an address as `Downloader` compares them; '' for file://."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def bad_url(url: str, why: str) -> Failure:
    """Return the failure of an address that is not read."""
    return Failure(f"download of {url} {why}. Check the address.", code="bad_url", permanent=True)
