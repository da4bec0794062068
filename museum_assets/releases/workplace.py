"""Where a release is made and published: both databases, and what belongs to it outside of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.releases.limits import Limits, limits
from museum_assets.releases.rows import connected, settle
from museum_assets.releases.schema import prepare, require_same_shape, tables_of
from museum_assets.releases.validation import Bucket, Candidate
from museum_assets.settings import Settings
from resources.postgres import Connection, Database
from resources.vector_index.index import VectorIndex

LOCK = "release"
"""The museum's lock in production: one at a time promotes, restores or prunes."""


class Outside(Protocol):
    """The vector index and the thumbnails of production."""

    def publish(
        self, museum: str, release_id: int, base: int | None, progress: Callable[[str], None] = ...
    ) -> dict[str, int]:
        """Make what the release needs beyond its base; repeating it finishes what was begun."""
        ...

    def verify(self, museum: str, release_id: int) -> list[str]:
        """Return what is wrong, nothing when all is there."""
        ...

    def withdraw(self, museum: str, release_id: int) -> None:
        """Undo `publish`, however far it came."""
        ...

    def prune(self, museum: str, kept: Collection[int]) -> dict[str, int]:
        """Remove what none of the kept releases shows."""
        ...


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a promotion works with. `canary` returns what is wrong with what readers of a museum get."""

    platform: Database
    production: Database
    outside: Outside
    bucket: Bucket
    index: VectorIndex
    canary: Callable[[str], list[str]]
    limits: Callable[[str], Limits]
    kept: int

    @property
    def same(self) -> bool:
        """Say whether production is the platform's own database."""
        return self.platform.url == self.production.url

    @contextmanager
    def locked(self, museum: str) -> Iterator[Connection]:
        """Hold the museum's lock in production; what changes its releases is done on this connection. Raises Busy."""
        with self.production.lock(museum, LOCK) as theirs:
            settle(theirs)
            yield theirs

    @contextmanager
    def connections(self, theirs: Connection | None = None) -> Iterator[tuple[Connection, Connection]]:
        """Open connections to the platform and to production, one for both where they are one database."""
        if theirs is None:
            with connected(self.production) as opened, self.connections(opened) as both:
                yield both
        elif self.same:
            yield theirs, theirs
        else:
            with connected(self.platform) as ours:
                yield ours, theirs

    @contextmanager
    def candidate(self, museum: str, theirs: Connection | None = None) -> Iterator[Candidate]:
        """Open a museum's candidate. Raises ShapeDrift."""
        with self.connections(theirs) as (ours, live):
            require_same_shape(ours, live)
            yield Candidate(museum, ours, live, tables_of(live, museum), self.limits(museum), self.bucket, self.index)


def workplace(settings: Settings) -> Workplace:
    """Return where releases are made, as configured; production elsewhere is brought to the newest schema.

    Raises NotRunning and DatabaseUnavailable.
    """
    from museum_assets.releases.canary import canary
    from museum_assets.releases.outside import from_settings
    from resources import platform

    ours, theirs = platform.database(settings), platform.production(settings)
    if ours.url != theirs.url:
        prepare(ours, theirs, {"collection": MUSEUMS, "kiosk": KIOSK_MUSEUMS})
    return Workplace(
        platform=ours,
        production=theirs,
        outside=from_settings(settings),
        bucket=platform.thumbnails(settings),
        index=platform.vector_index(settings),
        canary=canary(settings),
        limits=partial(limits, settings),
        kept=settings.releases_kept,
    )
