"""`museum kiosk` with status, load, report and put: the kiosks' files, their books, and what visitors pressed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.session import connected
from museum_assets.core.failures import MuseumError
from museum_assets.museums import kiosks

HOURS_SHOWN = 5
BOOKS = ("loaded", "duplicate", "rejected")
STATUS_TABLES = (
    ("Presses", "books", ("origin", "read", *BOOKS, "stored")),
    ("Files by outcome", "outcomes", ("kind", "outcome", "files", "rows_read", *BOOKS)),
    ("Live streams", "streams", ("topic", "messages", "lag", "losses", "last_read", "is_read")),
    ("Latest files", "files", ("key", "outcome", "rows_read", *BOOKS, "message")),
)
"""What `status` prints: (title, part of the status, columns)."""


def show_status(slugs: list[str], *, limit: int, as_json: bool) -> None:
    """Print the books of files and stream, how the stream is, and the latest files."""
    from museum_assets.cli.kiosk_stream import print_stream_notes, stream_status
    from museum_assets.kiosk.checks import books
    from museum_assets.kiosk.files.outcomes import count_outcomes, list_outcomes

    statuses: dict[str, dict[str, Any]] = {}
    with connected() as platform, platform.database().connect() as conn:
        for slug in slugs:
            statuses[slug] = {
                "books": books(conn, slug),
                "outcomes": count_outcomes(conn, slug),
                "streams": [stream_status(platform, conn, slug)],
                "files": list_outcomes(conn, slug, limit),
            }
    if as_json:
        print_json(statuses)
        return
    for title, part, columns in STATUS_TABLES:
        rows = [{"museum": slug, **row} for slug in statuses for row in statuses[slug][part]]
        names = ("museum", *columns)
        shown = [tuple(row[name] for name in names) for row in rows]
        print_table(title, tuple(name.replace("_", " ") for name in names), shown)
    print_stream_notes({slug: statuses[slug]["streams"][0] for slug in statuses})


def load_files(slugs: list[str], *, as_json: bool) -> int:
    """Load new files from the museums' buckets as Dagster runs; return 0 when all succeeded, else 1."""
    from museum_assets.cli.run import run_job

    with connected(for_runs=True):
        runs = run_job("kiosk_files", slugs)
    if as_json:
        print_json([vars(ran) | {"good": ran.good} for ran in runs])
    else:
        print_loads(runs)
    return 0 if all(ran.good for ran in runs) else 1


def print_loads(runs: list[Any]) -> None:
    """Print the counts of runs of `kiosk_files`, and the checks that did not pass."""
    from museum_assets.cli.run_results import print_findings

    names = ("files", "loaded", "duplicate", "rejected", "replayed")
    loads = [(ran.museum, ran.assets.get("visitor_feedback", {})) for ran in runs]
    rows = [(slug, *(data[name] for name in names)) for slug, data in loads if data]
    print_table("New kiosk files", ("museum", *names), rows)
    print_findings(runs)


def take_back(slug: str, name: str, *, by: str | None, although_missing: bool, as_json: bool) -> None:
    """Take back what a history file loaded, and print how many of its presses left the tables and stayed."""
    from museum_assets.cli.dead_letters import user
    from museum_assets.kiosk.files.unload import file_body, unload_file

    museum = kiosks(slug)
    with connected() as platform:
        store = platform.kiosk_source(slug)
        body = file_body(store, museum, name)
        done = unload_file(platform.database(), museum, store, body, by or user(), although_missing=although_missing)
    if as_json:
        print_json(asdict(done))
    elif done.before:
        console.print(f"{done.file} was taken back before: nothing changed", markup=False, highlight=False)
    else:
        console.print(
            f"{done.file}: {done.removed:,} presses left the tables, {done.kept:,} stay because other files hold them, "
            f"{done.letters:,} dead letters closed. `museum kiosk load --museum {slug}` makes the combined file anew; "
            f"`museum kiosk unload {done.file} --museum {slug} --undo` has the next load load it again",
            markup=False,
            highlight=False,
        )


def undo_taking_back(slug: str, name: str, *, as_json: bool) -> None:
    """Have the next load load a file that was taken back."""
    from museum_assets.kiosk.files.unload import file_body, load_again

    museum = kiosks(slug)
    with connected() as platform:
        key = load_again(platform.database(), museum, file_body(platform.kiosk_source(slug), museum, name))
    if as_json:
        print_json({"file": key, "outcome": "accepted"})
    else:
        console.print(
            f"`museum kiosk load --museum {slug}` loads {key} again, as the sensor does within a minute",
            markup=False,
            highlight=False,
        )


def show_report(slugs: list[str], *, chart: Path | None, as_json: bool) -> None:
    """Print how the exhibitions are doing; with `chart`, also write one picture of all museums to that file."""
    from museum_assets.kiosk.report.chart import chart as draw_chart
    from museum_assets.kiosk.report.report import read_report

    with connected() as platform, platform.database().connect() as conn:
        reports = {slug: read_report(conn, slug) for slug in slugs}
    if chart:
        picture = draw_chart((kiosks(slug).name, report) for slug, report in reports.items())
        try:
            chart.write_text(picture, encoding="utf-8")
        except OSError as error:
            raise MuseumError(f"the chart cannot be written: {error}") from error
    if as_json:
        print_json({slug: {"scale": report.scale, **report.tables} for slug, report in reports.items()})
        return
    for slug, report in reports.items():
        average = "no ratings" if report.average is None else f"average {report.average:.2f} ({report.scale})"
        title = f"{kiosks(slug).name}: {report.reviews:,} reviews, {average}, {report.incidents:,} incidents"
        _print_rows(title, report.tables["exhibitions"])
        if report.presses:
            _print_rows("Busiest hours", report.tables["busiest hours"][:HOURS_SHOWN])
    if chart:
        console.print(f"The picture is in {chart}", markup=False, highlight=False)
    else:
        console.print("`--json` has every table, `--chart report.svg` the picture", highlight=False)


def _print_rows(title: str, rows: list[dict[str, Any]]) -> None:
    columns = tuple(rows[0]) if rows else ("",)
    print_table(title, columns, [tuple(_shown(value) for value in row.values()) for row in rows])


def _shown(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, float) else value


def put_files(slug: str, files: list[Path]) -> None:
    """Copy files into a museum's bucket. Raises MuseumError when one does not have the name of a kiosk file."""
    from museum_assets.museums.kiosk_files import FILE_KINDS, kind_of, pattern_of

    museum = kiosks(slug)
    patterns = " and ".join(pattern_of(museum, kind) for kind in FILE_KINDS)
    for file in files:
        if kind_of(museum, museum.prefix + file.name) is None:
            raise MuseumError(f"{file.name} is no kiosk file of {slug}, whose are {patterns}: rename it")
    with connected(for_runs=True) as platform:
        store = platform.kiosk_source(slug)
        for file in files:
            store.put_file(museum.prefix + file.name, file, content_type="application/octet-stream")
            typer.echo(f"{file.name} is in bucket {store.bucket}")
