"""How far a museum's stream is ahead of what was read, and whether a run should be launched to read it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.stream_batch import SOURCE
from museum_assets.kiosk.stream_position import positions
from resources.kafka import Kafka
from resources.postgres import Connection, scalar
from sql import query

PATIENCE = 60.0
"""Seconds between launches that bring nothing: doubled each time, up to LONGEST."""
LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Lag:
    """How many offsets are left to read, and the sum of the positions, which tells whether reading moves on."""

    left: int
    read: int


@dataclass(frozen=True, slots=True)
class Launched:
    """The last launch for a museum: when (seconds), at which sum of positions, and how many in a row got nowhere."""

    at: float
    read: int
    stuck: int = 0


def lag(conn: Connection, museum: KioskMuseum, kafka: Kafka) -> Lag:
    """Ask the brokers how much is left. Raises KafkaUnavailable, TopicMissing."""
    stored = positions(conn, museum.slug, museum.topic)
    left = 0
    with kafka.reader(museum.topic) as reader:
        for partition in reader.partitions():
            low, high = reader.watermarks(partition)
            position = stored.get(partition)
            # Beyond the end is a topic made anew: all of it is left.
            begin = low if position is None or position.next_offset > high else max(low, position.next_offset)
            left += high - begin
    return Lag(left, sum(position.next_offset for position in stored.values()))


def is_consumed(conn: Connection, museum: str) -> bool:
    """Say whether a consumer reads the museum's stream right now."""
    return bool(scalar(conn, query("kiosk_stream_locked"), {"name": f"{museum}/{SOURCE}"}))


def plan(lag: Lag, last: Launched | None, now: float, *, in_flight: bool) -> tuple[Launched | None, str]:
    """Decide whether to launch a run: return its record, or None, and why.

    A launch after which nothing moved on waits longer and longer, so that what cannot be read does not make a run
    every half minute.
    """
    if not lag.left:
        return None, "nothing to read"
    if in_flight:
        return None, "is being read"
    if last is None or lag.read != last.read:
        return Launched(now, lag.read), f"{lag.left} messages to read"
    wait = min(PATIENCE * 2**last.stuck, LONGEST)
    if now - last.at < wait:
        return None, f"the last run read nothing: the next one in {wait - (now - last.at):.0f} s"
    return replace(last, at=now, stuck=min(last.stuck + 1, 10)), f"{lag.left} messages to read, tried again"
