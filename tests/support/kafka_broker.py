"""A Kafka broker for tests, librdkafka's own, which lives in this process; and a producer in a second process.

`python tests/kafka_broker.py SERVERS` is that producer: it reads lines of JSON [topic, partition, base64 or null].
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

PARTITIONS = 4
"""The broker makes every topic with four partitions, and keeps at most 5 MiB and 100,000 messages of each."""


class Broker:
    """One running broker."""

    def __init__(self) -> None:
        self.client = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 0})
        found = self.client.list_topics(timeout=10)
        self.servers = ",".join(f"{broker.host}:{broker.port}" for broker in found.brokers.values())

    def produce(self, topic: str, bodies: Iterable[bytes | None], partition: int | None = None) -> None:
        """Send messages from a second process; spread over the partitions in turn unless one is named."""
        lines = (
            json.dumps([topic, number % PARTITIONS if partition is None else partition,
                        None if body is None else base64.b64encode(body).decode()])
            for number, body in enumerate(bodies)
        )  # fmt: skip
        command = [sys.executable, str(Path(__file__)), self.servers]
        subprocess.run(command, input="\n".join(lines), text=True, check=True)


@contextmanager
def running_broker() -> Iterator[Broker]:
    """A broker for as long as the block lasts."""
    broker = Broker()
    try:
        yield broker
    finally:
        del broker.client  # the last reference: the broker goes with it


def main(servers: str) -> None:
    """Produce what comes on standard input."""
    producer = Producer({"bootstrap.servers": servers, "linger.ms": 5, "enable.idempotence": True,
                         "queue.buffering.max.messages": 1_000_000})  # fmt: skip

    def delivered(error: Any, _: Any) -> None:
        if error:
            raise RuntimeError(error.str())

    for line in sys.stdin:
        topic, partition, body = json.loads(line)
        value = None if body is None else base64.b64decode(body)
        producer.produce(topic, value, partition=partition, on_delivery=delivered)
        producer.poll(0)
    if producer.flush(60):
        raise RuntimeError("not everything was delivered")


if __name__ == "__main__":
    main(sys.argv[1])
