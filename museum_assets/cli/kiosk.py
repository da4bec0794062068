"""`museum kiosk`: the kiosks' commands with their options."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from museum_assets.cli.options import Json
from museum_assets.museums import KIOSK_MUSEUMS

HELP = "Visitor kiosks: their files, their live stream, and what visitors think."
app = typer.Typer(name="kiosk", help=HELP, no_args_is_help=True)


@app.callback()
def kiosk() -> None:
    """Visitor kiosks: their files, their live stream, and what visitors think."""


KioskSlugs = Annotated[
    list[str] | None,
    typer.Option(
        "--museum", "-m", help=f"Museum with kiosks, repeatable; all when left out: {', '.join(KIOSK_MUSEUMS)}."
    ),
]
KioskSlug = Annotated[str, typer.Option("--museum", "-m", help=f"Museum with kiosks: {', '.join(KIOSK_MUSEUMS)}.")]


def kiosk_slugs(slugs: list[str] | None) -> list[str]:
    """Return the slugs given, or all kiosk museums when none were. Raises MuseumError for an unknown one."""
    from museum_assets.museums import kiosks

    return [kiosks(slug).slug for slug in dict.fromkeys(slugs or KIOSK_MUSEUMS)]


@app.command()
def status(
    slugs: KioskSlugs = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many files per museum, newest first.")] = 20,
    json: Json = False,
) -> None:
    """Show the books of files and messages: read, loaded, duplicate, rejected."""
    from museum_assets.cli.kiosk_files import show_status

    show_status(kiosk_slugs(slugs), limit=limit, as_json=json)


@app.command()
def load(slugs: KioskSlugs = None, json: Json = False) -> None:
    """Load new files from the museums' buckets, as the sensor does; the runs show in the Dagster UI."""
    from museum_assets.cli.kiosk_files import load_files

    raise typer.Exit(load_files(kiosk_slugs(slugs), as_json=json))


@app.command()
def report(
    slugs: KioskSlugs = None,
    chart: Annotated[
        Path | None, typer.Option(help="Also draw the museums, one below the other, into this SVG file.")
    ] = None,
    json: Json = False,
) -> None:
    """Show how the exhibitions are doing: ratings, incidents, busiest hours."""
    from museum_assets.cli.kiosk_files import show_report

    show_report(kiosk_slugs(slugs), chart=chart, as_json=json)


@app.command()
def put(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Exhibition and history files.")],
    slug: KioskSlug = KIOSK_MUSEUMS[0],
) -> None:
    """Copy files into a museum's bucket, where the sensor finds them within a minute."""
    from museum_assets.cli.kiosk_files import put_files

    put_files(slug, files)


@app.command()
def unload(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A history file's name in the bucket, or a copy's path.")],
    slug: KioskSlug = KIOSK_MUSEUMS[0],
    undo: Annotated[bool, typer.Option("--undo", help="Load a file that was taken back again, with the next load.")] = (
        False
    ),
    although_missing: Annotated[
        bool,
        typer.Option("--although-missing", help="Take loaded files that the bucket lacks to hold none of its presses."),
    ] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who takes it back; by default this system's user.")] = None,
    json: Json = False,
) -> None:
    """Take back the presses that one history file loaded; those that other files hold too stay."""
    from museum_assets.cli.kiosk_files import take_back, undo_taking_back

    if undo:
        undo_taking_back(slug, file, as_json=json)
    else:
        take_back(slug, file, by=by, although_missing=although_missing, as_json=json)


@app.command()
def consume(slug: KioskSlug = KIOSK_MUSEUMS[0]) -> None:
    """Read a museum's live stream until Ctrl-C or SIGTERM, which let the present batch finish."""
    from museum_assets.cli.kiosk_stream import follow_stream
    from museum_assets.cli.session import connected

    with connected() as platform, stopping() as stopped:
        follow_stream(platform, slug, stopped)


@contextmanager
def stopping(signals: Sequence[signal.Signals] = (signal.SIGINT, signal.SIGTERM)) -> Iterator[threading.Event]:
    """Yield an event that Ctrl-C or SIGTERM sets instead of ending the process."""
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in signals}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
