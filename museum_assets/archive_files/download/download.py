"""Downloading large files from allowed hosts: several at once, resumed, checked, and never half there.

Codes, permanent: `bad_url`, `host_not_allowed`, `private_address`, `too_many_redirects`, `file_too_large`,
`wrong_sha256`, `encoded_body`, `gone`, `refused`, `path_not_allowed`. Transient: `slow_down`, `unavailable`.
"""

from __future__ import annotations

import socket
import sys
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

from museum_assets.archive_files.download.transfer import Downloaded, Policy, RemoteFile, Transfer, checked_sha256
from museum_assets.core.addresses import shown_address
from museum_assets.core.failures import Failure
from museum_assets.core.progress import OnProgress, silent
from resources.http_answers import checked_url, http_failures
from resources.http_bodies import Coding
from resources.http_client import http_client
from resources.public_http import public_backend

MOST_REDIRECTS = 5
ANYWHERE = Path("/")
"""The folder of local files for whoever may read this machine's files anyway: a person at its command line."""


class Throttle:
    """Keeps all downloads together below `bytes_per_second`; None means no limit."""

    def __init__(self, bytes_per_second: float | None) -> None:
        self._rate = bytes_per_second
        self._lock = threading.Lock()
        self._free = 0.0

    def take(self, count: int) -> None:
        """Wait until `count` more bytes are within the limit."""
        if self._rate is None:
            return
        with self._lock:
            now = time.monotonic()
            self._free = max(self._free, now) + count / self._rate
            wait = self._free - now
        time.sleep(wait)


class Downloader:
    """Downloads from `hosts` alone and into `folder`; safe to share between threads.

    An entry of `hosts` is `host` (default port only) or `host:port`. A name must resolve to a public address; an IP
    address or `localhost` in the list may be private. A file:// address is read in place when it is below the folder
    `local`, and refused without one. A server has the policy's patience for each attempt, and more
    of it for every byte that comes (`resources.deadlines.Pace`).
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
        local: Path | None = None,
        resolve: Callable[..., list[Any]] = socket.getaddrinfo,
    ) -> None:
        self.folder = folder
        self.policy = policy or Policy()
        self._local = local.resolve() if local else None
        self.throttle = Throttle(bytes_per_second)
        self._allowed = {host.lower() for host in hosts}
        self._client = http_client(
            backend=public_backend("put the address itself into ARCHIVE_HOSTS", resolve),
            headers={"User-Agent": user_agent, "Accept": "*/*"},
            # The bytes on disk, their number and their SHA-256 are those of the file, not of a coding.
            coding=Coding.AS_SENT,
            timeout=timeout,
            deadline=self.policy.patience,
            large_files=True,
            max_bytes=sys.maxsize,  # the policy says, of what lies on disk already together with what comes
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fetch_all(
        self,
        files: Sequence[RemoteFile],
        *,
        concurrency: int = 3,
        on_progress: Callable[[str], OnProgress] = lambda _: silent,
    ) -> list[Downloaded | Failure]:
        """Download several files, at most `concurrency` at once; return each file, or its Failure, in their order.

        `on_progress` is given a file's name and returns what hears of that file's bytes.
        """

        def one(file: RemoteFile) -> Downloaded | Failure:
            try:
                return self.fetch(file, on_progress(file.name))
            except Failure as failure:
                return failure

        with ThreadPoolExecutor(concurrency, thread_name_prefix="download") as pool:
            return list(pool.map(one, files))

    def fetch(self, file: RemoteFile, on_progress: OnProgress = silent) -> Downloaded:
        """Return one file, which is downloaded unless the server still has the version downloaded before.

        `on_progress` hears (bytes done, bytes in total). Raises Failure; the next download of the file continues
        behind the bytes that came.
        """
        if file.url.startswith("file://"):
            path = local_path(file.url, self._local)
            return Downloaded(path, checked_sha256(path, file, on_progress), file.label)
        self.folder.mkdir(parents=True, exist_ok=True)
        # Two runs that append to the same part would spoil it.
        with FileLock(self.folder / f"{file.name}.lock"):
            return self._transfer(file, on_progress).run()

    def announced(self, file: RemoteFile) -> int | None:
        """Return how many bytes `fetch` would bring, as the server says before it sends them; None where it does not.

        A local file brings none. Raises Failure.
        """
        if file.url.startswith("file://"):
            local_path(file.url, self._local)
            return 0
        return self._transfer(file, silent).announced()

    def _transfer(self, file: RemoteFile, on_progress: OnProgress) -> Transfer:
        return Transfer(self.get, self.throttle.take, self.policy, self.folder, file, on_progress)

    @contextmanager
    def get(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """Yield the streamed answer, after at most five redirects. Raises Failure for a forbidden address."""
        what, target = f"download of {shown_address(url)}", self._permitted(url, url)
        for _ in range(MOST_REDIRECTS + 1):
            with http_failures(what), self._client.stream("GET", target, headers=headers) as response:
                if not response.has_redirect_location:
                    yield response
                    return
                target = self._permitted(response.headers["Location"], url, target)
        raise Failure(f"{what} was redirected more than {MOST_REDIRECTS} times. Check the address.",
                      code="too_many_redirects", permanent=True)  # fmt: skip

    def _permitted(self, location: str, url: str, base: httpx.URL | None = None) -> httpx.URL:
        try:
            target = checked_url(location, base)
        except httpx.InvalidURL:
            raise bad_url(url, "leads to what is no address") from None
        if target.scheme not in ("http", "https") or not target.host or target.userinfo:
            raise bad_url(
                url, f"leads to {shown_address(location)}; only https, http and file, without a password, are read"
            )
        host = target.netloc.decode("ascii").lower()
        if host not in self._allowed:
            allowed = ", ".join(sorted(self._allowed)) or "no hosts"
            raise Failure(
                f"download of {shown_address(url)} is on {host}, not one of {allowed}. If it is right, add it to "
                "ARCHIVE_HOSTS.",
                code="host_not_allowed",
                permanent=True,
            )
        return target


def local_path(url: str, folder: Path | None) -> Path:
    """Return the file of a file:// address, without links. Raises Failure.

    Codes: `bad_url` for another host, `path_not_allowed` when it lies outside the folder, `gone` when there is none.
    """
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise bad_url(url, "must read file:///absolute/path")
    path = path.resolve()
    if folder is None or not path.is_relative_to(folder):
        raise Failure(
            f"{url} is not below {folder or 'any folder that may be read'}: runs read local files from ARCHIVE_FOLDER "
            "alone. Move the file there, or import it at the command line with `museum archive import SOURCE --file "
            "FILE`.",
            code="path_not_allowed",
            permanent=True,
        )
    if not path.is_file():
        raise Failure(f"{url} is no file on this machine. Check the path.", code="gone", permanent=True)
    return path


def bad_url(url: str, why: str) -> Failure:
    """Return the failure for an address that cannot be downloaded from."""
    return Failure(f"download of {shown_address(url)} {why}. Check the address.", code="bad_url", permanent=True)
