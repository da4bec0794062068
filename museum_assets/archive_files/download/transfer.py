"""Downloading one file: each attempt continues where the last one broke off, as long as bytes come."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from museum_assets.archive_files.download.part import Part, Version, complete_version
from museum_assets.core.addresses import secrets_of, shown_address
from museum_assets.core.failures import Failure, Malformed, Unavailable
from museum_assets.core.progress import OnProgress, silent
from resources.http_answers import classify
from resources.rate_limit import PATIENCE

PROGRESS = 1 << 12
"""Bytes that an attempt must bring so that the attempts are counted from 0 again."""

Get = Callable[[str, dict[str, str]], AbstractContextManager[httpx.Response]]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to download: its address, its name in the work folder, and its SHA-256 when that is known."""

    url: str
    name: str
    sha256: str | None = None

    @property
    def label(self) -> str:
        """The address as it may be shown and kept."""
        return shown_address(self.url)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A complete file on this machine. `url` is shown, see `shown_address`; `fetched` counts the bytes that came."""

    path: Path
    sha256: str
    url: str
    fetched: int = 0
    requests: int = 0


@dataclass(frozen=True, slots=True)
class Policy:
    """`attempts` failures in a row without progress end a download; waits grow from `backoff` seconds, with jitter.

    `patience` is how many seconds an attempt may wait in all for a server that is too slow.
    """

    attempts: int = 5
    backoff: float = 1.0
    patience: float = 120.0
    max_bytes: int = 64 * 2**30


class Transfer:
    """The download of one file."""

    def __init__(
        self,
        get: Get,
        throttle: Callable[[int], None],
        policy: Policy,
        folder: Path,
        file: RemoteFile,
        on_progress: OnProgress,
    ) -> None:
        self.get = get
        self.throttle = throttle
        self.policy = policy
        self.file = file
        self.on_progress = on_progress
        self.part = Part(folder / file.name)
        self.what = f"download of {file.label}"
        self.fetched = self.requests = 0
        self.best = self.part.size
        self.futile = 0

    def run(self) -> Downloaded:
        """Return the complete file. Raises Failure after too many attempts in a row that brought nothing."""
        backoff = self.policy.backoff
        jittered = wait_exponential_jitter(multiplier=backoff, max=60 * backoff, jitter=backoff)

        def wait(state: RetryCallState) -> float:
            error = state.outcome and state.outcome.exception()
            asked = error.retry_after if isinstance(error, Failure) else None
            # After progress the waits start small again, as the count of attempts does.
            state.attempt_number = max(1, self.futile)
            return jittered(state) if asked is None else asked + jittered(state)

        return Retrying(
            retry=retry_if_exception(_may_pass),
            stop=lambda _: self.futile >= self.policy.attempts,
            wait=wait,
            reraise=True,
        )(self._attempt)

    def announced(self) -> int | None:
        """Return how many bytes the server says it would send now: none of the version on this machine.

        None where it does not say. Raises Failure.
        """
        before = complete_version(self.part.final, self.file.label)
        with self.get(self.file.url, _conditional(before[0]) if before else {}) as response:
            if response.status_code == 304 and before:
                return 0
            if failure := classify(response, self.what, secrets_of(self.file.url)):
                raise failure
            return _length(response)

    def _attempt(self) -> Downloaded:
        try:
            return self._once()
        except Failure:
            self.futile += 1
            if (now := self.part.size) >= self.best + PROGRESS:
                self.best, self.futile = now, 0
            raise

    def _once(self) -> Downloaded:
        url, label = self.file.url, self.file.label
        before, noted = complete_version(self.part.final, label), self.part.version(label)
        headers = {}
        if noted and noted.validator:
            headers = {"Range": f"bytes={self.part.size}-", "If-Range": noted.validator}
        elif before:
            headers = _conditional(before[0])
        self.requests += 1
        with self.get(url, headers) as response:
            if response.status_code == 304 and before and "Range" not in headers:
                return self._unchanged(before[1])
            if response.status_code == 416 and noted:
                return self._past_the_end(response, noted)
            if failure := classify(response, self.what, secrets_of(self.file.url)):
                raise failure
            version = self._resumed(response, noted) if response.status_code == 206 else None
            if version is None:
                version = Version.of(label, response.headers, _length(response))
                self.part.begin(version)
            self._receive(response, version)
        return self._complete(version)

    def _unchanged(self, sha256: str) -> Downloaded:
        path = self.part.final
        if (found := checked_sha256(path, self.file, self.on_progress)) != sha256:
            path.unlink()
            raise Unavailable(f"{self.what}: {path} was changed on this machine, so it is downloaded again.")
        return Downloaded(path, found, self.file.label, self.fetched, self.requests)

    def _past_the_end(self, response: httpx.Response, noted: Version) -> Downloaded:
        """Finish a part that has all bytes already, because a process was killed after the last one came."""
        total = re.fullmatch(r"bytes \*/(\d+)", response.headers.get("Content-Range", ""))
        now = Version.of(self.file.label, response.headers, int(total[1]) if total else None)
        if total and int(total[1]) == self.part.size and not now.contradicts(noted):
            return self._complete(noted)
        self.part.discard()
        raise Unavailable(f"{self.what}: the server cannot continue the part on this machine, so it starts over.")

    def _resumed(self, response: httpx.Response, noted: Version | None) -> Version:
        """Return the part's version when the answer continues that part. Raises Unavailable to start over."""
        span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", ""))
        total = int(span[3]) if span and span[3] != "*" else None
        now = Version.of(self.file.label, response.headers, total)
        if noted is None or not span or int(span[1]) != self.part.size or now.contradicts(noted):
            self.part.discard()
            raise Unavailable(f"{self.what}: the server continued another version, so it starts over.")
        return noted

    def _receive(self, response: httpx.Response, version: Version) -> None:
        coding = response.headers.get("Content-Encoding", "identity").lower()
        # Servers call a .tar.gz "coded as gzip"; its bytes are the file all the same.
        if coding != "identity" and not (coding in ("gzip", "x-gzip") and self.file.name.endswith((".gz", ".tgz"))):
            raise Failure(f"{self.what} came coded as {coding} though that was not asked for.", code="encoded_body",
                          permanent=True)  # fmt: skip
        limit, done = self.policy.max_bytes, self.part.size
        if (version.size or done) > limit:
            raise self._too_large(limit)
        with self.part.path.open("ab") as file:
            # Chunks as they come: with a chunk size httpx drops the last one when the connection breaks, which cost
            # a fifth of a download of 3 MB that was cut twenty times.
            for chunk in response.iter_raw():
                file.write(chunk)
                done += len(chunk)
                self.fetched += len(chunk)
                if done > limit:
                    raise self._too_large(limit)
                self.on_progress(done, version.size)
                self.throttle(len(chunk))

    def _complete(self, version: Version) -> Downloaded:
        size = self.part.size
        if version.size is not None and size != version.size:
            if size > version.size:
                self.part.discard()
            raise Unavailable(f"{self.what} brought {size:,} of {version.size:,} bytes. It is tried again.")
        try:
            digest = checked_sha256(self.part.path, self.file, silent)
        except Failure:
            self.part.discard()
            raise
        self.part.finish(version, digest)
        return Downloaded(self.part.final, digest, self.file.label, self.fetched, self.requests)

    def _too_large(self, limit: int) -> Failure:
        self.part.discard()
        return Failure(f"{self.what} has more than {limit:,} bytes.", code="file_too_large", permanent=True)


def checked_sha256(path: Path, remote: RemoteFile, on_progress: OnProgress) -> str:
    """Return the SHA-256 of a downloaded file. Raises Failure(wrong_sha256) when another one is declared."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            done += len(chunk)
            on_progress(done, size)
    found = digest.hexdigest()
    if remote.sha256 and found != remote.sha256.lower():
        raise Failure(
            f"{remote.label} has the SHA-256 {found} and not {remote.sha256.lower()}: it is damaged, or not the file "
            "that was declared.",
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
