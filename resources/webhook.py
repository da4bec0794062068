"""Posting JSON to a webhook whose address is a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from museum_assets.core.addresses import host_of, secrets_of, webhook_address
from museum_assets.core.failures import Failure, MuseumError, RequestRefused, SlowDown, Unavailable
from museum_assets.core.postgres_address import BadAddress
from museum_assets.core.settings import Settings
from resources.closing import Closing
from resources.http_answers import http_failures, retry_after_seconds, said_by
from resources.http_bodies import Coding
from resources.http_client import http_client
from resources.museum_http import Limiter

TIMEOUT = 10.0
"""Seconds of silence after which the server counts as gone."""
DEADLINE = 3
"""Times `timeout`: the longest that posting one notice may take."""
PER_SECOND = 4.0
"""Slack takes one message a second, and short bursts (https://api.slack.com/apis/rate-limits). The limiter goes down to
a 64th of this: then a tick waits 16 s, and a slower pace would not fit into one."""
PATIENCE = 5.0
"""Seconds that a sensor's tick waits for its turn; a longer pause is left to a later tick."""
UNWANTED = {400, 413, 422}
"""Answers about this payload and no other."""


class Webhook(Closing):
    """One webhook. `close` it. Of its address only the host is ever shown."""

    def __init__(self, url: str, limiter: Limiter, *, timeout: float = TIMEOUT) -> None:
        try:
            webhook_address(url)
        except BadAddress:
            raise MuseumError(
                "NOTICE_WEBHOOK_URL is not an address such as https://hooks.slack.com/services/…"
            ) from None
        parts = urlsplit(url)
        self.host = host_of(url)
        self._url = url
        self._limiter = limiter
        self._secrets = [url, parts.path.strip("/"), *secrets_of(url)]
        self._http = http_client(timeout=timeout, deadline=DEADLINE * timeout, coding=Coding.NONE)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def wait(self) -> None:
        """Wait for this server's turn. Raises SlowDown when it asked for a longer pause than `PATIENCE`."""
        self._limiter.acquire()

    def post(self, payload: Mapping[str, Any]) -> None:
        """Post a payload. Raises RequestRefused for an unwanted payload, Failure for all that may be mended."""
        what = f"the webhook at {self.host}"
        with http_failures(what), self._http.stream("POST", self._url, json=dict(payload)) as response:
            if response.is_success:
                self._limiter.succeeded()
                return
            raise self._judged(what, response, said_by(response, self._secrets))

    def _judged(self, what: str, response: httpx.Response, said: str) -> Failure:
        text = f"{what} answered {response.status_code} {said!r}"
        if response.status_code in UNWANTED:
            return RequestRefused(text)
        if response.status_code == 429:
            pause = retry_after_seconds(response.headers.get("Retry-After"))
            self._limiter.slow_down(pause)
            return SlowDown(text, retry_after=pause)
        if response.status_code >= 500:
            return Unavailable(text)
        # It moved, was switched off or wants another key: true of every notice until somebody mends it.
        return Failure(f"{text}: check NOTICE_WEBHOOK_URL", code="webhook")


def webhook_url(settings: Settings) -> str:
    """Return the address. Raises MuseumError when none is configured."""
    if not settings.notice_webhook_url:
        raise MuseumError("no webhook is configured for notices: set NOTICE_WEBHOOK_URL")
    return settings.notice_webhook_url.get_secret_value()
