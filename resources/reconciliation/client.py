"""Asking an authority in batches, at a pace that all runs share; what one question spoils is found and fails alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import httpx
import orjson

from museum_assets.core.addresses import shown_address
from museum_assets.core.failures import Failure, Gone, Malformed, MuseumError, RequestRefused, SlowDown
from museum_assets.core.json_pages import read_whole
from resources.closing import Closing
from resources.http_answers import classify, http_failures, media_type, read_body
from resources.http_client import http_client
from resources.museum_http import Limiter, politely
from resources.reconciliation.protocol import Question, read_candidates, read_rows

T = TypeVar("T")
Candidates = list[dict[str, Any]]
TIMEOUT = 60.0
"""Seconds of silence: a batch of ten took Wikidata's service up to 30."""
AGAIN = 2
"""Attempts with a part of a batch that did not get through as a whole."""


class ReconciliationClient(Closing):
    """The authority at one address. Use it as a context manager or `close` it; thread safe."""

    def __init__(
        self,
        url: str,
        *,
        limiter: Limiter,
        user_agent: str,
        batch: int = 10,
        timeout: float = TIMEOUT,
        attempts: int = 5,
        backoff: float = 1.0,
    ) -> None:
        self.url = url
        self.batch = batch
        self.requests = 0
        """Requests that were sent, those that failed included."""
        self._limiter = limiter
        self._attempts = attempts
        self._backoff = backoff
        self._client = http_client(timeout=timeout, headers={"User-Agent": user_agent, "Accept": "application/json"})

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def manifest(self, attempts: int | None = None) -> dict[str, Any]:
        """Return what the service says of itself. Raises MuseumError where no such service answers."""
        try:
            found = self._politely(None, attempts)
        except (Gone, RequestRefused) as failure:
            raise self._no_service(str(failure)) from failure
        if not isinstance(found, dict) or "identifierSpace" not in found:
            raise self._no_service("it has no identifierSpace")
        return found

    def ask(self, questions: Sequence[Question]) -> list[Candidates | Failure]:
        """Return the candidates for each question, in order, or why there are none.

        Raises SlowDown and Unavailable when the authority is down or wants to be left alone, so that no question is
        blamed for it, and MuseumError when the address is none of an authority.
        """

        def once(some: Sequence[Question], attempts: int | None) -> list[Candidates | Failure]:
            keys = [f"q{place}" for place in range(len(some))]
            queries = {key: question.query() for key, question in zip(keys, some, strict=True)}
            found = read_candidates(self._politely({"queries": orjson.dumps(queries).decode()}, attempts), keys)
            return [found[key] for key in keys]

        return self._in_parts(questions, self.batch, once)

    def extend(self, ids: Sequence[str], properties: Sequence[str]) -> list[dict[str, list[str]] | Failure]:
        """Return {property: values} of each entry, in order, or why there is none. Raises as `ask` does."""

        def once(some: Sequence[str], attempts: int | None) -> list[dict[str, list[str]] | Failure]:
            asked = {"ids": list(some), "properties": [{"id": each} for each in properties]}
            rows = read_rows(self._politely({"extend": orjson.dumps(asked).decode()}, attempts), some, properties)
            return [rows[each] for each in some]

        # An entry is a line of an answer, and a question a search: five entries cost less than one of those.
        return self._in_parts(ids, 5 * self.batch, once)

    def suggest(self, prefix: str) -> Candidates:
        """Return entries {id, name, description} whose name begins so. Raises MuseumError where none are suggested."""
        entity = self.manifest().get("suggest", {}).get("entity", {})
        place = f"{entity.get('service_url', '')}{entity.get('service_path', '')}"
        if httpx.URL(place).host != httpx.URL(self.url).host:
            raise MuseumError(f"the authority at {shown_address(self.url)} suggests nothing on its own host")
        found = self._politely(None, url=str(httpx.URL(place, params={"prefix": prefix})))
        return [each for each in found.get("result", []) if isinstance(each, dict)]

    def _in_parts(
        self, items: Sequence[Any], size: int, once: Callable[[Sequence[Any], int | None], list[Any]]
    ) -> list[Any]:
        results: list[Any] = []
        for start in range(0, len(items), size):
            part = self._isolating(items[start : start + size], once, None)
            if len(part) > 1 and all(isinstance(result, RequestRefused) for result in part):
                raise MuseumError(
                    f"{part[0]} So it is with each of {len(part)}: RECONCILIATION_TYPE or RECONCILIATION_PROPERTIES, "
                    "or those of places, RECONCILIATION_PLACE_TYPE or RECONCILIATION_PLACE_PROPERTIES, may name what "
                    f"{shown_address(self.url)} does not know"
                )
            results += part
        return results

    def _isolating(
        self, items: Sequence[Any], once: Callable[[Sequence[Any], int | None], list[Any]], attempts: int | None
    ) -> list[Any]:
        """Ask for some together; halve them while the service does not answer, until one stands alone.

        A service that does not answer for its manifest either is down, and nobody's question is at fault.
        """
        try:
            return once(items, attempts)
        except SlowDown:
            raise
        except Failure as failure:
            if isinstance(failure, Gone):
                raise self._no_service(str(failure)) from failure
            self.manifest(attempts=AGAIN)
            if len(items) == 1:
                return [failure]
        half = len(items) // 2
        return self._isolating(items[:half], once, AGAIN) + self._isolating(items[half:], once, AGAIN)

    def _politely(self, form: dict[str, str] | None, attempts: int | None = None, *, url: str = "") -> Any:
        what = f"the authority at {shown_address(self.url)}"

        def once() -> Any:
            self.requests += 1
            method = "POST" if form else "GET"
            with http_failures(what), self._client.stream(method, url or self.url, data=form) as response:
                if moved := response.next_request:
                    # Not followed: no other host than the one that was set is asked.
                    raise MuseumError(f"{what} has moved: set RECONCILIATION_URL to {shown_address(str(moved.url))}")
                if failure := classify(response, what):
                    raise failure
                body = read_body(response, what)
            if media_type(response) == "text/html":
                # Public services answer 200 with a page when they have too much to do.
                raise SlowDown(f"{what} answered with a page instead of JSON: it has too much to do. Run this later.")
            try:
                return read_whole(body)
            except ValueError as error:
                raise Malformed(f"{what} answered with {len(body):,} bytes that are no JSON: {error}") from error

        return politely(once, limiter=self._limiter, attempts=attempts or self._attempts, backoff=self._backoff)

    def _no_service(self, why: str) -> MuseumError:
        return MuseumError(
            f"no Reconciliation Service answers at {shown_address(self.url)}: {why}. Set RECONCILIATION_URL to the "
            "address of one, such as https://wikidata-reconciliation.wmcloud.org/en/api"
        )
