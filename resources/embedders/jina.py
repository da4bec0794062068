"""Jina image and text vectors: jina-clip-v2 over its embeddings API (https://api.jina.ai/redoc)."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import httpx
import numpy as np
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from museum_assets.core.addresses import web_address
from museum_assets.core.failures import Failure, Malformed, MuseumError, RequestRefused, SlowDown, Unavailable
from museum_assets.core.postgres_address import BadAddress
from resources.closing import Closing
from resources.embedders.embedder import Vector, unit
from resources.http_answers import http_failures, media_type, retry_after_seconds, said_by
from resources.http_client import http_client
from resources.rate_limit import PATIENCE

API_URL = "https://api.jina.ai/v1/embeddings"
MODEL = "jina-clip-v2"
IMAGE_BATCH, TEXT_BATCH = 16, 128
"""Inputs per request; 16 thumbnails of 800 pixels are about 3 MB in base64."""

TIMEOUT, DEADLINE = 120.0, 180.0
"""Seconds of silence, and for a whole request."""
COMPARE = "Run this again; if it stays, compare https://api.jina.ai/redoc with resources/embedders/jina.py."


class JinaEmbedder(Closing):
    """jina-clip-v2 with 1,024 numbers. Waits out 429 and 5xx; use it as a context manager or `close` it."""

    name = "jina"
    dimension = 1024
    contract = f"{MODEL}:{dimension}:api"

    def __init__(self, api_key: str, *, url: str = API_URL, attempts: int = 5, first_wait: float = 1.0) -> None:
        if not api_key:
            raise MuseumError("The Jina API needs a key. Set JINA_API_KEY, or leave the Jina vectors out.")
        try:
            self._url = web_address(url)
        except BadAddress as error:
            raise MuseumError(f"JINA_API_URL is {error}. Set it to an address such as {API_URL}.") from None
        self._client = http_client(
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
            timeout=TIMEOUT,
            deadline=DEADLINE,
        )
        self._patiently = Retrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(attempts),
            wait=_AsAsked(multiplier=first_wait, max=60 * first_wait, jitter=first_wait),
            reraise=True,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def embed_images(self, images: Sequence[bytes]) -> list[Vector | Failure]:
        """Embed encoded images, in order. Raises MuseumError when the key or the balance is refused."""
        return self._embed([{"image": base64.b64encode(image).decode("ascii")} for image in images], IMAGE_BATCH)

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        """Embed texts, in order. Raises as `embed_images` does."""
        return self._embed([{"text": text} for text in texts], TEXT_BATCH)

    def _embed(self, inputs: list[dict[str, str]], size: int) -> list[Vector | Failure]:
        results: list[Vector | Failure] = []
        while len(results) < len(inputs):
            batch = inputs[len(results) : len(results) + size]
            try:
                results += _blame(self._isolating(batch))
            except (Unavailable, SlowDown) as failure:
                # It had its retries: the rest of this call would wait as long again, batch after batch, for nothing.
                results += [failure] * (len(inputs) - len(results))
        return results

    def _isolating(self, inputs: list[dict[str, str]]) -> list[Vector | Failure]:
        """Embed one batch; halve it while the API refuses it, until a refused input stands alone."""
        try:
            return self._patiently(self._request, inputs)
        except Malformed as failure:
            return [failure] * len(inputs)
        except RequestRefused as failure:
            if len(inputs) == 1:
                return [failure]
            half = len(inputs) // 2
            return self._isolating(inputs[:half]) + self._isolating(inputs[half:])

    def _request(self, inputs: list[dict[str, str]]) -> list[Vector | Failure]:
        body = {
            "model": MODEL,
            "dimensions": self.dimension,
            "normalized": True,
            "embedding_type": "float",
            "input": inputs,
        }
        with http_failures(f"The Jina API at {self._url}"):
            response = self._client.post(self._url, json=body)
        if not response.is_success:
            raise _judge(response, said_by(response))
        return self._read(response, len(inputs))

    def _read(self, response: httpx.Response, count: int) -> list[Vector | Failure]:
        """Read the vectors by their `index`, since the order of the answer is not promised."""
        try:
            rows = {row["index"]: np.asarray(row["embedding"], np.float32) for row in response.json()["data"]}
        except (ValueError, TypeError, KeyError) as error:
            raise Malformed(
                f"The Jina API's answer is unreadable: {type(error).__name__} {error}. {COMPARE}"
            ) from error
        shapes = {vector.shape for vector in rows.values()}
        if rows.keys() != set(range(count)) or shapes != {(self.dimension,)}:
            raise Malformed(
                f"The Jina API answered {count} inputs with vectors {sorted(rows)[:20]} of the shapes {shapes}, not "
                f"({self.dimension},). {COMPARE}"
            )
        return [unit(rows[place]) for place in range(count)]


def _judge(response: httpx.Response, reason: str) -> MuseumError:
    """Return what an unsuccessful answer means: for one input, for now, or for the whole account."""
    status = response.status_code
    said = f"The Jina API answered {status} {response.reason_phrase}: {reason!r}."
    if status in (401, 402) or (status == 403 and "json" in media_type(response)):
        # Not a Failure: it is nobody's record's fault, and must not end up in the ledger of any.
        return MuseumError(f"{said} Set JINA_API_KEY to a valid key with a balance (https://jina.ai/api-dashboard).")
    if status in (404, 405, 410):
        return MuseumError(f"{said} Set JINA_API_URL to the address of the embeddings API, such as {API_URL}.")
    if status in (403, 429):
        wait = retry_after_seconds(response.headers.get("Retry-After"))
        return SlowDown(f"{said} The account's rate limit is used up. Run this again later.", retry_after=wait)
    if status == 408 or status >= 500:
        wait = retry_after_seconds(response.headers.get("Retry-After"))
        return Unavailable(f"{said} The API is in trouble. Run this again later.", retry_after=wait)
    return RequestRefused(
        f"{said} Correct the image or text, then run this with retry_failed.", code="refused_by_model"
    )


def _blame(results: list[Vector | Failure]) -> list[Vector | Failure]:
    """Take back the verdict on inputs that were all refused alike: then the request is more likely at fault."""
    if len(results) > 1 and all(isinstance(result, RequestRefused) for result in results):
        return [Failure(str(result), code="refused_all", permanent=False) for result in results]
    return results


def _may_pass(error: BaseException) -> bool:
    # A longer Retry-After is left to a later run.
    return isinstance(error, (Unavailable, SlowDown)) and (error.retry_after or 0.0) <= PATIENCE


class _AsAsked(wait_exponential_jitter):
    """Waits as long as the server asks, else exponentially."""

    def __call__(self, retry_state: RetryCallState) -> float:
        failure = retry_state.outcome and retry_state.outcome.exception()
        asked = failure.retry_after if isinstance(failure, Failure) else None
        return super().__call__(retry_state) if asked is None else asked
