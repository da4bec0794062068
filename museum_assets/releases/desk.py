"""The desk that releases are made at: both databases, and what a release has outside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases.rows import connected, settle
from museum_assets.releases.rules import Candidate, ObjectListing
from museum_assets.releases.schema import require_same_shape, tables_of
from museum_assets.releases.staging.limits import Limits, limits
from resources.platform import Platform
from resources.postgres import Connection, Database
from resources.vector_index.session import VectorIndex

LOCK = "release"
"""The museum's lock in production: one at a time promotes, restores or prunes."""


class Outside(Protocol):
    """The vector index and the thumbnails of production."""

    def add(self, museum: str, release_id: int, base: int | None, on_progress: OnLine = no_line) -> dict[str, int]:
        """Make what the release needs beyond its base; repeating it finishes what was begun."""
        ...

    def verify(self, museum: str, release_id: int) -> list[str]:
        """Return what is wrong, nothing when all is there."""
        ...

    def show(self, museum: str, release_id: int) -> None:
        """Give readers what they search a verified release by, before its pointer moves."""
        ...

    def undo(self, museum: str, release_id: int) -> None:
        """Undo `add`, however far it came."""
        ...

    def prune(self, museum: str, kept: Collection[int]) -> dict[str, int]:
        """Remove what none of the kept releases shows."""
        ...


@dataclass(frozen=True, slots=True)
class ReleaseDesk:
    """Everything a release is made with.

    `limits` returns how far a museum may drift, `canary` what is wrong with what its readers get, and `kept` is the
    number of releases that a prune leaves. `demo` says whether the demo's model may be a release's.
    """

    platform: Database
    production: Database
    outside: Outside
    bucket: ObjectListing
    index: VectorIndex
    canary: Callable[[str], list[str]]
    limits: Callable[[str], Limits]
    kept: int
    demo: bool = False

    @property
    def same(self) -> bool:
        """Say whether production is the platform's own database."""
        return self.platform.url == self.production.url

    @contextmanager
    def locked(self, museum: str) -> Iterator[Connection]:
        """Hold the museum's lock in production; what changes its releases is done on this connection. Raises Busy."""
        with self.production.lock(museum, LOCK) as production:
            settle(production)
            yield production

    @contextmanager
    def connections(self, production: Connection | None = None) -> Iterator[tuple[Connection, Connection]]:
        """Open connections to the platform and to production, one for both where they are one database."""
        if production is None:
            with connected(self.production) as opened, self.connections(opened) as both:
                yield both
        elif self.same:
            yield production, production
        else:
            with connected(self.platform) as platform:
                yield platform, production

    @contextmanager
    def candidate(self, museum: str, production: Connection | None = None) -> Iterator[Candidate]:
        """Open a museum's candidate. Raises ShapeDrift."""
        with self.connections(production) as (platform, opened):
            require_same_shape(platform, opened)
            tables = tables_of(opened, museum)
            yield Candidate(museum, platform, opened, tables, self.limits(museum), self.bucket, self.index, self.demo)


def release_desk(platform: Platform) -> ReleaseDesk:
    """Return the desk as configured. Raises NotRunning."""
    from museum_assets.releases.outside.outside import points_and_thumbnails
    from museum_assets.releases.promotion.canary import canary

    database, production = platform.database(), platform.production()
    return ReleaseDesk(
        platform=database,
        production=production,
        outside=points_and_thumbnails(platform),
        bucket=platform.thumbnails(),
        index=platform.vector_index(),
        canary=canary(platform),
        limits=partial(limits, platform),
        kept=platform.settings.releases_kept,
        demo=platform.settings.profile == "demo",
    )
