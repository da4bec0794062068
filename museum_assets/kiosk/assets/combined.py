"""combined_exhibitions and combined_kiosk_data: a museum's kiosk files as one Parquet file each, in S3."""

from datetime import UTC, datetime
from typing import Any

import dagster as dg

from museum_assets.collection.kit import OWNERS
from museum_assets.kiosk.assets.frame_types import checked, exhibitions_type, presses_type, schema_metadata
from museum_assets.kiosk.combine_exhibitions import Made, combine_exhibitions, exhibition_schema
from museum_assets.kiosk.combine_history import combine_history, history_schema
from museum_assets.kiosk.combined import keys, opened
from museum_assets.kiosk.load import known_sites
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.configured import S3, Postgres
from resources.s3 import ObjectStore

SHOWN = 50
"""Files in an asset's metadata; `museum kiosk status` has them all."""


@dg.asset(
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "s3", "parquet"},
    owners=OWNERS,
    description="The museum's exhibition files as one frame, with what became of each file.",
)
def combined_exhibitions(context: dg.AssetExecutionContext, s3: S3) -> dg.MaterializeResult[None]:
    """Combine the partition's exhibition files."""
    museum = kiosks(context.partition_key)
    target = s3.kiosk_combined()
    frame_type = exhibitions_type()
    made = combine_exhibitions(s3.kiosk_source(museum.slug), museum, target, checked(frame_type))
    warn(context, made)
    place = uri(target, keys(museum.slug, "exhibition")[0])
    return dg.MaterializeResult(metadata=combined_metadata(made, place, exhibition_schema(), frame_type))


@dg.asset(
    deps=[combined_exhibitions],
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "s3", "parquet"},
    owners=OWNERS,
    description="The museum's history files as one frame sorted by `at`, with what became of each file and row.",
)
def combined_kiosk_data(context: dg.AssetExecutionContext, s3: S3, postgres: Postgres) -> dg.MaterializeResult[None]:
    """Combine the partition's history files."""
    museum = kiosks(context.partition_key)
    target = s3.kiosk_combined()
    with opened(target, museum.slug, "exhibition") as exhibitions:
        sites = exhibitions.sites()
    with postgres.database().connect() as conn:
        # An exhibition whose file is gone from the bucket is still one.
        sites |= known_sites(conn, museum.slug)
    source, frame_type = s3.kiosk_source(museum.slug), presses_type(museum)
    made = combine_history(source, museum, target, sites, datetime.now(UTC), checked(frame_type))
    warn(context, made)
    place = uri(target, keys(museum.slug, "history")[0])
    return dg.MaterializeResult(metadata=combined_metadata(made, place, history_schema(), frame_type))


def warn(context: dg.AssetExecutionContext, made: Made) -> None:
    """Say which files could not be fetched: the others are combined, and these are tried again."""
    for key, why in made.unreadable.items():
        context.log.warning("%s is left for a later run: %s", key, why)


def uri(store: ObjectStore, key: str) -> str:
    """Return an object's address."""
    return f"s3://{store.bucket}/{key}"


def combined_metadata(made: Made, place: str, schema: Any, frame_type: Any) -> dict[str, Any]:
    """Return what a combining made as metadata; the numbers are plotted over time by the UI."""
    files = [
        dg.TableRecord({"file": each.key, "outcome": each.outcome, "rows": each.rows_read, "rejected": each.rejected,
                        "bytes": each.bytes, "message": each.message or ""})
        for each in sorted(made.files, key=lambda each: each.last_modified, reverse=True)[:SHOWN]
    ]  # fmt: skip
    unreadable = dg.MetadataValue.json(made.unreadable)
    return {
        "dagster/partition_row_count": made.rows,
        "dagster/uri": dg.MetadataValue.url(place),
        "dagster/column_schema": schema_metadata(schema),
        "frame type": dg.MetadataValue.md(frame_type.description),
        "files": len(made.files),
        "rows": made.rows,
        "rejected": made.rejected,
        **({"latest files": dg.MetadataValue.table(files)} if files else {}),
        **({"could not be fetched": unreadable} if made.unreadable else {}),
    }
