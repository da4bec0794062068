"""exhibition_report: how a museum's exhibitions are doing, for its curators and its head of safety."""

from datetime import date
from typing import Any

import dagster as dg

from museum_assets.audit.kiosk import (
    books_agree,
    no_future_presses,
    one_origin_a_day,
    open_days_have_data,
    presses_have_exhibitions,
    sites_known,
)
from museum_assets.collection.kit import OWNERS, sql_check
from museum_assets.images.contact_sheet import as_markdown
from museum_assets.kiosk.assets.live_feedback import live_feedback
from museum_assets.kiosk.assets.visitor_feedback import visitor_feedback
from museum_assets.kiosk.chart import chart
from museum_assets.kiosk.report import Report, Row, read_report
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.configured import Postgres


@dg.asset(
    partitions_def=kiosk_partitions,
    deps=[visitor_feedback, live_feedback],
    group_name="kiosk",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="Ratings and incidents by exhibition, department, floor, hour, day and week, as a chart and as tables; "
    "the database has them as views in the schema `kiosk`.",
)
def exhibition_report(context: dg.AssetExecutionContext, postgres: Postgres) -> dg.MaterializeResult[None]:
    """Read the partition's views and show them."""
    museum = kiosks(context.partition_key)
    with postgres.database().connect() as conn:
        report = read_report(conn, museum.slug)
    return dg.MaterializeResult(metadata=report_metadata(report, museum.name))


def report_metadata(report: Report, name: str) -> dict[str, Any]:
    """Return a report as metadata; the numbers are plotted over time by the UI."""
    picture = chart(report, name).encode()
    numbers = {
        "reviews": report.reviews,
        "incidents": report.incidents,
        f"average rating, {report.scale}": report.average,
        "best liked": report.best(max),
        "least liked": report.best(min),
    }
    return {
        "chart": dg.MetadataValue.md(as_markdown(picture, f"Visitor feedback of {name}", "image/svg+xml")),
        **{label: value for label, value in numbers.items() if value is not None},
        **{label: _table(rows) for label, rows in report.tables.items() if rows},
    }


def _table(rows: list[Row]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table([dg.TableRecord({name: _cell(row[name]) for name in row}) for row in rows])


def _cell(value: Any) -> str | int | float | bool:
    """Return a value as a table may hold it: shares and averages to three places, nothing as an empty text."""
    if value is None:
        return ""
    return round(value, 3) if isinstance(value, float) else value.isoformat() if isinstance(value, date) else value


exhibition_report_checks = [
    sql_check("exhibition_report", look.__name__, look, kiosk_partitions)
    for look in (
        presses_have_exhibitions,
        no_future_presses,
        books_agree,
        sites_known,
        open_days_have_data,
        one_origin_a_day,
    )
]
