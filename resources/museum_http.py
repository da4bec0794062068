"""Polite, retrying HTTP: how an answer is judged, when it is asked again, and the museum API client."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import httpx
import orjson
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from museum_assets.failures import Failure, Gone, Malformed, Refused, SlowDown, Unavailable
from resources.closing import Closing
from resources.rate_limit import PATIENCE

if TYPE_CHECKING:
    from museum_assets.museums.museum import Dump

T = TypeVar("T")
Json = Any
log = logging.getLogger(__name__)

_PAUSE = 30.0
"""Times `backoff`: the pause after a refusal without Retry-After. The Met's bot wall (HTML 403 of Imperva, after
about 30 fast requests) stays up for at least 30 s: github.com/metmuseum/openaccess issues 58 and 60."""

_WHOLE_BODY = 10
"""Times `timeout`, which only bounds the silence between two chunks: the longest that one body may trickle in."""


class Limiter(Protocol):
    """What a request needs of a `resources.rate_limit.RateLimiter`."""

    def acquire(self) -> None:
        """Wait for the next slot."""

    def slow_down(self, retry_after: float | None) -> None:
        """The host asked for fewer requests."""

    def succeeded(self) -> None:
        """The host answered."""


def retry_after_seconds(value: str | None) -> float | None:
    """Read a Retry-After header, seconds or HTTP date (RFC 9110, 10.2.3); None when absent or unreadable."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), 1e9)
    try:
        when = parsedate_to_datetime(value)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return max(0.0, (when - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def media_type(response: httpx.Response) -> str:
    """Return the content type without parameters, in lower case; '' when the server names none."""
    content_type: str = response.headers.get("Content-Type", "")
    return content_type.partition(";")[0].strip().lower()


def classify(response: httpx.Response, what: str = "the request") -> Failure | None:
    """Judge a response by status and headers; None means success. `what` opens the message (who asked for what).

    A 403 with JSON is the API's own refusal (AIC: "Invalid limit", "Invalid number of results"); any other 403 is a
    bot wall (Imperva before the Met, Cloudflare before AIC's images), which passes when one goes slower.
    """
    if response.is_success:
        return None
    status = response.status_code
    said = f"{what} was answered {status} {response.reason_phrase}".rstrip()
    if status in (404, 410):
        return Gone(f"{said}: it does not exist there (any more), so it is not asked for again.")
    if status in (429, 503) or (status == 403 and "json" not in media_type(response)):
        return SlowDown(
            f"{said}: the server wants fewer requests. All runs now go slower; if it stays, run this again later.",
            retry_after=retry_after_seconds(response.headers.get("Retry-After")),
        )
    if status == 408 or status >= 500:
        return Unavailable(f"{said}: the server is in trouble. Run this again later.")
    reason = next(response.iter_bytes(300), b"").decode("utf-8", "replace").strip()
    return Refused(f"{said}: it will never be accepted as asked. Check the address and parameters. It says: {reason!r}")


@contextmanager
def http_failures(what: str) -> Iterator[None]:
    """Turn the errors of httpx into failures: no answer is Unavailable, an unreadable one Malformed."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise Unavailable(f"{what} got no answer in time ({type(error).__name__}). Run this again later.") from error
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL) as error:
        raise Refused(f"{what} leads nowhere: {error}. Check the address.") from error
    except httpx.TransportError as error:
        raise Unavailable(f"{what} broke off: {error or type(error).__name__}. Run this again later.") from error
    except httpx.DecodingError as error:
        raise Malformed(f"{what} was answered with a broken Content-Encoding: {error}.") from error


def read_body(
    response: httpx.Response, what: str, *, max_bytes: int, timeout: float, code: str = "body_too_large"
) -> bytes:
    """Read a streamed body up to `max_bytes`, counted after decompression, in at most ten times `timeout` seconds.

    Raises Failure(`code`, permanent) beyond the cap and Unavailable beyond the time.
    """
    too_large = Failure(f"{what} was answered with more than {max_bytes:,} bytes.", code=code, permanent=True)
    declared = response.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > max_bytes:
        raise too_large
    deadline = time.monotonic() + _WHOLE_BODY * timeout
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
        if time.monotonic() > deadline:
            raise Unavailable(
                f"{what} sent only {len(body):,} bytes in {_WHOLE_BODY * timeout:.0f} s. Run this again later."
            )
    return bytes(body)


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

    `timeout` is in seconds of silence. The client only talks to the host of `base` and to `more_hosts` (host or
    host:port), wherever a full URL or a redirect points. `requests` and `retries` count what was sent.
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
        max_bytes: int = 256 * 2**20,
        more_hosts: Iterable[str] = (),
        dump: Dump | None = None,
    ) -> None:
        self.base = base
        self.dump = dump
        self.requests = 0
        self.retries = 0
        self._slug = museum_slug
        self._limiter = limiter
        self._timeout = timeout
        self._concurrency = concurrency
        self._attempts = attempts
        self._backoff = backoff
        self._max_bytes = max_bytes
        self._hosts = {httpx.URL(base).netloc.decode("ascii"), *more_hosts}
        self._counting = threading.Lock()
        own = {name: value.replace("{user_agent}", user_agent) for name, value in headers.items()}
        self._client = httpx.Client(
            headers={"User-Agent": user_agent, **own},
            timeout=timeout,
            follow_redirects=True,
            max_redirects=5,
            event_hooks={"request": [self._before_request]},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Json:
        """Return the decoded JSON body. Raises Gone, SlowDown, Unavailable, Malformed or Refused."""
        return self._get(path, params, "application/json", _decode_json)

    def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        """Return the body as text (XML). Raises as `json` does."""
        return self._get(path, params, "application/xml, text/xml;q=0.9", _decode_text)

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Json | Failure]]:
        """Fetch many single objects with bounded concurrency, in order; a failure is yielded, not raised."""
        return self._each(paths, self.json)

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        """As `json_each`, for text bodies."""
        return self._each(paths, self.text)

    def _before_request(self, request: httpx.Request) -> None:
        if request.url.netloc.decode("ascii") not in self._hosts:
            raise Refused(
                f"{self._slug}: the API leads to {request.url}, which is not one of its hosts "
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
        url = httpx.URL(path if path.startswith(("http://", "https://")) else self.base + path)
        url = url.copy_merge_params(params) if params else url
        what = f"{self._slug}: GET {url}"

        def once() -> T:
            with http_failures(what), self._client.stream("GET", url, headers={"Accept": accept}) as response:
                if failure := classify(response, what):
                    raise failure
                body = read_body(response, what, max_bytes=self._max_bytes, timeout=self._timeout)
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
    found = media_type(response)
    if found and "json" not in found:
        raise Malformed(f"{what} was answered with {found} instead of JSON (a bot wall?). Run this again later.")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed(f"{what} was answered with {len(body):,} bytes that are not JSON: {error}.") from error


def _decode_text(response: httpx.Response, body: bytes, what: str) -> str:
    if media_type(response) == "text/html":
        raise Malformed(f"{what} was answered with HTML instead of XML (a bot wall?). Run this again later.")
    try:
        return body.decode(response.charset_encoding or "utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        raise Malformed(f"{what} was answered with bytes that are not text: {error}.") from error
