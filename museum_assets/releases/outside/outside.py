"""What a release has outside Postgres: its points in the vector index and its thumbnails in S3.

All of it can be made before the release is committed and kept after, since no reader meets it: a reader asks the
index for the release that the pointer names, and S3 for the object that a row of that release names.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from museum_assets.core.failures import MuseumError
from museum_assets.core.progress import OnLine, no_line
from museum_assets.releases import commands
from museum_assets.releases.outside.points import add_points, prune_points, undo_points, verify_points
from museum_assets.releases.outside.step import release_step
from museum_assets.releases.outside.thumbnails import add_thumbnails, prune_thumbnails, verify_thumbnails
from resources.platform import Platform
from resources.postgres import Database
from resources.s3 import ObjectStore
from resources.vector_index.readers import copies_of
from resources.vector_index.session import VectorIndex


@dataclass(frozen=True, slots=True)
class PointsAndThumbnails:
    """The index and the thumbnails of production. One museum's lock is held by whoever calls these."""

    production: Database
    platform: Database
    index: VectorIndex
    source: ObjectStore
    thumbnails: ObjectStore

    def add(self, museum: str, release_id: int, base: int | None, on_progress: OnLine = no_line) -> dict[str, int]:
        """Make what a release needs beyond its base, the newest ready release, whose points have no end yet.

        Repeating it finishes what was begun; `undo` undoes it. Raises MuseumError when the base is another, when
        staging moved on, or when a vector is missing.
        """
        with self.production.connect() as conn, self.platform.connect() as cache:
            step = release_step(conn, museum, release_id)
            if step.base != base:
                raise MuseumError(
                    f"Release {release_id} of {museum} cannot be built on release {base}: the newest ready one is "
                    f"{step.base}. Run {commands.promote(museum)} again."
                )
            remedy = (
                f"In bucket {self.source.bucket} staging changed since the candidate of {museum} was made: run "
                f"{commands.stage(museum)}, then {commands.promote(museum)}."
            )
            counts = add_thumbnails(conn, lambda row: self.source.get(row["source_key"]), self.thumbnails, step, remedy)
            return counts | add_points(conn, cache, self.index, step, on_progress)

    def verify(self, museum: str, release_id: int) -> list[str]:
        """Return what the index and the bucket lack or have too much of, compared with the release's rows."""
        with self.production.connect() as conn:
            step = release_step(conn, museum, release_id)
            return verify_points(conn, self.index, step) + verify_thumbnails(conn, self.thumbnails, step)

    def show(self, museum: str, release_id: int) -> None:
        """Give readers a copy of an embedded index that has this verified release. Raises Unavailable."""
        if copies := copies_of(self.index):
            copies.publish({museum: release_id})

    def undo(self, museum: str, release_id: int) -> None:
        """Undo `add`, however far it came. Objects that only this release showed go with the next `prune`."""
        if copies := copies_of(self.index):
            copies.withdraw(museum, release_id)
        undo_points(self.index, museum, release_id)

    def prune(self, museum: str, kept: Collection[int]) -> dict[str, int]:
        """Remove what none of the kept releases shows."""
        with self.production.connect() as conn:
            counts = prune_thumbnails(conn, self.thumbnails, museum, kept)
        if copies := copies_of(self.index):
            copies.keep(museum, sorted(kept))
        return counts | prune_points(self.index, museum, kept)


def points_and_thumbnails(platform: Platform) -> PointsAndThumbnails:
    """Return the index and the buckets that are configured. Raises NotRunning."""
    return PointsAndThumbnails(
        platform.production(),
        platform.database(),
        platform.production_index(),
        platform.thumbnails(),
        platform.production_thumbnails(),
    )
