"""exhibition_report: how a museum's exhibitions are doing, for its curators and its head of safety."""

from datetime import date
from typing import Any

import dagster as dg
from psycopg.rows import DictRow

from museum_assets.images.contact_sheet import as_markdown
from museum_assets.kiosk.report.chart import chart
from museum_assets.kiosk.report.report import Report, read_report
from museum_assets.kit.assets import OWNERS
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.dagster_resources import PlatformResource


@dg.op(ins={"tables": dg.In(dg.Nothing)}, out=dg.Out(dg.Nothing))
def show_exhibitions(context: dg.OpExecutionContext, platform: PlatformResource) -> None:
    """Read the partition's views and show them as metadata."""
    museum = kiosks(context.partition_key)
    with platform.get().database().connect() as conn:
        report = read_report(conn, museum.slug)
    context.add_output_metadata(report_metadata(report, museum.name))


# A plain asset is skipped with any of its dependencies, so a museum without a live stream had no report at all where
# both were materialized together. An op that takes them as one list runs as soon as one of them was made.
@dg.graph_asset(
    ins={name: dg.AssetIn(dagster_type=dg.Nothing) for name in ("visitor_feedback", "live_feedback")},
    partitions_def=kiosk_partitions,
    group_name="kiosk",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="Ratings and incidents by exhibition, department, floor, hour, day and week, as a chart and as tables; "
    "the database has them as views in the schema `kiosk`.",
)
def exhibition_report(visitor_feedback: Any, live_feedback: Any) -> Any:
    """Show how the exhibitions are doing, whichever of files and stream has been read."""
    return show_exhibitions([visitor_feedback, live_feedback])


def report_metadata(report: Report, name: str) -> dict[str, Any]:
    """Return a report as metadata; the UI plots its numbers over time."""
    picture = chart([(name, report)]).encode()
    numbers = {
        "reviews": report.reviews,
        "incidents": report.incidents,
        f"average rating, {report.scale}": report.average,
        "best liked": report.best_liked,
        "least liked": report.least_liked,
    }
    return {
        "chart": dg.MetadataValue.md(as_markdown(picture, f"Visitor feedback of {name}", "image/svg+xml")),
        **{label: value for label, value in numbers.items() if value is not None},
        **{label: _table(rows) for label, rows in report.tables.items() if rows},
    }


def _table(rows: list[DictRow]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table([dg.TableRecord({name: _cell(row[name]) for name in row}) for row in rows])


def _cell(value: Any) -> str | int | float | bool:
    """Return a value for a metadata table: floats with three decimals, None as an empty text, dates in ISO form."""
    if value is None:
        return ""
    return round(value, 3) if isinstance(value, float) else value.isoformat() if isinstance(value, date) else value
