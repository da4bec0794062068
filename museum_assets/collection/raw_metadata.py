"""raw_metadata: every record of a museum's listing, as the museum sent it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from museum_assets.audit.collection import harvest_complete, harvest_recent
from museum_assets.collection.kit import OWNERS, StageConfig, reasons_metadata, sql_check
from museum_assets.failures import MuseumError
from museum_assets.loop.progress import Progress
from museum_assets.museums import museum
from museum_assets.stages.harvest import STAGE, harvest
from museum_assets.stages.harvest import failures as harvest_failures
from museum_assets.stages.harvest_books import HarvestReport
from partitions import museum_partitions
from resources.configured import MuseumApis, Postgres
from resources.postgres import Connection

OVERLAP = timedelta(days=1)
"""An incremental harvest looks back this far before the last one began: museums stamp before they publish."""


class HarvestConfig(StageConfig):
    """The operator's controls, and how far back to look."""

    since: str | None = Field(
        default=None,
        description="Only what changed since this date (YYYY-MM-DD), or since the last complete harvest ('last'), "
        "where the museum's API can say so.",
    )


@dg.asset(
    partitions_def=museum_partitions,
    group_name="collection",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="Records as the museum's API sent them, one row each; withdrawn ones are marked with the reason.",
)
def raw_metadata(
    context: dg.AssetExecutionContext, config: HarvestConfig, postgres: Postgres, museum_apis: MuseumApis
) -> dg.MaterializeResult[None]:
    """Harvest the partition's museum."""
    slug, database = context.partition_key, postgres.database()
    chosen = museum(slug)
    with database.connect() as conn:
        since = harvest_start(conn, slug, config.since)
    with museum_apis.client(slug) as api:
        progress = Progress(f"{STAGE} of {slug}", context.log.info)
        report = harvest(
            database,
            chosen,
            api,
            since=since,
            limit=config.limit,
            force=config.force,
            retry_failed=config.retry_failed,
            progress=progress,
        )
        requests = {"requests": api.requests, "retried requests": api.retries}
    with database.connect() as conn:
        reasons = harvest_failures(conn, slug)
    return dg.MaterializeResult(metadata={**report_metadata(report), **requests, **reasons_metadata(reasons)})


def harvest_start(conn: Connection, slug: str, since: str | None) -> datetime | None:
    """Return the moment to look back to: None for a full harvest, also when there is none to build on."""
    if since is None:
        return None
    if since != "last":
        try:
            return datetime.fromisoformat(since).replace(tzinfo=UTC)
        except ValueError as error:
            raise MuseumError(f"since is {since!r}: give a date such as 2026-11-01, or `last`") from error
    row = conn.execute(
        "SELECT max(started_at) AS began FROM ops.harvest WHERE museum = %s AND state = 'complete'", (slug,)
    ).fetchone()
    return row["began"] - OVERLAP if row and row["began"] else None


def report_metadata(report: HarvestReport) -> dict[str, Any]:
    """Return a harvest's books as metadata."""
    rate = report.records / report.seconds if report.seconds else 0.0
    return {
        "dagster/partition_row_count": report.records,
        "state": report.state,
        "resumed": report.resumed,
        "listed": report.listed,
        "listed by the API itself": report.total if report.total is not None else "not told",
        "new": report.new,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "gone": report.gone,
        "failed": report.failed,
        "withdrawn": report.withdrawn,
        "records per second": round(rate, 1),
        "scopes": dg.MetadataValue.json(report.scopes),
    }


raw_metadata_checks = [
    sql_check(STAGE, "harvest_complete", harvest_complete),
    sql_check(STAGE, "harvest_recent", harvest_recent),
]
