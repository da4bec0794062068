"""`museum kiosk`: the kiosks' commands and their options, and `consume`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from museum_assets.museums import KIOSK_MUSEUMS

HELP = "Visitor kiosks: their files, their live stream, and what visitors think."
app = typer.Typer(name="kiosk", help=HELP, no_args_is_help=True)

LINE_EVERY_SECONDS = 10.0
AGAIN_AFTER_SECONDS = 10.0
"""Pause before reading is taken up again after the brokers went away."""


@app.callback()
def kiosk() -> None:
    """Visitor kiosks: their files, their live stream, and what visitors think."""


Museums = Annotated[
    list[str] | None,
    typer.Option(
        "--museum", "-m", help=f"Museum with kiosks, repeatable; all when left out: {', '.join(KIOSK_MUSEUMS)}."
    ),
]
Museum = Annotated[str, typer.Option("--museum", "-m", help=f"Museum with kiosks: {', '.join(KIOSK_MUSEUMS)}.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def chosen(given: list[str] | None) -> list[str]:
    """Return the museums named by the option, all when it was left out. Raises MuseumError for an unknown one."""
    from museum_assets.museums import kiosks

    return [kiosks(slug).slug for slug in dict.fromkeys(given or KIOSK_MUSEUMS)]


@app.command()
def status(
    museum: Museums = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many files per museum, newest first.")] = 20,
    json: Json = False,
) -> None:
    """Show what became of files and messages: read, loaded, duplicate, rejected."""
    from museum_assets.cli.kiosk_files import show_status

    show_status(chosen(museum), limit=limit, as_json=json)


@app.command()
def load(museum: Museums = None, json: Json = False) -> None:
    """Load what is new in the museums' buckets, as the sensor does; the runs show in the Dagster UI."""
    from museum_assets.cli.kiosk_files import load_files

    raise typer.Exit(load_files(chosen(museum), as_json=json))


@app.command()
def report(
    museum: Museums = None,
    chart: Annotated[Path | None, typer.Option(help="Also draw the report into this SVG file.")] = None,
    json: Json = False,
) -> None:
    """Show how the exhibitions are doing: ratings, incidents, busiest hours."""
    from museum_assets.cli.kiosk_files import show_report

    show_report(chosen(museum), chart=chart, as_json=json)


@app.command()
def put(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Exhibition and history files.")],
    museum: Museum = KIOSK_MUSEUMS[0],
) -> None:
    """Copy files into a museum's bucket, where the sensor finds them within a minute."""
    from museum_assets.cli.kiosk_files import put_files

    put_files(museum, files)


@app.command()
def consume(museum: Museum = KIOSK_MUSEUMS[0]) -> None:
    """Read a museum's live stream until Ctrl-C or SIGTERM; the batch at hand is finished first."""
    from museum_assets.cli.session import connected

    with connected() as settings, stopping() as stopped:
        follow(settings, museum, stopped)


def follow(settings: Any, slug: str, stopped: threading.Event) -> None:
    """Consume until stopped. What goes wrong at the start is raised, later absences of the brokers are waited out."""
    from museum_assets.kiosk.stream import Consumed
    from museum_assets.kiosk.stream import consume as read_on
    from museum_assets.museums import kiosks
    from resources.kafka import Kafka, KafkaUnavailable
    from resources.platform import database

    museum, kafka, tables = kiosks(slug), Kafka.from_settings(settings), database(settings)
    lines, began, books = Lines(slug), False, Consumed()

    def told(now: Consumed) -> None:
        nonlocal began
        began = True
        lines(now)

    say(f"reading topic {museum.topic} of {museum.name} at {kafka.servers}; Ctrl-C stops")
    while not stopped.is_set():
        try:
            read_on(tables, museum, kafka, stopped.is_set, told=told, books=books)
        except KafkaUnavailable as error:
            if not began:
                raise
            say(f"{slug}: {error}; trying again")
            stopped.wait(AGAIN_AFTER_SECONDS)
    say(f"stopped: {summary(books)}")


class Lines:
    """Prints what was read, at most a line in ten seconds and none while nothing comes."""

    def __init__(self, slug: str, every: float = LINE_EVERY_SECONDS) -> None:
        self.slug = slug
        self.every = every
        self.last = time.monotonic() - every
        self.messages = 0

    def __call__(self, books: Any) -> None:
        """Report the books so far."""
        now = time.monotonic()
        if books.messages > self.messages and now - self.last >= self.every:
            rate = (books.messages - self.messages) / (now - self.last)
            self.last, self.messages = now, books.messages
            say(f"{self.slug}: {summary(books)}, {rate:,.1f}/s")


def summary(books: Any) -> str:
    """Return the books in words."""
    return (
        f"{books.messages:,} messages, {books.loaded:,} loaded, {books.duplicate:,} duplicate, "
        f"{books.rejected:,} rejected, {books.replayed:,} replayed"
    )


def say(line: str) -> None:
    """Print a line at once, also into a pipe: a service manager's log is read while it runs."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


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
