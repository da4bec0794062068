"""Polite, retrying HTTP: when a request is sent again, and the museum API client."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from museum_assets.core.addresses import shown_address
from museum_assets.core.charsets import text_charset
from museum_assets.core.failures import Failure, Malformed, RequestRefused, SlowDown
from museum_assets.core.json_pages import is_complete, read_json, read_whole
from resources.closing import Closing
from resources.http_answers import checked_url, classify, http_failures, media_type, read_body
from resources.http_client import http_client
from resources.rate_limit import PATIENCE

if TYPE_CHECKING:
    from museum_assets.museums.museum import Dump

T = TypeVar("T")
Json = Any
log = logging.getLogger(__name__)

_PAUSE = 30.0
"""Times `backoff`: the pause after a refusal without Retry-After. The Met's bot wall (HTML 403 of Imperva, after
about 30 fast requests) stays up for at least 30 s: github.com/metmuseum/openaccess issues 58 and 60."""


class Limiter(Protocol):
    """What a request needs of a `resources.rate_limit.RateLimiter`."""

    def acquire(self) -> None:
        """Wait for the next slot."""

    def slow_down(self, retry_after: float | None) -> None:
        """The host asked for fewer requests."""

    def succeeded(self) -> None:
        """The host answered."""


def politely(
    work: Callable[[], T],
    *,
    limiter: Limiter,
    attempts: int,
    backoff: float,
    on_retry: Callable[[], None] = lambda: None,
) -> T:
    """Do `work` at the host's pace, again after failures that may pass, at most `attempts` times.

    `backoff` is the first wait between attempts in seconds; the others grow from it. The server's Retry-After is
    not waited for here but by the limiter, so that it holds for all runs; beyond `PATIENCE` the failure is raised.
    """

    def attempt() -> T:
        limiter.acquire()
        try:
            result = work()
        except SlowDown as failure:
            limiter.slow_down(_PAUSE * backoff if failure.retry_after is None else failure.retry_after)
            raise
        limiter.succeeded()
        return result

    def before_sleep(state: RetryCallState) -> None:
        on_retry()
        log.info("attempt %d of %d: %s", state.attempt_number, attempts, state.outcome and state.outcome.exception())

    return Retrying(
        retry=retry_if_exception(_may_pass),
        stop=stop_after_attempt(attempts),
        wait=wait_exponential_jitter(multiplier=backoff, max=60 * backoff, jitter=backoff),
        before_sleep=before_sleep,
        reraise=True,
    )(attempt)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, Failure) and not error.permanent and (error.retry_after or 0.0) <= PATIENCE


class MuseumClient(Closing):
    """The `Api` of one museum (see `museum_assets.museums.museum`), over one keep-alive client; thread safe.

    `timeout` is in seconds of silence, and a request may take ten times as long in all. The client only talks to the
    host of `base` and to `more_hosts` (host or host:port), wherever a full URL or a redirect points. `requests` and
    `retries` count what was sent, `bytes` what came, as it travelled.
    """

    def __init__(  # noqa: PLR0913 - each is one decision of the caller, all but two by keyword
        self,
        museum_slug: str,
        base: str,
        *,
        limiter: Limiter,
        user_agent: str,
        headers: Mapping[str, str],
        timeout: float,
        concurrency: int = 4,
        attempts: int = 5,
        backoff: float = 1.0,
        max_bytes: int = 64 * 2**20,
        more_hosts: Iterable[str] = (),
        dump: Dump | None = None,
    ) -> None:
        # Out of the address, so that it is in no message; and sent to full URLs of the same host as well.
        address = checked_url(base)
        self._login = httpx.BasicAuth(address.username, address.password) if address.userinfo else None
        self.base = str(address.copy_with(userinfo=b"")) if address.userinfo else base
        self._host = address.netloc
        self.dump = dump
        self.requests = 0
        self.retries = 0
        self.bytes = 0
        self._slug = museum_slug
        self._limiter = limiter
        self._concurrency = concurrency
        self._attempts = attempts
        self._backoff = backoff
        self._hosts = {address.netloc.decode("ascii"), *more_hosts}
        self._counting = threading.Lock()
        own = {name: value.replace("{user_agent}", user_agent) for name, value in headers.items()}
        self._client = http_client(
            headers={"User-Agent": user_agent, **own},
            timeout=timeout,
            max_bytes=max_bytes,
            follow_redirects=True,
            max_redirects=5,
            event_hooks={"request": [self._before_request]},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """Return the decoded JSON body; an `UnreadableEntry` stands for each entry of its list that cannot be read.

        Raises Gone, SlowDown, Unavailable, Malformed or RequestRefused.
        """
        return self._get(path, params, "application/json", _decode_json)

    def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the body as text (XML). Raises as `json` does."""
        return self._get(path, params, "application/xml, text/xml;q=0.9", _decode_text)

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Json | Failure]]:
        """Fetch many single objects with bounded concurrency, in order; a failure is yielded, not raised."""
        return self._each(paths, lambda path: self._get(path, None, "application/json", _decode_object))

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        """As `json_each`, for text bodies."""
        return self._each(paths, self.text)

    def _before_request(self, request: httpx.Request) -> None:
        if request.url.netloc.decode("ascii") not in self._hosts:
            raise RequestRefused(
                f"{self._slug}: the API leads to {shown_address(str(request.url))}, which is not one of its hosts "
                f"({', '.join(sorted(self._hosts))}). Nothing was sent; allow the host if it is the museum's."
            )
        with self._counting:
            self.requests += 1

    def _count_retry(self) -> None:
        with self._counting:
            self.retries += 1

    def _get(
        self,
        path: str,
        params: Mapping[str, Any] | None,
        accept: str,
        decode: Callable[[httpx.Response, bytes, str], T],
    ) -> T:
        # Merged by hand: httpx lets `params` replace the query that a path already has.
        with http_failures(f"{self._slug}: GET {path!s:.200}"):
            url = checked_url(path if path.startswith(("http://", "https://")) else self.base + path)
            url = url.copy_with(userinfo=b"") if url.userinfo else url
            url = url.copy_merge_params(params) if params else url
        login = self._login if url.netloc == self._host else None
        what = f"{self._slug}: GET {url}"

        def once() -> T:
            with (
                http_failures(what),
                self._client.stream("GET", url, headers={"Accept": accept}, auth=login) as response,
            ):
                if failure := classify(response, what):
                    raise failure
                body = read_body(response, what)
                with self._counting:
                    self.bytes += response.num_bytes_downloaded
            return decode(response, body, what)

        return politely(
            once,
            limiter=self._limiter,
            attempts=self._attempts,
            backoff=self._backoff,
            on_retry=self._count_retry,
        )

    def _each(self, paths: Iterable[str], fetch: Callable[[str], T]) -> Iterator[tuple[str, T | Failure]]:
        executor = ThreadPoolExecutor(self._concurrency, thread_name_prefix=f"{self._slug}-http")
        under_way: deque[tuple[str, Future[T]]] = deque()

        def oldest() -> tuple[str, T | Failure]:
            path, future = under_way.popleft()
            try:
                return path, future.result()
            except Failure as failure:
                return path, failure

        try:
            for path in paths:
                under_way.append((path, executor.submit(fetch, path)))
                if len(under_way) == 2 * self._concurrency:
                    yield oldest()
            while under_way:
                yield oldest()
        finally:
            # Not waited for: a request that sleeps through a Retry-After would hold up whoever closes us.
            executor.shutdown(wait=False, cancel_futures=True)


def _decode_json(response: httpx.Response, body: bytes, what: str) -> Json:
    _require_json(response, what)
    try:
        return read_json(body)
    except ValueError as error:
        raise Malformed(
            f"{what} was answered with {len(body):,} bytes that cannot be read as JSON: {error}."
        ) from error


def _decode_object(response: httpx.Response, body: bytes, what: str) -> Json:
    """Return one object. One that came whole and cannot be read is not asked for again."""
    _require_json(response, what)
    try:
        return read_whole(body)
    except ValueError as error:
        said = f"{what} was answered with {len(body):,} bytes that cannot be read as JSON: {error}."
        whole = is_complete(body)
        code = "malformed_record" if whole else None
        raise Malformed(said, code=code, permanent=whole, evidence=body if whole else b"") from error


def _require_json(response: httpx.Response, what: str) -> None:
    found = media_type(response)
    if found and "json" not in found:
        raise Malformed(f"{what} was answered with {found} instead of JSON (a bot wall?). Run this again later.")


def _decode_text(response: httpx.Response, body: bytes, what: str) -> str:
    if media_type(response) == "text/html":
        raise Malformed(f"{what} was answered with HTML instead of XML (a bot wall?). Run this again later.")
    claimed = response.charset_encoding or "utf-8"
    charset = text_charset(claimed)
    if charset is None:
        raise Malformed(f"{what} was answered in {claimed[:40]!r}, which is no charset of texts.")
    # A byte that is no UTF-8 spoils the record that it stands in, and not the page: the reader finds it escaped.
    errors = "surrogateescape" if charset == "utf_8" else "strict"
    try:
        return body.decode(charset, errors)
    except UnicodeDecodeError as error:
        raise Malformed(f"{what} was answered with bytes that are not text: {error}.") from error
