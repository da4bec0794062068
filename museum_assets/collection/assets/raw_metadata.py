"""raw_metadata: every record of a museum's listing, as the museum sent it."""

from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.archive_files.opening import open_client
from museum_assets.collection.harvest import stage
from museum_assets.collection.harvest.books import HarvestReport
from museum_assets.collection.harvest.harvest import failures, harvest, harvest_start
from museum_assets.collection.harvest.plan import plan_and_fact
from museum_assets.core.progress import Progress
from museum_assets.core.work_in_hand import working_on
from museum_assets.kit.assets import StageConfig, asset_of_stage, reasons_metadata
from museum_assets.museums import museum
from resources.dagster_resources import PlatformResource


class HarvestConfig(StageConfig):
    """The operator's controls, and from when on changes are asked for."""

    since: str | None = Field(
        default=None,
        description="Only what changed since this date (YYYY-MM-DD), or since the last complete harvest ('last'), "
        "where the museum's API can say so.",
    )


@asset_of_stage(stage.raw_metadata)
def raw_metadata(
    context: dg.AssetExecutionContext, config: HarvestConfig, platform: PlatformResource
) -> dg.MaterializeResult[None]:
    """Harvest the partition's museum."""
    services = platform.get()
    slug, database = context.partition_key, services.database()
    with database.connect() as conn:
        since = harvest_start(conn, slug, config.since)
    with working_on(run=context.run.run_id), open_client(services, slug) as api:
        report = harvest(
            database,
            museum(slug),
            api,
            since=since,
            limit=config.limit,
            force=config.force,
            retry_failed=config.retry_failed,
            on_progress=Progress(f"{stage.raw_metadata.name} of {slug}", context.log.info),
        )
        downloads, downloaded = (1, api.dump.fetched) if api.dump else (0, 0)
        sent = {"requests": api.requests + downloads, "retried requests": api.retries, "bytes": api.bytes + downloaded}
    with database.connect() as conn:
        reasons = failures(conn, slug)
    whole = report.state == "complete" and since is None and not report.resumed
    happened = {**{name: sent[name] for name in ("requests", "bytes")}, "seconds": report.seconds}
    plan = beside_plan(context.instance, slug, happened) if whole else {}
    return dg.MaterializeResult(metadata={**report_metadata(report), **sent, **plan, **reasons_metadata(reasons)})


def beside_plan(instance: dg.DagsterInstance, slug: str, happened: dict[str, float]) -> dict[str, Any]:
    """Return what `museum plan` told of a museum since its last harvest beside what happened; nothing without one."""
    of_museum = dg.AssetRecordsFilter(asset_key=dg.AssetKey(stage.raw_metadata.name), asset_partitions=[slug])
    plans = instance.fetch_observations(of_museum, limit=1).records
    harvests = instance.fetch_materializations(of_museum, limit=1).records
    if not plans or (harvests and harvests[0].storage_id > plans[0].storage_id):
        return {}
    observation = plans[0].asset_observation
    planned = {name: value.value for name, value in observation.metadata.items()} if observation else {}
    return {"plan": dg.MetadataValue.md(plan_and_fact(planned, happened))}


def report_metadata(report: HarvestReport) -> dict[str, Any]:
    """Return a harvest's books as metadata."""
    rate = report.records / report.seconds if report.seconds else 0.0
    return {
        "dagster/partition_row_count": report.records,
        "state": report.state,
        "resumed": report.resumed,
        "listed": report.listed,
        "listed by the API itself": report.total if report.total is not None else "not stated",
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "gone": report.gone,
        "failed": report.failed,
        "withdrawn": report.withdrawn,
        "records per second": round(rate, 1),
        "scopes": dg.MetadataValue.json(report.scopes),
    }
