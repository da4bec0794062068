"""`museum kiosk consume` and the stream's part of `museum kiosk status`: following a stream, and saying how it is."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from museum_assets.cli.printing import console
from museum_assets.core.outage import Outage
from resources.platform import Platform
from resources.postgres import Connection

CONSUMER_LINE_SECONDS = 10.0
RETRY_AFTER_SECONDS = 10.0
"""Pause before trying again after a server went away."""
RATED_MESSAGES = 100
"""A rate over fewer messages is the time that one commit takes, and nothing else."""
LOST = "museum dead-letters list --source kiosk_stream --reason offsets_lost --museum"


def follow_stream(platform: Platform, slug: str, stopped: threading.Event) -> None:
    """Consume until stopped. Raises KafkaUnavailable and the like before the first batch; after it, waits."""
    from museum_assets.kiosk.stream.stream import StreamBooks, consume
    from resources.kafka import KafkaUnavailable
    from resources.postgres import Busy, DatabaseUnavailable

    museum, kafka, database = platform.kiosks(slug), platform.kafka(), platform.database()
    lines, outage = ConsumerLines(slug), Outage(print_line, slug, "read")
    began, books = False, StreamBooks()

    def on_progress(books: StreamBooks) -> None:
        nonlocal began
        began = True
        outage.over()
        lines(books)

    print_line(f"reading topic {museum.topic} of {museum.name} at {kafka.servers}; Ctrl-C stops")
    while not stopped.is_set():
        try:
            consume(database, museum, kafka, stopped.is_set, on_progress=on_progress, books=books)
        # Busy: while the servers were away, a run of the sensor may have come first.
        except (KafkaUnavailable, DatabaseUnavailable, Busy) as error:
            if not began:
                raise
            outage.goes_on(f"{str(error).rstrip('.')}; trying again every {RETRY_AFTER_SECONDS:g} s")
            stopped.wait(RETRY_AFTER_SECONDS)
    print_line(f"stopped: {summary(books)}")


class ConsumerLines:
    """Prints the books as they grow, at most one line in ten seconds; lost offsets at once."""

    def __init__(self, slug: str, every: float = CONSUMER_LINE_SECONDS) -> None:
        self.slug = slug
        self.every = every
        self.last: float | None = None
        self.messages = self.losses = 0
        self.worked = 0.0
        self.told_to_wait = False

    def __call__(self, books: Any) -> None:
        """Print the books so far, if they grew and the last line is old enough."""
        for loss in books.losses[self.losses :]:
            print_line(f"{self.slug}: {loss}. `{LOST} {self.slug}` keeps it")
        self.losses = len(books.losses)
        now = time.monotonic()
        if books.messages == self.messages or (self.last is not None and now - self.last < self.every):
            return
        print_line(f"{self.slug}: {summary(books)}{self._rate(books)}; {books.lag:,} left")
        self.last, self.messages, self.worked = now, books.messages, books.worked
        if not books.sites and "unknown_site" in books.reasons and not self.told_to_wait:
            self.told_to_wait = True
            print_line(f"{self.slug}: {waiting(self.slug)}")

    def _rate(self, books: Any) -> str:
        read, seconds = books.messages - self.messages, books.worked - self.worked
        return f"; {read / seconds:,.0f}/s" if read >= RATED_MESSAGES and seconds > 0 else ""


def waiting(slug: str) -> str:
    """Say why nothing of a stream can be loaded yet."""
    from museum_assets.museums import kiosks

    return (
        f"no exhibition is known yet, so every message is kept as a dead letter. They load by themselves when the "
        f"exhibitions' files {kiosks(slug).exhibition_pattern} come: `museum kiosk put FILE --museum {slug}`"
    )


def summary(books: Any) -> str:
    """Return the books in words."""
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in books.reasons.most_common(3))
    return (
        f"{books.messages:,} messages, {books.loaded:,} loaded, {books.duplicate:,} duplicate, "
        f"{books.rejected:,} rejected{f' ({reasons})' if reasons else ''}, {books.replayed:,} replayed"
    )


def stream_status(platform: Platform, conn: Connection, slug: str) -> dict[str, Any]:
    """Return how a museum's stream is. `lag` is None where it is not known, and `lag_unknown` says why."""
    from museum_assets.core.failures import MuseumError
    from museum_assets.kiosk.stream.lag import BROKERS_ANSWER_WITHIN, is_consumed, lag
    from museum_assets.kiosk.stream.position import stream_totals
    from resources.kafka import Kafka

    museum = platform.kiosks(slug)
    status = {"topic": museum.topic, **stream_totals(conn, museum), "is_read": is_consumed(conn, slug)}
    try:
        kafka = Kafka.from_settings(platform.settings, BROKERS_ANSWER_WITHIN)
        return status | {"lag": lag(conn, museum, kafka).left, "lag_unknown": None}
    except MuseumError as error:
        return status | {"lag": None, "lag_unknown": str(error)}


def print_stream_notes(statuses: dict[str, dict[str, Any]]) -> None:
    """Print what needs a person in the museums' streams, given by slug."""
    for slug, stream in statuses.items():
        if stream["losses"]:
            _note(f"{slug}: offsets were lost {stream['losses']} times before they were read: `{LOST} {slug}`")
        if stream["waiting"] and not stream["exhibitions"]:
            _note(f"{slug}: {waiting(slug)}")
        if stream["lag_unknown"] and stream["messages"]:
            _note(f"{slug}: the lag is not known: {stream['lag_unknown']}")


def _note(line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def print_line(line: str) -> None:
    """Print a line and flush it: through a pipe, a service manager's log is read while this runs."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
