"""`museum kiosk`: the kiosks on the command line."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from museum_assets.museums import KIOSK_MUSEUMS

app = typer.Typer(name="kiosk", help="Visitor kiosks: the live stream.", no_args_is_help=True)

LINE_EVERY_SECONDS = 10.0
AGAIN_AFTER_SECONDS = 10.0
"""Pause before reading is taken up again after the brokers went away."""


@app.callback()
def kiosk() -> None:
    """Visitor kiosks: the live stream."""


@app.command()
def consume(
    museum: Annotated[
        str, typer.Option("--museum", "-m", help=f"Museum with kiosks: {', '.join(KIOSK_MUSEUMS)}.")
    ] = KIOSK_MUSEUMS[0],
) -> None:
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
