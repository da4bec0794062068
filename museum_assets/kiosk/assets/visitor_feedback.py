"""visitor_feedback: exhibitions, reviews and incidents in their tables, each press of the files once."""

from collections import Counter
from typing import Any

import dagster as dg

from museum_assets.audit.finding import Finding
from museum_assets.collection.kit import OWNERS, result
from museum_assets.dead_letters.jobs import dead_letter_check
from museum_assets.kiosk.assets.combined import combined_exhibitions, combined_kiosk_data
from museum_assets.kiosk.combined import SOURCE, opened
from museum_assets.kiosk.feedback import Fed, load
from museum_assets.kiosk.outcomes import files_accounted
from museum_assets.loop.progress import Progress
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.configured import S3, Postgres

SHOWN = 50
"""Files in the metadata; `museum kiosk status` has them all."""


@dg.asset(
    deps=[combined_exhibitions, combined_kiosk_data],
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="Exhibitions, reviews and incidents of the combined files in the tables of the schema `kiosk`.",
)
def visitor_feedback(context: dg.AssetExecutionContext, postgres: Postgres, s3: S3) -> dg.MaterializeResult[None]:
    """Load the partition's combined files."""
    museum, store = kiosks(context.partition_key), s3.kiosk_combined()
    progress = Progress(f"visitor_feedback of {museum.slug}", context.log.info)
    with (
        opened(store, museum.slug, "exhibition") as exhibitions,
        opened(store, museum.slug, "history") as history,
    ):
        fed = load(postgres.database(), museum, exhibitions, history, lambda met: progress(met, None))
    return dg.MaterializeResult(metadata=feedback_metadata(fed))


def feedback_metadata(fed: Fed) -> dict[str, Any]:
    """Return what a load did as metadata; the numbers are plotted over time by the UI."""
    outcomes = Counter(file.outcome for file in fed.files)
    records = [
        dg.TableRecord({"file": each.key, "outcome": each.outcome, "rows": each.rows_read, "rejected": each.rejected,
                        "message": each.message or ""})
        for each in fed.files[:SHOWN]
    ]  # fmt: skip
    return {
        "files": len(fed.files),
        **{f"files {outcome}": count for outcome, count in outcomes.items()},
        "exhibitions new or changed": fed.exhibitions,
        "loaded": fed.loaded,
        "duplicate": fed.duplicate,
        "rejected": fed.rejected,
        "replayed": fed.replayed,
        **({"outcomes": dg.MetadataValue.table(records)} if records else {}),
    }


@dg.asset_check(
    asset=visitor_feedback,
    name="files_accounted",
    description=files_accounted.__doc__,
    partitions_def=kiosk_partitions,
)
def every_file(context: dg.AssetCheckExecutionContext, postgres: Postgres, s3: S3) -> dg.AssetCheckResult:
    """Look at the partition's bucket and table of files."""
    museum = kiosks(context.partition_key)
    with postgres.database().connect() as conn:
        finding: Finding = files_accounted(conn, museum, s3.kiosk_source(museum.slug))
    return result(finding)


visitor_feedback_checks = [dead_letter_check("visitor_feedback", SOURCE, kiosk_partitions), every_file]
