"""What a Qdrant server's refusals and silences mean: which failure each is, and what a person does about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from json import JSONDecodeError
from typing import TYPE_CHECKING, Literal, TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from museum_assets.core.failures import MuseumError, RequestRefused, SlowDown, Unavailable

if TYPE_CHECKING:
    from qdrant_client.http.exceptions import UnexpectedResponse

T = TypeVar("T")
Intent = Literal["read", "write", "make", "change"]
"""What a request does: read the collection, write to it, make it, or change its layout."""

PATIENTLY = Retrying(
    retry=retry_if_exception_type((Unavailable, SlowDown)),
    stop=stop_after_attempt(4),
    wait=wait_exponential_jitter(multiplier=1, max=10),
    reraise=True,
)
"""Every write here may be repeated without harm, so that a server's restart is waited out, about 7 s in all."""

REFUSED: dict[Intent, tuple[str, str]] = {
    "read": ("reading", "read it; a read-only key is enough"),
    "write": ("writing to", "write to it; a read-only key is not enough"),
    "make": ("making", "make collections, as only one for the whole server may"),
    "change": ("changing", "change the layout of collections, as only one for the whole server may"),
}
"""Intent -> (what was refused, what the key must be able to do)."""
STRANGE = "something that Qdrant does not say"


@dataclass(frozen=True)
class Attempt:
    """A request to a server, as its failure is told."""

    rest: str
    grpc: str
    """The server's addresses, as they may be shown."""
    collection: str
    intent: Intent

    @contextmanager
    def mapped(self) -> Iterator[None]:
        """Turn what the client raises inside into the platform's failures."""
        import grpc  # type: ignore[import-untyped]
        from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
        from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

        try:
            yield
        except grpc.RpcError as error:
            code = error.code().name  # type: ignore[attr-defined]  # a failed call is also a grpc.Call
            raise self.failure(code, f"{code}: {error.details()}", self.grpc) from error  # type: ignore[attr-defined]
        except ResourceExhaustedResponse as error:
            raise SlowDown(str(self.failure("429", str(error))), retry_after=error.retry_after_s) from error
        except UnexpectedResponse as error:
            raise self._refusal(error) from error
        except ResponseHandlingException as error:
            if isinstance(error.source, ValueError):
                raise self._not_qdrant(STRANGE) from error
            raise self._unreachable(str(error.source)) from error
        except (JSONDecodeError, UnicodeDecodeError) as error:
            raise self._not_qdrant(STRANGE) from error

    def _refusal(self, error: UnexpectedResponse) -> MuseumError:
        """Return the failure of an HTTP refusal, in the server's words; a proxy's has none, or a page."""
        status = f"{error.status_code} {error.reason_phrase}"
        try:
            said = f": {error.structured()['status']['error']}"
        except (ValueError, LookupError, TypeError):
            # Qdrant gives a reason for every refusal. A path that leads nowhere, or elsewhere, is not Qdrant's.
            if error.status_code in {301, 302, 307, 308, 404, 405}:
                return self._not_qdrant(status)
            said = ""
        return self.failure(str(error.status_code), status + said)

    def _unreachable(self, why: str) -> MuseumError:
        """Return the failure of a request without an answer."""
        # Python puts the system's number in front: "[Errno 111] Connection refused".
        why = re.sub(r"^\[Errno -?\d+\] ", "", why) or "no answer in time"
        return self._unanswered(f"Qdrant at {self.rest} cannot be reached: {why.rstrip('.')}.", self.rest)

    def _not_qdrant(self, text: str) -> MuseumError:
        return MuseumError(
            f"{self.rest} answered {text}, so it is no Qdrant server. Check that QDRANT_URL is the address of the "
            "server's REST port, with the path that a proxy wants before it."
        )

    def failure(self, code: str, text: str, address: str | None = None) -> MuseumError:
        """Return the failure for a gRPC status name or an HTTP status code."""
        address, text = address or self.rest, text.strip()[:300].rstrip(".")
        said, name = f"Qdrant at {address} answered {text}.", self.collection
        if code in {"UNAUTHENTICATED", "PERMISSION_DENIED", "401", "403"}:
            refused, needed = REFUSED[self.intent]
            return MuseumError(
                f"Qdrant at {address} refused {refused} {name}: {text}. Set QDRANT_API_KEY to a key that may {needed}."
            )
        if code in {"RESOURCE_EXHAUSTED", "429"}:
            return SlowDown(f"{said} It is overloaded; the work list is kept, run this again later.")
        # INTERNAL is 500 over gRPC: a cluster's node says it of a peer that is down ("Failed to connect to …:6335").
        if code in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "INTERNAL"} or code.startswith("5"):
            return self._unanswered(said, address)
        if code in {"NOT_FOUND", "404"}:
            return MuseumError(f"{said} Call ensure_collection before writing to {name} or searching it.")
        asked = f"{said} Was {name} made by this platform, and is the server new enough?"
        return RequestRefused(asked) if code in {"INVALID_ARGUMENT", "400", "422"} else MuseumError(asked)

    def _unanswered(self, said: str, address: str) -> MuseumError:
        if "CERTIFICATE_VERIFY_FAILED" in said:
            return MuseumError(f"{said} Set QDRANT_CA to the file of the authority that signed its certificate.")
        settings = "QDRANT_URL is" if address == self.rest else "QDRANT_URL and QDRANT_GRPC_PORT are"
        return Unavailable(
            f"{said} Check that {settings} right and that the server runs, every node of it, then run this again: "
            "finished work is kept."
        )


def patiently(attempt: Attempt, call: Callable[[], T]) -> T:
    """Return what the call returns, trying again while the server is away or overloaded. Raises MuseumError."""

    def once() -> T:
        with attempt.mapped():
            return call()

    return PATIENTLY(once)
