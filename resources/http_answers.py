"""What an HTTP answer means: a body to read, or a failure with a code that says whether to ask again."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from io import BytesIO

import httpx

from museum_assets.core.failures import Failure, Gone, Malformed, RequestRefused, SlowDown, Unavailable
from resources.http_bodies import BodyTooLarge, UnreadableBody, codings_of

_QUOTED, _READ = 300, 4096
"""Letters of a refusal that are quoted, and bytes that are read: a secret that is cut in two would not be found."""


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


def checked_url(text: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return a URL, or one relative to `base`, whose every part can be read. Raises InvalidURL and nothing else."""
    try:
        url = httpx.URL(text) if base is None else base.join(text)
        # idna is asked when a host is read, not when the URL is parsed: `http://xn--/` is a UnicodeError here.
        _ = url.host
    except ValueError as error:
        raise httpx.InvalidURL(str(error)) from error
    return url


def media_type(response: httpx.Response) -> str:
    """Return the content type without parameters, in lower case; '' when the server names none."""
    content_type: str = response.headers.get("Content-Type", "")
    return content_type.partition(";")[0].strip().lower()


def classify(response: httpx.Response, what: str = "the request", secrets: Iterable[str] = ()) -> Failure | None:
    """Judge a response by status and headers; None means success. `what` opens the message (who asked for what).

    `secrets` are blotted out of what the server says, see `said_by`.

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
    return RequestRefused(
        f"{said}: it will never be accepted as asked. Check the address and parameters. It says: "
        f"{said_by(response, secrets)!r}"
    )


def said_by(response: httpx.Response, secrets: Iterable[str] = ()) -> str:
    """Return the beginning of what a refusal says; '' when that cannot be read.

    An error page often quotes the address that was asked, and some APIs the key: `secrets` and what was sent as
    Authorization are blotted out.
    """
    if codings_of(response):
        return ""
    found = b""
    try:
        for chunk in response.iter_bytes():
            found += chunk
            if len(found) >= _READ:
                break
    except (Failure, httpx.HTTPError):
        pass  # it is the status that counts
    text = found.decode("utf-8", "replace")
    for secret in filter(None, (*secrets, *_authorization(response))):
        text = text.replace(secret, "…")
    return text.strip()[:_QUOTED]


def _authorization(response: httpx.Response) -> list[str]:
    try:
        scheme, _, key = response.request.headers.get("Authorization", "").partition(" ")
    except RuntimeError:  # an answer to no request
        return []
    if scheme.lower() != "basic":
        return [key]
    with suppress(ValueError):
        return [key, *base64.b64decode(key).decode("utf-8", "replace").split(":", 1)[1:]]
    return [key]


@contextmanager
def http_failures(what: str, *, too_large: str = BodyTooLarge.code) -> Iterator[None]:
    """Turn the errors of an HTTP client into failures: no answer is Unavailable, an unreadable one Malformed.

    `too_large` is the code for a body beyond the client's cap, which is permanent.
    """
    try:
        yield
    except BodyTooLarge as error:
        raise Failure(f"{what} was answered with {error}", code=too_large, permanent=True) from error
    except UnreadableBody as error:
        raise Malformed(f"{what} was answered with {error}", code=error.code, permanent=error.permanent) from error
    except httpx.TimeoutException as error:
        why = f"{type(error).__name__} {error}".strip()
        raise Unavailable(f"{what} got no answer in time ({why}). Run this again later.") from error
    # UnicodeError is idna's for the host of a redirect, see `checked_url`.
    except (httpx.UnsupportedProtocol, httpx.TooManyRedirects, httpx.InvalidURL, UnicodeError) as error:
        raise RequestRefused(f"{what} leads nowhere: {error}. Check the address.") from error
    except httpx.TransportError as error:
        raise Unavailable(f"{what} broke off: {error or type(error).__name__}. Run this again later.") from error


def read_body(response: httpx.Response, what: str) -> bytes:
    """Read a streamed body, within the deadline and the cap of its client.

    Raises Unavailable beyond the deadline, and what `http_failures` translates.
    """
    body = BytesIO()  # gives its bytes away without a copy
    try:
        for chunk in response.iter_raw():
            body.write(chunk)
    except httpx.ReadTimeout as error:
        raise Unavailable(f"{what} sent only {body.tell():,} bytes, {error}. Run this again later.") from error
    return body.getvalue()
