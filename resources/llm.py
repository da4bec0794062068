"""A language model over an OpenAI-compatible API (https://platform.openai.com/docs/api-reference/chat)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Self

from museum_assets.core.addresses import host_of, web_address
from museum_assets.core.failures import Malformed, MuseumError, RequestRefused, SlowDown, Unavailable
from museum_assets.core.settings import Settings
from resources.closing import Closing
from resources.http_answers import http_failures, retry_after_seconds
from resources.http_client import http_client

Message = Mapping[str, Any]
RETRIES = 2
"""Further attempts of the client library at 408, 409, 429, 5xx and broken connections; it obeys Retry-After up to a
minute."""


MAX_TOKENS = 4_000
"""Most tokens of an answer. A record takes some hundreds; a document may tell the model to write without an end."""
CHARACTERS_PER_TOKEN = 4
"""Of English text. It serves where a server does not say how many tokens a request took."""


class NoModel(MuseumError):
    """No language model is configured."""


class Llm(Closing):
    """A model that answers a conversation with text. Safe to share between threads; `close` it."""

    def __init__(
        self,
        base_url: str,
        model: str,
        api_key: str | None = None,
        *,
        timeout: float = 60.0,
        retries: int = RETRIES,
        max_tokens: int = MAX_TOKENS,
    ) -> None:
        from openai import OpenAI

        self.model = model
        self.base_url = web_address(base_url)
        self.max_tokens = max_tokens
        self.tokens = 0
        """How many tokens the answered requests took so far, answers included."""
        self._counting = Lock()
        self._key = api_key
        http = http_client(timeout=timeout, deadline=timeout, follow_redirects=True)
        # The library insists on a key and would otherwise take OPENAI_API_KEY, meant for somebody else's server.
        self._client = OpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            timeout=timeout,
            max_retries=retries,
            http_client=http,  # type: ignore[arg-type] # it takes clients of httpx and of httpx2
        )

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Make the configured model. Raises NoModel saying what to set."""
        given = {"LLM_BASE_URL": settings.llm_base_url, "LLM_MODEL": settings.llm_model}
        unset = [name for name, value in given.items() if not value]
        if unset or not settings.llm_base_url or not settings.llm_model:
            raise NoModel(
                f"no language model is configured, so documents cannot be read: set {' and '.join(unset)} "
                "(and LLM_API_KEY where the server wants a key); any OpenAI-compatible API will do"
            )
        key = settings.llm_api_key
        secret = key.get_secret_value() if key else None
        return cls(
            settings.llm_base_url,
            settings.llm_model,
            secret,
            timeout=settings.llm_timeout,
            max_tokens=settings.llm_max_tokens,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def answer(self, messages: Sequence[Message]) -> str:
        """Return the model's answer to a conversation.

        Raises Unavailable or SlowDown after the retries, RequestRefused for what the model will not read, Malformed
        for an answer that is cut off or none, and MuseumError when key, model or address are wrong.
        """
        with self._translated():
            done = self._client.chat.completions.create(
                model=self.model,
                messages=list(messages),  # type: ignore[arg-type]
                max_tokens=self.max_tokens,
            )
        choices = getattr(done, "choices", None)
        self._count(getattr(done, "usage", None), messages, choices)
        if not choices or choices[0].message is None:
            raise Malformed(f"{self._name()} answered without a message: is LLM_BASE_URL an OpenAI-compatible API?")
        choice = choices[0]
        if choice.finish_reason == "length":
            said = f"{self._name()} stopped in mid-answer, at the {self.max_tokens:,} tokens of LLM_MAX_TOKENS"
            raise Malformed(said, code="cut_off")
        if choice.finish_reason == "content_filter" or getattr(choice.message, "refusal", None):
            raise RequestRefused(f"{self._name()} refuses to read this", code="refused_by_model")
        # Half of a surrogate pair is valid in JSON, and can be neither sent nor stored.
        return (choice.message.content or "").encode("utf-8", "replace").decode()

    def _count(self, usage: Any, messages: Sequence[Message], choices: Any) -> None:
        """Add what a request took: what the server says, or else what its texts come to."""
        said = getattr(usage, "total_tokens", None)
        texts = [str(message["content"]) for message in messages if isinstance(message["content"], str)]
        texts += [str(getattr(choice.message, "content", "")) for choice in choices or ()]
        estimate = sum(map(len, texts)) // CHARACTERS_PER_TOKEN
        with self._counting:
            self.tokens += said if isinstance(said, int) and said > 0 else estimate

    def _name(self) -> str:
        return f"the model {self.model} at {host_of(self.base_url)}"

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the library's errors into the platform's."""
        import openai

        try:
            with http_failures(self._name()):
                yield
        except openai.APITimeoutError as error:
            raise Unavailable(f"{self._name()} did not answer in time (LLM_TIMEOUT). Run this again later") from error
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            raise Unavailable(f"{self._name()} cannot be reached: {cause}. Run this again later") from error
        except openai.APIStatusError as error:
            raise self._judged(error) from None  # which quotes the server without the key in what it says
        except openai.OpenAIError as error:
            raise Malformed(f"{self._name()} gave an unreadable answer: {error}") from error

    def _judged(self, error: Any) -> MuseumError:
        """Return what an unsuccessful answer means: for these documents, for now, or for everything."""
        status = error.status_code
        # Some servers quote the key that they refuse.
        reason = str(error).replace(self._key or "\0", "…")
        said = f"{self._name()} answered {status}: {reason[:300]}"
        if status in (401, 403):
            return MuseumError(f"{said}. Set LLM_API_KEY to a key that may use this model")
        if status in (404, 405):
            return MuseumError(f"{said}. Check LLM_BASE_URL and LLM_MODEL")
        wait = retry_after_seconds(error.response.headers.get("Retry-After"))
        if status == 429:
            return SlowDown(f"{said}. The limit is used up, run this again later", retry_after=wait)
        if status in (408, 409) or status >= 500:
            return Unavailable(f"{said}. Run this again later", retry_after=wait)
        return RequestRefused(f"{said}. Look at the document, then run this with retry_failed", code="refused_by_model")
