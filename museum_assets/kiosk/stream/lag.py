"""Measures how many messages of a museum's stream are not read yet."""

from __future__ import annotations

from museum_assets.kiosk.letters import KIOSK_STREAM
from museum_assets.kiosk.stream.position import stored_positions
from museum_assets.loop.launching import Lag
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.kafka import Kafka
from resources.postgres import Connection, scalar
from sql import query

BROKERS_ANSWER_WITHIN = 5.0
"""Seconds that the brokers may take to answer whoever only asks for the lag."""


def lag(conn: Connection, museum: KioskMuseum, kafka: Kafka) -> Lag:
    """Return how many messages are left, asking the brokers. Raises KafkaUnavailable, TopicMissing."""
    stored = stored_positions(conn, museum.slug, museum.topic)
    left = 0
    with kafka.reader(museum.topic) as reader:
        for partition in reader.partitions():
            low, high = reader.watermarks(partition)
            position = stored.get(partition)
            # A position beyond the end means that the topic was made anew: all of it is left.
            begin = low if position is None or position.next_offset > high else max(low, position.next_offset)
            left += high - begin
    return Lag(left, sum(position.next_offset for position in stored.values()))


def is_consumed(conn: Connection, slug: str) -> bool:
    """Return whether a consumer is reading the museum's stream: it holds a lock of this name."""
    return bool(scalar(conn, query("kiosk_stream.locked"), {"name": f"{slug}/{KIOSK_STREAM.name}"}))
