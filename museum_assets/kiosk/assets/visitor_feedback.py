"""visitor_feedback: exhibitions, and every press of the files once, in the kiosks' tables."""

from collections import Counter
from typing import Any

import dagster as dg

from museum_assets.core.progress import Progress
from museum_assets.kiosk.assets.combined import FILES_SHOWN, combined_exhibitions, combined_kiosk_data
from museum_assets.kiosk.files.combined import open_combined
from museum_assets.kiosk.files.feedback import LoadReport, load_combined
from museum_assets.kit.assets import OWNERS
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.dagster_resources import PlatformResource


@dg.asset(
    deps=[combined_exhibitions, combined_kiosk_data],
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="Exhibitions, reviews and incidents of the combined files in the tables of the schema `kiosk`.",
)
def visitor_feedback(context: dg.AssetExecutionContext, platform: PlatformResource) -> dg.MaterializeResult[None]:
    """Load the partition's combined files."""
    services = platform.get()
    museum, store = kiosks(context.partition_key), services.kiosk_combined()
    progress = Progress(f"visitor_feedback of {museum.slug}", context.log.info)
    with (
        open_combined(store, museum.slug, "exhibition") as exhibitions,
        open_combined(store, museum.slug, "history") as history,
    ):
        report = load_combined(
            services.database(), museum, exhibitions, history, lambda presses: progress(presses, None)
        )
    return dg.MaterializeResult(metadata=feedback_metadata(report))


def feedback_metadata(report: LoadReport) -> dict[str, Any]:
    """Return the report as metadata; the UI plots its numbers over time."""
    outcomes = Counter(file.outcome for file in report.files)
    records = [
        dg.TableRecord({"file": each.key, "outcome": each.outcome, "rows": each.rows_read, "rejected": each.rejected,
                        "message": each.message or ""})
        for each in report.files[:FILES_SHOWN]
    ]  # fmt: skip
    return {
        "files": len(report.files),
        **{f"files {outcome}": count for outcome, count in outcomes.items()},
        "exhibitions new or changed": report.exhibitions,
        "loaded": report.loaded,
        "duplicate": report.duplicate,
        "rejected": report.rejected,
        "replayed": report.replayed,
        **({"outcomes": dg.MetadataValue.table(records)} if records else {}),
    }
