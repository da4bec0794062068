"""The first records of an OAI-PMH endpoint, for `museum new SLUG SOURCE --oai FORMAT`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from museum_assets.cli.museum_files import Shape
from museum_assets.core.failures import MuseumError, Rejected
from museum_assets.core.museum_settings import user_agent
from museum_assets.core.settings import read_settings
from museum_assets.museums.declared.museum import FORMATS
from museum_assets.museums.declared.oai import walk
from museum_assets.museums.declared.schema import Source
from resources.museum_http import MuseumClient

RECORDS = 400
"""Records of an endpoint that are looked at: a few requests."""
PAUSE = 1.0
"""Seconds between requests."""
TIMEOUT = 60.0


@dataclass(frozen=True)
class Found:
    """What a declaration is proposed from. `fields` makes an entry into the record that paths start in."""

    shape: Shape
    address: str
    entries: Callable[[], Iterable[Any]]
    fields: Callable[[Any], Any] = lambda entry: entry
    file: Path | None = None


class Pause:
    """A limiter for one process alone, which waits before each request."""

    def acquire(self) -> None:
        """Wait."""
        time.sleep(PAUSE)

    def slow_down(self, retry_after: float | None) -> None:
        """Wait as long as the host asks."""
        time.sleep(retry_after or 10 * PAUSE)

    def succeeded(self) -> None:
        """Nothing is learnt from that."""


def from_endpoint(slug: str, address: str, shape: str) -> Found:
    """Ask an endpoint for its first records. Raises MuseumError for an unknown format, Failure as the client does."""
    if shape not in FORMATS:
        raise MuseumError(f"{shape!r} is no format that is read: choose from {', '.join(FORMATS)}")
    base = address.partition("?")[0].rstrip("/")
    source = Source(kind="oai-pmh", address=base, format=shape, image_hosts=["unknown.example"])  # type: ignore[arg-type]
    payloads: list[Any] = []
    with MuseumClient(
        slug, base, limiter=Pause(), user_agent=user_agent(read_settings()), headers={}, timeout=TIMEOUT
    ) as client:
        for page in walk(slug, source, client, None, None):
            payloads += [record.payload for record in page.records]
            if len(payloads) >= RECORDS:
                break
    read = import_module(f"museum_assets.museums.declared.{FORMATS[shape]}").fields

    def fields(payload: Any) -> Any:
        try:
            return read(payload)
        except Rejected as rejection:
            return rejection

    return Found(Shape("oai-pmh", format=shape), base, lambda: payloads, fields)
