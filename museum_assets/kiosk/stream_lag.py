"""How far a museum's stream is ahead of what was read."""

from __future__ import annotations

from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.kiosk.stream_batch import SOURCE
from museum_assets.kiosk.stream_position import positions
from museum_assets.loop.launching import Lag
from resources.kafka import Kafka
from resources.postgres import Connection, scalar
from sql import query


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
