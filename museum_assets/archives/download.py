"""Downloading large files: resumed where they broke off, checked, and under their name only when complete.

Codes, permanent: `bad_url`, `host_not_allowed`, `private_address`, `too_many_redirects`, `file_too_large`,
`wrong_sha256`, `encoded_body`, `gone`, `refused`. Transient: `slow_down`, `unavailable`.
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from museum_assets.archives.part import Part, Version, finished
from museum_assets.failures import Failure, Malformed, Unavailable
from museum_assets.loop.progress import silent
from resources.museum_http import classify, http_failures
from resources.public_http import PublicTransport
from resources.rate_limit import PATIENCE

MAX_REDIRECTS = 5
CHUNK = 1 << 16
PROGRESS = 1 << 18
"""Bytes that an attempt must bring for the count of attempts to start anew: a byte a connection is no progress."""

Told = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file to be had: its address, the name it gets in the work folder, and its SHA-256 when that is known."""

    url: str
    name: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A complete file. `fetched` counts the bytes that came over the network for it, now."""

    path: Path
    sha256: str
    url: str
    fetched: int = 0
    requests: int = 0


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
    """Downloads from `hosts` and nowhere else; safe to share between threads.

    An entry is `host` (default port only) or `host:port`. Names must resolve to public addresses; an IP address or
    `localhost` may be private because someone wrote it down. `attempts` failures in a row without progress end a
    download; its part stays, and the next one goes on from there. A file:// address is read where it lies.
    """

    def __init__(  # noqa: PLR0913 - each is one decision of the caller, by keyword
        self,
        folder: Path,
        hosts: Iterable[str],
        *,
        user_agent: str,
        timeout: float = 60.0,
        attempts: int = 5,
        backoff: float = 1.0,
        max_bytes: int = 64 * 2**30,
        bytes_per_second: float | None = None,
        resolve: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self.folder = folder
        self._allowed = {host.lower() for host in hosts}
        self._attempts = attempts
        self._backoff = backoff
        self._max_bytes = max_bytes
        self._throttle = Throttle(bytes_per_second)
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

        `told` hears of bytes done and in total. Raises Failure.
        """
        if wanted.url.startswith("file://"):
            path = local_path(wanted.url)
            return Downloaded(path, _checked_sha256(path, wanted, told), wanted.url)
        self.folder.mkdir(parents=True, exist_ok=True)
        return _Download(self, wanted, told).run()

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
                f"download of {url} is on {host}, not one of {', '.join(sorted(self._allowed)) or 'no hosts'}. If it is "
                "right, add it to ARCHIVE_HOSTS.",
                code="host_not_allowed",
                permanent=True,
            )
        return target


class _Download:
    """One file under way."""

    def __init__(self, downloader: Downloader, wanted: Wanted, told: Told) -> None:
        self.downloader = downloader
        self.wanted = wanted
        self.told = told
        self.part = Part(downloader.folder / wanted.name)
        self.what = f"download of {wanted.url}"
        self.fetched = self.requests = 0
        self.best = self.part.size
        self.futile = 0

    def run(self) -> Downloaded:
        """Try until it is complete, or nothing has come for too many attempts."""
        backoff, attempts = self.downloader._backoff, self.downloader._attempts
        jittered = wait_exponential_jitter(multiplier=backoff, max=60 * backoff, jitter=backoff)

        def wait(state: RetryCallState) -> float:
            error = state.outcome and state.outcome.exception()
            asked = error.retry_after if isinstance(error, Failure) else None
            # Behind progress the waits begin small again, like the count of attempts.
            state.attempt_number = max(1, self.futile)
            return jittered(state) if asked is None else asked + jittered(state)

        return Retrying(
            retry=retry_if_exception(_may_pass),
            stop=lambda _: self.futile >= attempts,
            wait=wait,
            reraise=True,
        )(self._attempt)

    def _attempt(self) -> Downloaded:
        try:
            return self._once()
        except Failure:
            self.futile += 1
            if (now := self.part.size) >= self.best + PROGRESS:
                self.best, self.futile = now, 0
            raise

    def _once(self) -> Downloaded:
        url, before = self.wanted.url, finished(self.part.final, self.wanted.url)
        noted = self.part.version(url)
        headers = {}
        if noted and noted.validator:
            headers = {"Range": f"bytes={self.part.size}-", "If-Range": noted.validator}
        elif before:
            headers = _conditional(before[0])
        self.requests += 1
        with self.downloader.get(url, headers) as response:
            if response.status_code == 304 and before and "Range" not in headers:
                return self._unchanged(before[1])
            if response.status_code == 416 and noted:
                return self._past_the_end(response, noted)
            if failure := classify(response, self.what):
                raise failure
            version = self._resumed(response, noted) if response.status_code == 206 else None
            if version is None:
                version = Version.of(url, response.headers, _length(response))
                self.part.begin(version)
            self._receive(response, version)
        return self._complete(version)

    def _unchanged(self, sha256: str) -> Downloaded:
        path = self.part.final
        if (found := _checked_sha256(path, self.wanted, self.told)) != sha256:
            path.unlink()
            raise Unavailable(f"{self.what}: {path} was changed on this machine, so it is downloaded again.")
        return Downloaded(path, found, self.wanted.url, self.fetched, self.requests)

    def _past_the_end(self, response: httpx.Response, noted: Version) -> Downloaded:
        """The part may be the whole file: a process was killed behind the last byte."""
        total = re.fullmatch(r"bytes \*/(\d+)", response.headers.get("Content-Range", ""))
        now = Version.of(self.wanted.url, response.headers, int(total[1]) if total else None)
        if total and int(total[1]) == self.part.size and not now.contradicts(noted):
            return self._complete(noted)
        self.part.discard()
        raise Unavailable(f"{self.what}: what is there cannot be gone on with, so it starts over.")

    def _resumed(self, response: httpx.Response, noted: Version | None) -> Version:
        """Return the part's version when the answer goes on with it. Raises Unavailable to start over."""
        span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
        total = int(span[3]) if span and span[3] != "*" else None
        now = Version.of(self.wanted.url, response.headers, total)
        if noted is None or not span or int(span[1]) != self.part.size or now.contradicts(noted):
            self.part.discard()
            raise Unavailable(f"{self.what}: the server went on with something else, so it starts over.")
        return noted

    def _receive(self, response: httpx.Response, version: Version) -> None:
        coding = response.headers.get("Content-Encoding", "identity").lower()
        if coding != "identity" and not (coding in ("gzip", "x-gzip") and self.wanted.name.endswith((".gz", ".tgz"))):
            raise Failure(f"{self.what} came coded as {coding} though that was not asked for.", code="encoded_body",
                          permanent=True)  # fmt: skip
        limit = self.downloader._max_bytes
        done = self.part.size
        if (version.size or done) > limit:
            raise self._too_large(limit)
        with self.part.path.open("ab") as file:
            for chunk in response.iter_raw(CHUNK):
                file.write(chunk)
                done += len(chunk)
                self.fetched += len(chunk)
                if done > limit:
                    raise self._too_large(limit)
                self.told(done, version.size)
                self.downloader._throttle.take(len(chunk))

    def _complete(self, version: Version) -> Downloaded:
        size = self.part.size
        if version.size is not None and size != version.size:
            if size > version.size:
                self.part.discard()
            raise Unavailable(f"{self.what} brought {size:,} of {version.size:,} bytes. It is tried again.")
        try:
            digest = _checked_sha256(self.part.path, self.wanted, silent)
        except Failure:
            self.part.discard()
            raise
        self.part.finish(version, digest)
        return Downloaded(self.part.final, digest, self.wanted.url, self.fetched, self.requests)

    def _too_large(self, limit: int) -> Failure:
        self.part.discard()
        return Failure(f"{self.what} has more than {limit:,} bytes.", code="file_too_large", permanent=True)


def local_path(url: str) -> Path:
    """Return the path of a file:// address. Raises Failure(bad_url) for another host and for what is no file."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise bad_url(url, "must read file:///absolute/path")
    if not path.is_file():
        raise Failure(f"{url} is no file on this machine. Check the path.", code="gone", permanent=True)
    return path


def bad_url(url: str, why: str) -> Failure:
    """Return the failure of an address that is not read."""
    return Failure(f"download of {url} {why}. Check the address.", code="bad_url", permanent=True)


def _checked_sha256(path: Path, wanted: Wanted, told: Told) -> str:
    """Return a file's SHA-256. Raises Failure(wrong_sha256) when another was wanted."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            done += len(chunk)
            told(done, size)
    found = digest.hexdigest()
    if wanted.sha256 and found != wanted.sha256.lower():
        raise Failure(
            f"{wanted.url} has the SHA-256 {found} and not {wanted.sha256.lower()}: it is damaged, or not the file that "
            "was declared.",
            code="wrong_sha256",
            permanent=True,
        )
    return found


def _conditional(version: Version) -> dict[str, str]:
    if version.etag:
        return {"If-None-Match": version.etag}
    return {"If-Modified-Since": version.last_modified} if version.last_modified and version.strong_date else {}


def _length(response: httpx.Response) -> int | None:
    value = response.headers.get("Content-Length", "")
    return int(value) if value.isascii() and value.isdigit() else None


def _may_pass(error: BaseException) -> bool:
    passing = isinstance(error, Failure) and not error.permanent and not isinstance(error, Malformed)
    return passing and (getattr(error, "retry_after", None) or 0.0) <= PATIENCE
