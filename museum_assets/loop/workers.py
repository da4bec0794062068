"""Who does the costly part of a stage: threads of this process, or Ray's actors on other machines.

A stage cuts its work into parcels and keeps lock, ledger and transactions. What is done to a parcel, the stage's part,
needs none of them, so that it can be done anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from museum_assets.loop.concurrently import concurrently
from resources.platform import Platform

Part = Callable[[Any], Any]
"""The costly part of a stage: the answer to one parcel. Raises MuseumError when it cannot go on; doing a parcel twice
does no harm."""


@dataclass(frozen=True)
class PartSpec:
    """How a part is opened, on whichever machine it works. Both functions travel to Ray's actors."""

    open: Callable[[Platform, str], AbstractContextManager[Part]]
    contract: Callable[[Platform, str], str]
    """Returns what its answers depend on besides the parcel: all workers of a run have to agree on it."""
    at_once: Callable[[Platform], int] = lambda _: 1
    """Returns the parcels that one worker has in hand at a time."""
    model: bool = False
    """Whether it is a model, which takes a GPU where the cluster has some."""


class Workers(Protocol):
    """Those who do a stage's part."""

    def map(self, parcels: Iterable[Any]) -> Iterator[Any]:
        """Yield the answers in the order of the parcels, of which few are in flight. Raises what the part raised."""
        ...


@dataclass(frozen=True)
class Threads:
    """Threads of this process."""

    part: Part
    at_once: int = 1

    def map(self, parcels: Iterable[Any]) -> Iterator[Any]:
        """Do `at_once` parcels at a time."""
        return concurrently(self.part, parcels, self.at_once)


@contextmanager
def open_workers(spec: PartSpec, platform: Platform, slug: str) -> Iterator[Workers]:
    """Open the configured workers for a museum. Raises MuseumError when there are none."""
    if platform.settings.workers == "ray":
        from museum_assets.loop.ray_workers import open_ray_workers

        with open_ray_workers(spec, platform, slug) as actors:
            yield actors
    else:
        with spec.open(platform, slug) as part:
            yield Threads(part, spec.at_once(platform))
