"""What a release has outside Postgres: its points in the vector index and its thumbnails in S3.

All of it can be made before the release is committed and kept after, since no reader meets it: a reader asks the
index for the release that the pointer names, and S3 for the object that a row of that release names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from museum_assets.failures import MuseumError
from museum_assets.releases.change import change
from museum_assets.releases.points import prune_points, publish_points, verify_points, withdraw_points
from museum_assets.releases.thumbnails import prune_thumbnails, publish_thumbnails, verify_thumbnails
from museum_assets.settings import Settings
from resources.postgres import Database
from resources.s3 import ObjectStore
from resources.vector_index.index import VectorIndex


def silent(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The index and the thumbnails of production. One museum's lock is held by whoever calls these."""

    production: Database
    platform: Database
    index: VectorIndex
    source: ObjectStore
    thumbnails: ObjectStore

    def publish(
        self, museum: str, release_id: int, base: int | None, progress: Callable[[str], None] = silent
    ) -> dict[str, int]:
        """Make what a release needs beyond its base, the newest ready release, whose points have no end yet.

        Repeating it finishes what was begun; `withdraw` undoes it. Raises MuseumError when the base is another, when
        staging moved on, or when a vector is missing.
        """
        with self.production.connect() as conn, self.platform.connect() as cache:
            step = change(conn, museum, release_id)
            if step.base != base:
                raise MuseumError(
                    f"Release {release_id} of {museum} cannot be published on release {base}: the newest ready one is "
                    f"{step.base}. Promote again."
                )
            remedy = (
                f"In bucket {self.source.bucket} staging changed since staging_database of {museum} was made: "
                "materialise it again, then promote again."
            )
            counts = publish_thumbnails(
                conn, lambda row: self.source.get(row["source_key"]), self.thumbnails, step, remedy
            )
            return counts | publish_points(conn, cache, self.index, step, progress)

    def verify(self, museum: str, release_id: int) -> list[str]:
        """Return what the index and the bucket lack or have too much of, compared with the release's rows."""
        with self.production.connect() as conn:
            step = change(conn, museum, release_id)
            return verify_points(conn, self.index, step) + verify_thumbnails(conn, self.thumbnails, step)

    def withdraw(self, museum: str, release_id: int) -> None:
        """Undo `publish`, however far it came. Objects that only this release showed go with the next `prune`."""
        withdraw_points(self.index, museum, release_id)

    def prune(self, museum: str, kept: Collection[int]) -> dict[str, int]:
        """Remove what none of the kept releases shows."""
        with self.production.connect() as conn:
            counts = prune_thumbnails(conn, self.thumbnails, museum, kept)
        return counts | prune_points(self.index, museum, kept)


def from_settings(settings: Settings) -> Outside:
    """Return the index and the buckets that are configured. Raises NotRunning."""
    from resources import platform

    return Outside(
        platform.production(settings),
        platform.database(settings),
        platform.production_index(settings),
        platform.thumbnails(settings),
        platform.production_thumbnails(settings),
    )
