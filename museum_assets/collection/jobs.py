"""Jobs and the weekly schedule of the collection."""

from hashlib import blake2b

import dagster as dg

from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.museums import MUSEUMS

collection = dg.define_asset_job(
    "collection",
    selection=dg.AssetSelection.groups("collection"),
    description="A museum from API to vector index: every stage with its checks.",
)
harvest = dg.define_asset_job(
    "harvest",
    selection=dg.AssetSelection.assets(raw_metadata.name),
    description="A museum's raw records only.",
)
collection_jobs = [collection, harvest]


def weekly(slug: str, weekday: int) -> dg.ScheduleDefinition:
    """Make the schedule of one museum, at 3 o'clock on its own weekday (0 is Sunday)."""

    @dg.schedule(
        name=f"weekly_{slug}",
        job=collection,
        cron_schedule=f"0 3 * * {weekday}",
        description=f"The whole pipeline of {slug}, once a week.",
    )
    def run_museum(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        return dg.RunRequest(
            run_key=f"{slug}:{context.scheduled_execution_time:%Y-%m-%d}",
            partition_key=slug,
            tags={"museum": slug},
        )

    return run_museum


# Spread over the week by name, so that a museum more moves no other: this machine and the model are shared.
collection_schedules = [weekly(slug, blake2b(slug.encode()).digest()[0] % 7) for slug in MUSEUMS]
