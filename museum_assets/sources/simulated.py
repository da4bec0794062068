"""Simulated sources: made-up records, the same ones for the same seed, to rehearse failures and to try things out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from museum_assets.core.failures import MuseumError
from museum_assets.sources.connector import Connector, RecordRefusal, SourceRecord

MARK = "[DLQ]"
"""The text at the beginning of a field that marks a record to fail."""
SIMULATED_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
"""Simulated times count from here, so that a seed gives the same records on any day."""
PERMISSIONS = ("READ", "WRITE", "DELETE", "LIST")
BUCKETS = ("condition-photos", "loan-letters", "scans", "audio-guides")
LEVELS = ("INFO", "DEBUG", "WARN", "ERROR")
MESSAGES = ("object located", "label printed", "climate reading stored", "loan request received", "crate scanned")
EVENT_NAMES = ("$pageview", "object_viewed", "search", "audio_started", "ticket_bought")
Value = dict[str, Any]


class SimulatedSource(Connector):
    """Makes `batch_size` records from `seed`; `fail_percentage` of them carry MARK in the field `marked`.

    The number of failures is rounded up, so that a small share gives at least one. Raises MuseumError for an
    impossible share.
    """

    marked: ClassVar[str]
    make: ClassVar[Callable[[random.Random], Value]]

    def __init__(self, batch_size: int = 100, seed: int = 1, fail_percentage: float = 0.0) -> None:
        if batch_size < 0 or not 0 <= fail_percentage <= 100:
            raise MuseumError(f"{fail_percentage} % of {batch_size} records cannot fail: give 0 to 100 % of 0 or more")
        self.batch_size = batch_size
        self.seed = seed
        self.fail_percentage = fail_percentage

    def extract(self) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield the records, marked ones among them; the reader refuses those."""
        # Which records are marked is drawn separately, so that another share changes nothing but the marks.
        count = -int(-self.batch_size * self.fail_percentage // 100)
        marked = set(random.Random(f"{self.seed} chosen").sample(range(self.batch_size), count))  # noqa: S311
        dice = random.Random(f"{self.kind} {self.seed}")  # noqa: S311 - no secret hangs on it
        for number in range(self.batch_size):
            value = type(self).make(dice)
            if number in marked:
                value[self.marked] = f"{MARK}{value[self.marked]}"
            yield SourceRecord(f"seed {self.seed} record {number}", value)


def _uuid(dice: random.Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


def _time(dice: random.Random) -> str:
    return (SIMULATED_EPOCH + timedelta(seconds=dice.randrange(90 * 86_400))).isoformat()


def _blob(dice: random.Random) -> Value:
    name = f"scan_{dice.randrange(10_000):04}.{dice.choice(('jpg', 'tif', 'json', 'csv'))}"
    return {
        "id": _uuid(dice),
        "bucket_name": dice.choice(BUCKETS),
        "file_path": f"{dice.randrange(2015, 2026)}/{dice.randrange(1, 13):02}/",
        "file_name": name,
        "file_size": dice.randrange(256, 10 << 20),
        "permissions": sorted(dice.sample(PERMISSIONS, dice.randrange(1, 5))),
        "ingested_at": _time(dice),
    }


def _log(dice: random.Random) -> Value:
    return {
        "id": _uuid(dice),
        "timestamp": _time(dice),
        "level": dice.choice(LEVELS),
        "message": dice.choice(MESSAGES),
        "source": dice.choice(("kiosk", "store", "registrar")),
        "trace_id": f"trace_{dice.randrange(8)}" if dice.random() < 0.7 else None,
    }


def _event(dice: random.Random) -> Value:
    return {
        "id": _uuid(dice),
        "event_name": dice.choice(EVENT_NAMES),
        "timestamp": _time(dice),
        "distinct_id": f"user_{dice.randrange(10_000):04}" if dice.random() < 0.7 else _uuid(dice),
        "session_id": _uuid(dice),
        "properties": {"room": dice.randrange(1, 40)},
    }


class Blobs(SimulatedSource):
    """Files in object storage."""

    kind, marked, make = "simulated_blobs", "file_name", _blob


class Logs(SimulatedSource):
    """Lines of logs."""

    kind, marked, make = "simulated_logs", "message", _log


class Events(SimulatedSource):
    """Actions of a website's visitors."""

    kind, marked, make = "simulated_events", "distinct_id", _event


SIMULATED: Mapping[str, type[SimulatedSource]] = {source.kind: source for source in (Blobs, Logs, Events)}
