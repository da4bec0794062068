"""The connector to a Kafka topic: the messages that it holds now."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import islice
from typing import Any, ClassVar

from museum_assets.sources.connector import Connector, RecordRefusal, SourceRecord
from museum_assets.sources.content import decode
from resources.kafka import Kafka, KafkaUnavailable, Message, MessageBatch, TopicReader

MESSAGES, BYTES = 1_000, 8 << 20
"""The most messages, and bytes of them, that are held in memory at a time."""


class KafkaSource(Connector):
    """A topic's messages, from the first to the last one that it has at the start, at most `limit` of them.

    It joins no consumer group and commits no offset, so reading changes nothing. Raises KafkaUnavailable.
    """

    kind: ClassVar[str] = "kafka"

    def __init__(self, kafka: Kafka, topic: str, limit: int | None = None) -> None:
        self.kafka = kafka
        self.topic = topic
        self.limit = limit

    def extract(self) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield {topic, partition, offset, key, encoding, value} of each message; a tombstone's value is None.

        A range of offsets that the broker deleted meanwhile is yielded as a refusal.
        """
        with self.kafka.reader(self.topic) as reader:
            yield from islice(self._messages(reader), self.limit)

    def _messages(self, reader: TopicReader) -> Iterator[SourceRecord | RecordRefusal]:
        """Yield the messages of every partition up to its present end, which `left` holds until it is reached."""
        bounds = {number: reader.watermarks(number) for number in reader.partitions()}
        left = {number: last for number, (first, last) in bounds.items() if last > first}
        reached = {number: bounds[number][0] for number in left}
        for number, offset in reached.items():
            reader.start(number, offset)
        while left:
            batch = reader.read(MESSAGES, BYTES, self.kafka.answer_within)
            if not (batch.messages or batch.ends or batch.out_of_range):
                raise KafkaUnavailable(
                    f"no message of topic {self.topic} came in {self.kafka.answer_within:.0f} s from the Kafka brokers "
                    f"{reader.servers}, although partitions {sorted(left)} are not at their end: check that they run"
                )
            yield from self._records(batch, left, reached)
            for number in sorted(batch.out_of_range & left.keys()):
                yield self._lost(reader, number, left, reached)

    def _lost(self, reader: TopicReader, number: int, left: dict[int, int], reached: dict[int, int]) -> RecordRefusal:
        """Continue at the first offset that a partition still has; return the refusal of those that are gone."""
        start, (first, _) = reached[number], reader.watermarks(number)
        reached[number] = first
        reader.start(number, first)
        if first >= left[number]:
            del left[number]
        message = f"the broker deleted offsets {start} to {first - 1} of topic {self.topic}, partition {number}"
        return RecordRefusal(f"{self.topic}/{number}/{start}", "offsets_lost", message)

    def _records(self, batch: MessageBatch, left: dict[int, int], reached: dict[int, int]) -> Iterator[SourceRecord]:
        """Yield a batch's messages, and remove the partitions that are read to their end from `left`."""
        for number, messages in batch.messages.items():
            for message in messages:
                if message.offset < left.get(number, 0):
                    yield SourceRecord(f"{self.topic}/{number}/{message.offset}", self._value(message))
                    reached[number] = message.offset + 1
            if reached.get(number, 0) >= left.get(number, 0):
                left.pop(number, None)
        # The last offsets may hold nothing that a consumer is given, such as the end of a transaction.
        for number, end in batch.ends.items():
            if end >= left.get(number, 0):
                left.pop(number, None)

    def _value(self, message: Message) -> dict[str, Any]:
        text = None if message.body is None else decode(message.body, None)
        is_bytes = message.body is not None and text is None
        return {
            "topic": self.topic,
            "partition": message.partition,
            "offset": message.offset,
            "key": None if message.key is None else message.key.decode("utf-8", "backslashreplace"),
            "encoding": "base64" if is_bytes else "text",
            "value": base64.b64encode(message.body or b"").decode("ascii") if is_bytes else text,
        }
