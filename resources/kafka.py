"""The Kafka brokers of the kiosks' live stream: reading a topic from offsets that the platform keeps itself.

No consumer group is joined and nothing is committed at the broker: what has been read is known by whoever stores the
result, who stores the offset beside it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from museum_assets.core.failures import MuseumError

if TYPE_CHECKING:
    from museum_assets.core.settings import Settings

ANSWER_WITHIN = 10.0
"""Seconds to wait for the brokers."""
CHUNK = 200
"""Messages taken from the client at a time: with the largest that brokers take by default, 200 MB."""
PAUSE = 0.1
"""Seconds without a message after which those that came are handed over."""
CLIENT = {
    "client.id": "museum-data-platform",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    # An offset that is gone must be noticed, not skipped.
    "auto.offset.reset": "error",
    "allow.auto.create.topics": False,
    "queued.max.messages.kbytes": 16384,
    # Questions wait behind a fetch that waits for messages.
    "fetch.wait.max.ms": 100,
    "socket.keepalive.enable": True,
    # The client's own lines repeat what LastComplaint puts into the error: 8 to 16 a second while a broker is away.
    "log_level": 2,
    "reconnect.backoff.ms": 500,
}


class KafkaUnavailable(MuseumError):
    """The brokers do not answer, refuse the credentials, or the topic cannot be read."""


class TopicMissing(KafkaUnavailable):
    """The brokers have no such topic."""


class Message(NamedTuple):
    """One message. `body` is None for a tombstone; `timestamp` is the broker's, in milliseconds, None without one."""

    partition: int
    offset: int
    timestamp: int | None
    body: bytes | None
    key: bytes | None = None


@dataclass(slots=True)
class MessageBatch:
    """What one reading brought, by partition: messages in their order, ends of partitions met (the next offset), and
    partitions at which the offset asked for does not exist (any more). `waited` are the seconds without messages.
    """

    messages: dict[int, list[Message]] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    out_of_range: set[int] = field(default_factory=set)
    waited: float = 0.0


class Kafka:
    """The brokers as configured. Cheap to make; connects when a topic is read. Raises MuseumError when none are."""

    def __init__(self, config: Mapping[str, Any], answer_within: float = ANSWER_WITHIN) -> None:
        self.config = dict(config)
        self.answer_within = answer_within

    @classmethod
    def from_settings(cls, settings: Settings, answer_within: float = ANSWER_WITHIN) -> Kafka:
        """Return the brokers of the KAFKA_* settings."""
        if not settings.kafka_bootstrap_servers:
            raise MuseumError("KAFKA_BOOTSTRAP_SERVERS is not set, so there is no live stream")
        return cls(settings.kafka_client(), answer_within)

    @property
    def servers(self) -> str:
        """The brokers' addresses."""
        return str(self.config["bootstrap.servers"])

    @contextmanager
    def reader(self, topic: str) -> Iterator[TopicReader]:
        """Open a topic. Raises KafkaUnavailable when the client refuses its configuration."""
        from confluent_kafka import Consumer, KafkaException

        complaint = LastComplaint()
        try:
            consumer = Consumer(
                {**CLIENT, **self.config, "group.id": f"museum-data-platform-{topic}", "error_cb": complaint},
                logger=logging.getLogger("museum.kafka"),
            )
        except KafkaException as error:
            raise KafkaUnavailable(f"the Kafka client refuses its settings: {error}; check KAFKA_*") from None
        try:
            yield TopicReader(consumer, topic, self.servers, self.answer_within, complaint)
        finally:
            consumer.close()


class LastComplaint:
    """Remembers what the client last complained about: a time-out alone says nothing about its cause."""

    def __init__(self) -> None:
        self.last = ""

    def __call__(self, error: Any) -> None:
        """Take an error of the client's background threads; an authentication failure outweighs what follows it."""
        from confluent_kafka import KafkaError

        if error.code() == KafkaError._AUTHENTICATION or "uthentication" not in self.last:  # noqa: SLF001
            self.last = error.str()


class TopicReader:
    """One topic, read from given offsets. Every method raises KafkaUnavailable."""

    def __init__(self, consumer: Any, topic: str, servers: str, answer_within: float, complaint: LastComplaint) -> None:
        self.consumer = consumer
        self.topic = topic
        self.servers = servers
        self.answer_within = answer_within
        self.complaint = complaint

    def partitions(self) -> list[int]:
        """Ask the brokers which partitions the topic has. Raises TopicMissing."""
        with self._asking("list the partitions"):
            found = self.consumer.list_topics(self.topic, timeout=self.answer_within).topics[self.topic]
        if found.error or not found.partitions:
            self._refuse(found.error)
        return sorted(found.partitions)

    def watermarks(self, partition: int) -> tuple[int, int]:
        """Ask for the first offset that the broker still has, and the one that the next message will get."""
        from confluent_kafka import TopicPartition

        with self._asking(f"ask for the offsets of partition {partition}"):
            found = self.consumer.get_watermark_offsets(
                TopicPartition(self.topic, partition), timeout=self.answer_within
            )
        if found is None:
            raise self._unavailable(f"ask for the offsets of partition {partition}", "no answer")
        low, high = found
        return int(low), int(high)

    def known_end(self, partition: int) -> int | None:
        """Return the offset of the next message as the brokers told it last, None before they did. Asks nobody."""
        from confluent_kafka import TopicPartition

        with self._asking(f"look up the end of partition {partition}"):
            found = self.consumer.get_watermark_offsets(TopicPartition(self.topic, partition), cached=True)
        return int(found[1]) if found and found[1] >= 0 else None

    def start(self, partition: int, offset: int) -> None:
        """Read a partition from an offset on, also when it is read already."""
        from confluent_kafka import TopicPartition

        place = TopicPartition(self.topic, partition, offset)
        with self._asking(f"read partition {partition}"):
            if any(assigned.partition == partition for assigned in self.consumer.assignment()):
                self.consumer.incremental_unassign([place])
            self.consumer.incremental_assign([place])

    def read(self, messages: int, size: int, seconds: float) -> MessageBatch:
        """Return what comes until the topic pauses, in so many seconds, at most about so many messages and bytes."""
        batch, taken, weight = MessageBatch(), 0, 0
        deadline = time.monotonic() + seconds
        while taken < messages and weight < size and (left := deadline - time.monotonic()) > 0:
            asked, since = min(CHUNK, messages - taken), time.monotonic()
            with self._asking("read messages"):
                chunk = self.consumer.consume(asked, timeout=min(left, PAUSE))
            if len(chunk) < asked:
                # The client waits to the end of its time for what is missing.
                batch.waited += time.monotonic() - since
            for message in chunk:
                if message.error():
                    self._event(batch, message)
                    continue
                kind, at = message.timestamp()
                body = message.value()
                taken += 1
                weight += len(body or b"")
                batch.messages.setdefault(message.partition(), []).append(
                    Message(message.partition(), message.offset(), at if kind else None, body, message.key())
                )
            if batch.out_of_range or (not chunk and (batch.messages or batch.ends)):
                break
        return batch

    def _event(self, batch: MessageBatch, message: Any) -> None:
        from confluent_kafka import KafkaError

        error = message.error()
        if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
            batch.ends[message.partition()] = message.offset()
        elif error.code() in {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}:  # noqa: SLF001
            batch.out_of_range.add(message.partition())
        else:
            self._refuse(error)

    def _refuse(self, error: Any) -> None:
        from confluent_kafka import KafkaError

        missing = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}  # noqa: SLF001
        if error is None or error.code() in missing:
            raise TopicMissing(
                f"the Kafka brokers at {self.servers} have no topic {self.topic}: create it, or check "
                "KAFKA_BOOTSTRAP_SERVERS"
            )
        raise self._unavailable("read messages", error.str())

    @contextmanager
    def _asking(self, what: str) -> Iterator[None]:
        from confluent_kafka import KafkaException

        try:
            yield
        except KafkaException as error:
            raise self._unavailable(what, error.args[0].str()) from None

    def _unavailable(self, what: str, why: str) -> KafkaUnavailable:
        # The client's own complaint comes through its queue, which only a poll empties.
        self.consumer.poll(0)
        cause = "; ".join(filter(None, (why, self.complaint.last)))
        return KafkaUnavailable(
            f"cannot {what} of topic {self.topic} at the Kafka brokers {self.servers}: {cause}. Check that they run "
            "and KAFKA_*; what was read is kept, and reading goes on from there"
        )
