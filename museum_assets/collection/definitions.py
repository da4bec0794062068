"""The collection's part of the code location."""

import dagster as dg

from museum_assets.collection.assets.raw_metadata import raw_metadata
from museum_assets.collection.assets.stages import stage_assets
from museum_assets.collection.jobs import collection_jobs, collection_schedules
from museum_assets.collection.stages import STAGES
from museum_assets.kit.checks import stage_checks
from museum_assets.loop.spec import StageSpec


def definitions(stages: tuple[StageSpec, ...] = STAGES) -> dg.Definitions:
    """Return the assets of these stages with their checks, and the jobs and schedules."""
    return dg.Definitions(
        assets=[raw_metadata, *stage_assets(stages)],
        asset_checks=[stage_checks(spec) for spec in stages],
        jobs=collection_jobs,
        schedules=collection_schedules,
    )
