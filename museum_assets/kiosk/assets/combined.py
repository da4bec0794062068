"""combined_exhibitions and combined_kiosk_data: a museum's kiosk files as one Parquet file each, in S3."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from museum_assets.kiosk.assets.frame_types import checked, exhibitions_type, presses_type, schema_metadata
from museum_assets.kiosk.files.combine_exhibitions import CombineReport, combine_exhibitions, exhibition_schema
from museum_assets.kiosk.files.combine_history import combine_history, history_schema
from museum_assets.kiosk.files.combined import combined_keys, open_combined
from museum_assets.kiosk.files.outcomes import decided_versions
from museum_assets.kiosk.load import known_sites
from museum_assets.kit.assets import OWNERS
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.dagster_resources import PlatformResource
from resources.s3 import ObjectStore

FILES_SHOWN = 50
"""At most this many files in an asset's metadata; `museum kiosk status` lists them all."""


@dg.asset(
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "s3", "parquet"},
    owners=OWNERS,
    description="The museum's exhibition files as one frame, with the outcome of each file.",
)
def combined_exhibitions(context: dg.AssetExecutionContext, platform: PlatformResource) -> dg.MaterializeResult[None]:
    """Combine the partition's exhibition files."""
    museum = kiosks(context.partition_key)
    services = platform.get()
    target = services.kiosk_combined()
    frame_type = exhibitions_type()
    report = combine_exhibitions(services.kiosk_source(museum.slug), museum, target, checked(frame_type))
    warn(context, report)
    place = uri(target, combined_keys(museum.slug, "exhibition")[0])
    return dg.MaterializeResult(metadata=combined_metadata(report, place, exhibition_schema(), frame_type))


@dg.asset(
    deps=[combined_exhibitions],
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "s3", "parquet"},
    owners=OWNERS,
    description="The museum's history files as one frame sorted by `at`, with each file's outcome and rejected rows.",
)
def combined_kiosk_data(context: dg.AssetExecutionContext, platform: PlatformResource) -> dg.MaterializeResult[None]:
    """Combine the partition's history files."""
    museum = kiosks(context.partition_key)
    services = platform.get()
    target = services.kiosk_combined()
    with open_combined(target, museum.slug, "exhibition") as exhibitions:
        sites = exhibitions.sites()
    with services.database().connect() as conn:
        # An exhibition stays known when its file is gone from the bucket.
        sites |= known_sites(conn, museum.slug)
        decided = decided_versions(conn, museum.slug)
    source, frame_type = services.kiosk_source(museum.slug), presses_type(museum)
    report = combine_history(source, museum, target, sites, datetime.now(UTC), checked(frame_type), decided)
    warn(context, report)
    place = uri(target, combined_keys(museum.slug, "history")[0])
    return dg.MaterializeResult(metadata=combined_metadata(report, place, history_schema(), frame_type))


def warn(context: dg.AssetExecutionContext, report: CombineReport) -> None:
    """Log each file that could not be fetched. The next run tries it again."""
    for key, why in report.unreadable.items():
        context.log.warning("%s could not be fetched and is left for the next run: %s", key, why)


def uri(store: ObjectStore, key: str) -> str:
    """Return an object's address."""
    return f"s3://{store.bucket}/{key}"


def combined_metadata(report: CombineReport, place: str, schema: Any, frame_type: Any) -> dict[str, Any]:
    """Return the report as metadata; the UI plots its numbers over time."""
    files = [
        dg.TableRecord({"file": each.key, "outcome": each.outcome, "rows": each.rows_read, "rejected": each.rejected,
                        "bytes": each.bytes, "message": each.message or ""})
        for each in sorted(report.files, key=lambda each: each.last_modified, reverse=True)[:FILES_SHOWN]
    ]  # fmt: skip
    unreadable = dg.MetadataValue.json(report.unreadable)
    return {
        "dagster/partition_row_count": report.rows,
        "dagster/uri": dg.MetadataValue.url(place),
        "dagster/column_schema": schema_metadata(schema),
        "frame type": dg.MetadataValue.md(frame_type.description),
        "files": len(report.files),
        "rows": report.rows,
        "rejected": report.rejected,
        **({"latest files": dg.MetadataValue.table(files)} if files else {}),
        **({"could not be fetched": unreadable} if report.unreadable else {}),
    }
