"""`museum kiosk status|load|report|put`: what became of the kiosks' files, and what visitors pressed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.session import connected
from museum_assets.failures import MuseumError
from museum_assets.museums import kiosks

HOURS_SHOWN = 5
BOOKS = ("loaded", "duplicate", "rejected")
TABLES = (
    ("Presses", "books", ("origin", "read", *BOOKS, "stored")),
    ("Files by outcome", "outcomes", ("kind", "outcome", "files", "rows_read", *BOOKS)),
    ("Latest files", "files", ("key", "outcome", "rows_read", *BOOKS, "message")),
)
"""What `status` prints: title, part of the findings, columns."""


def show_status(museums: list[str], *, limit: int, as_json: bool) -> None:
    """Print the books of files and stream, and the latest files."""
    from museum_assets.audit.kiosk import books
    from museum_assets.kiosk.outcomes import count_outcomes, list_outcomes
    from resources.platform import database

    found: dict[str, dict[str, Any]] = {}
    with connected() as settings, database(settings).connect() as conn:
        for slug in museums:
            found[slug] = {
                "books": books(conn, slug),
                "outcomes": count_outcomes(conn, slug),
                "files": list_outcomes(conn, slug, limit),
            }
    if as_json:
        print_json(found)
        return
    for title, part, columns in TABLES:
        rows = [{"museum": slug, **row} for slug in found for row in found[slug][part]]
        names = ("museum", *columns)
        shown = [tuple(row[name] for name in names) for row in rows]
        print_table(title, tuple(name.replace("_", " ") for name in names), shown)


def load_files(museums: list[str], *, as_json: bool) -> int:
    """Load what is new in the museums' buckets, as Dagster runs; 0 when all of it worked."""
    from museum_assets.cli.run import run_job

    with connected(for_runs=True):
        runs = run_job("kiosk_files", museums)
    if as_json:
        print_json([vars(ran) | {"good": ran.good} for ran in runs])
    else:
        print_loads(runs)
    return 0 if all(ran.good for ran in runs) else 1


def print_loads(runs: list[Any]) -> None:
    """Print what runs of `kiosk_files` did, and which checks did not pass."""
    from museum_assets.cli.run import print_findings

    names = ("files", "loaded", "duplicate", "rejected", "replayed")
    fed = [(ran.museum, ran.assets.get("visitor_feedback", {})) for ran in runs]
    rows = [(slug, *(data[name] for name in names)) for slug, data in fed if data]
    print_table("New kiosk files", ("museum", *names), rows)
    print_findings(runs)


def show_report(museums: list[str], *, chart: Path | None, as_json: bool) -> None:
    """Print how the exhibitions are doing; with `chart` also write the picture, one file per museum."""
    from museum_assets.kiosk.chart import chart as drawn
    from museum_assets.kiosk.report import read_report
    from resources.platform import database

    with connected() as settings, database(settings).connect() as conn:
        reports = {slug: read_report(conn, slug) for slug in museums}
    for slug, report in reports.items() if chart else ():
        assert chart
        target = chart if len(reports) == 1 else chart.with_stem(f"{chart.stem}-{slug}")
        try:
            target.write_text(drawn(report, kiosks(slug).name), encoding="utf-8")
        except OSError as error:
            raise MuseumError(f"the chart cannot be written: {error}") from error
    if as_json:
        print_json({slug: {"scale": report.scale, **report.tables} for slug, report in reports.items()})
        return
    for slug, report in reports.items():
        average = "no ratings" if report.average is None else f"average {report.average:.2f} ({report.scale})"
        title = f"{kiosks(slug).name}: {report.reviews:,} reviews, {average}, {report.incidents:,} incidents"
        _print_rows(title, report.tables["exhibitions"])
        _print_rows("Busiest hours", report.tables["busiest hours"][:HOURS_SHOWN])
    console.print("`--json` has every table, `--chart FILE.svg` the picture", highlight=False)


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    columns = tuple(rows[0]) if rows else ("",)
    print_table(title, columns, [tuple(_shown(value) for value in row.values()) for row in rows])


def _shown(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, float) else value


def put_files(slug: str, files: list[Path]) -> None:
    """Copy files into a museum's bucket; the sensor loads those that are its kiosks'. Raises MuseumError."""
    from museum_assets.kiosk.bucket import KINDS, kind_of, pattern_of
    from resources.platform import kiosk_source

    museum = kiosks(slug)
    patterns = " and ".join(pattern_of(museum, kind) for kind in KINDS)
    for file in files:
        if kind_of(museum, museum.prefix + file.name) is None:
            raise MuseumError(f"{file.name} is no kiosk file of {slug}, whose are {patterns}: rename it")
    with connected(for_runs=True) as settings:
        store = kiosk_source(settings, slug)
        for file in files:
            store.put_file(museum.prefix + file.name, file, content_type="application/octet-stream")
            typer.echo(f"{file.name} is in bucket {store.bucket}")
