"""The releases' part of the code location."""

import dagster as dg

from museum_assets.loop.spec import StageSpec
from museum_assets.releases.assets.jobs import promote_release, release_jobs
from museum_assets.releases.assets.promoted_database import promoted_database
from museum_assets.releases.assets.staging_database import staging_database, staging_database_checks


def definitions(stages: tuple[StageSpec, ...]) -> dg.Definitions:
    """Return the candidate, made from these stages, with its rules as checks, the live release, and the jobs."""
    return dg.Definitions(
        assets=[staging_database(stages), promoted_database],
        asset_checks=staging_database_checks,
        jobs=[promote_release, *release_jobs],
    )
