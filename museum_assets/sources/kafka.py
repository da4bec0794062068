"""The messages that a topic holds now."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

from museum_assets.failures import MuseumError
from museum_assets.sources.connector import Connector, Record, Refusal
from museum_assets.sources.content import decode

WAIT = 10.0
"""Seconds without an answer after which the broker counts as gone."""


class KafkaUnavailable(MuseumError):
    """The broker does not answer, or does not know the topic."""


class KafkaSource(Connector):
    """A topic from its first message to the last one there is at the start, at most `limit` of them.

    It joins no consumer group and commits nothing, so looking changes nothing. Raises KafkaUnavailable.
    """

    kind: ClassVar[str] = "kafka"

    def __init__(self, servers: str, topic: str, limit: int | None = None, **client: Any) -> None:
        self.topic = topic
        self.limit = limit
        self.config = {"bootstrap.servers": servers, "group.id": "museum-look", "enable.auto.commit": False, **client}

    def extract(self) -> Iterator[Record | Refusal]:
        """Yield {topic, partition, offset, key, encoding, value} of each message."""
        from confluent_kafka import Consumer, KafkaException, TopicPartition

        consumer = Consumer(self.config)
        try:
            known = consumer.list_topics(self.topic, timeout=WAIT).topics[self.topic]
            if known.error:
                raise KafkaUnavailable(f"topic {self.topic} cannot be read: {known.error}")
            ends = {
                number: consumer.get_watermark_offsets(TopicPartition(self.topic, number), timeout=WAIT)
                for number in known.partitions
            }
            places = [TopicPartition(self.topic, n, first) for n, (first, last) in ends.items() if last > first]
            consumer.assign(places)
            left = {place.partition: ends[place.partition][1] for place in places}
            yield from islice(self._messages(consumer, left), self.limit)
        except KafkaException as error:
            raise KafkaUnavailable(f"the Kafka broker cannot be used: {error}") from error
        finally:
            consumer.close()

    def _messages(self, consumer: Any, left: dict[int, int]) -> Iterator[Record]:
        """Yield messages until every partition is at the end noted in `left`."""
        from confluent_kafka import OFFSET_INVALID

        while left:
            message = consumer.poll(WAIT)
            if message is None or message.error():
                reason = message.error() if message else f"no message in {WAIT:.0f} s"
                raise KafkaUnavailable(f"topic {self.topic}: {reason}; partitions still to read: {sorted(left)}")
            number, offset = message.partition(), message.offset()
            if number in left and offset != OFFSET_INVALID:
                if offset < left[number]:
                    yield Record(f"{self.topic}/{number}/{offset}", self._value(message))
                if offset + 1 >= left[number]:
                    del left[number]

    def _value(self, message: Any) -> dict[str, Any]:
        body = message.value() or b""
        text = decode(body, None)
        return {
            "topic": self.topic,
            "partition": message.partition(),
            "offset": message.offset(),
            "key": (message.key() or b"").decode("utf-8", "backslashreplace"),
            "encoding": "base64" if text is None else "text",
            "value": base64.b64encode(body).decode("ascii") if text is None else text,
        }
