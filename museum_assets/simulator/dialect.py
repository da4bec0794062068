"""What a museum's API is to the simulator: one subclass in one file for each museum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator.facts import Facts, Record
from museum_assets.simulator.hostile import encoded
from museum_assets.simulator.works import SimulatedWork, Traits

if TYPE_CHECKING:
    from pathlib import Path

Handler = Callable[[Any, Request], Awaitable[Response]]
"""Answers a request from the museum's `Collection`, which knows dialects and not the other way round."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route of a museum's API. `kind` is what `GET /_control` counts its requests under."""

    kind: str
    path: str
    handler: Handler
    methods: tuple[str, ...] = ("GET",)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the server needs to know of a recorded record."""

    id: str
    object_number: str
    facts: Facts
    text: str


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """One image request: the work, and the size as `iiif.target` takes it."""

    n: int
    size: str = "max"
    image_format: str = "JPEG"


class Dialect(ABC):
    """One museum's way of naming, writing, listing and refusing. It holds no state."""

    slug: ClassVar[str]
    api_path: ClassVar[str] = ""
    """What MUSEUM_API_<SLUG> replaces, below the museum's prefix on this server."""
    first_id: ClassVar[int]
    """Internal id of synthetic work 0; the others follow one by one."""
    words: ClassVar[Mapping[str, str]] = {}
    """The museum's words, in lower case, for the kinds in `works.KINDS`; for recorded records."""

    def id(self, n: int) -> str:
        """Return the internal id of a synthetic work."""
        return str(self.first_id + n)

    def number(self, record_id: str) -> int | None:
        """Return the synthetic work with this internal id."""
        return int(record_id) - self.first_id if record_id.isascii() and record_id.isdigit() else None

    def kinds(self, word: str) -> frozenset[str]:
        """Return the canonical kinds of one of the museum's words (or of a kind itself)."""
        return frozenset({self.words.get(word.lower(), word.lower())})

    def groups(self, n: int, traits: Traits) -> frozenset[str]:  # noqa: ARG002 - for MET and RMA
        """Return the departments or sets of a synthetic work."""
        return frozenset()

    @abstractmethod
    def object_number(self, n: int) -> str:
        """Return the public number of a synthetic work."""

    @abstractmethod
    def synthetic(self, work: SimulatedWork, base: str) -> Record:
        """Write a synthetic work as this museum would."""

    @abstractmethod
    def recorded(self, folder: Path) -> list[Record]:
        """Load the museum's own records, each object once. `folder` is museum_records/<slug>."""

    @abstractmethod
    def read(self, record: Record) -> Recorded:
        """Read what the server must know of a recorded record."""

    @abstractmethod
    def with_images(self, record: Record, n: int, base: str) -> Record:
        """Return a recorded record whose image URLs lead to this server."""

    @abstractmethod
    def touched(self, record: Record, version: int, modified: datetime) -> Record:
        """Return the record with another title for each version above 0, and a later date of change."""

    @abstractmethod
    def image_key(self, n: int) -> str:
        """Return the name under which image URLs carry a work."""

    @abstractmethod
    def image(self, path: str) -> ImageRequest | None:
        """Read an image path below /images/<slug>/; None when there is no such address."""

    @abstractmethod
    def endpoints(self) -> list[Endpoint]:
        """Return the API's routes, below the museum's prefix."""

    @abstractmethod
    def not_found(self) -> Response:
        """Answer an address that the API does not have."""

    def padded(self, record: Record, characters: int) -> Record:
        """Return the record made longer, for huge pages."""
        return {**record, "simulator_padding": "x" * characters}


def json_response(content: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(encoded(content), status, media_type="application/json")


def base_url(request: Request) -> str:
    """Return the server's own URL as the client reached it, without a trailing slash."""
    return f"{request.url.scheme}://{request.url.netloc}"


def whole_number(params: Mapping[str, str], name: str, default: int, *, least: int = 0) -> int:
    """Read a numeric parameter; raises ValueError naming the parameter when it is not a number or too small."""
    text = params.get(name)
    if text is None or text == "":
        return default
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, not {text!r}")
    return int(text)


def iso(unix_seconds: float, timezone: Any) -> str:
    """Write Unix seconds as ISO 8601."""
    return datetime.fromtimestamp(unix_seconds, timezone).isoformat(timespec="seconds")
