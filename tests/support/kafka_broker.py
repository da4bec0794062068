"""A Kafka broker for tests: librdkafka's own, which lives in this process, or the one that KAFKA_TEST_SERVERS names.

Messages come from a producer in a second process (kafka_producer.py).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.support.clock import wait_until

PRODUCER = Path(__file__).with_name("kafka_producer.py")
GIVEN = os.environ.get("KAFKA_TEST_SERVERS")
on_its_own = pytest.mark.skipif(bool(GIVEN), reason="of librdkafka's broker; tests/servers has its like for a real one")
PARTITIONS = 4
"""librdkafka's broker makes every topic with four partitions, and keeps at most 5 MiB and 100,000 messages of each."""


class Broker:
    """One running broker."""

    def __init__(self, client: Producer, servers: str) -> None:
        self.client = client
        self.servers = servers

    def produce(self, topic: str, bodies: Iterable[bytes | None], partition: int | None = None) -> None:
        """Send messages from a second process; spread over the partitions in turn unless one is named."""
        lines = (
            json.dumps([topic, number % PARTITIONS if partition is None else partition,
                        None if body is None else base64.b64encode(body).decode()])
            for number, body in enumerate(bodies)
        )  # fmt: skip
        command = [sys.executable, str(PRODUCER), self.servers]
        subprocess.run(command, input="\n".join(lines), text=True, check=True)


class GivenBroker(Broker):
    """The broker that KAFKA_TEST_SERVERS names. The topics of a test are made anew for it, and deleted after it."""

    def __init__(self, servers: str) -> None:
        client: dict[str, Any] = {"bootstrap.servers": servers, "log_level": 0}
        super().__init__(Producer(client), servers)
        self.admin = AdminClient(client)
        self.topics: set[str] = set()

    def produce(self, topic: str, bodies: Iterable[bytes | None], partition: int | None = None) -> None:
        if topic not in self.topics:
            self.delete({topic})
            self.admin.create_topics([NewTopic(topic, PARTITIONS)])[topic].result(30)
            self.topics.add(topic)
            wait_until(lambda: topic in self.known(), 0.05)
        super().produce(topic, bodies, partition)

    def delete(self, topics: set[str]) -> None:
        """Delete topics, and wait until they are gone."""
        there = sorted(topics & self.known())
        for done in self.admin.delete_topics(there).values() if there else ():
            done.result(30)
        wait_until(lambda: not topics & self.known(), 0.05)

    def known(self) -> set[str]:
        """The topics that are there."""
        return set(self.admin.list_topics(timeout=30).topics)


@contextmanager
def running_broker() -> Iterator[Broker]:
    """A broker for as long as the block lasts."""
    if GIVEN:
        given = GivenBroker(GIVEN)
        try:
            yield given
        finally:
            given.delete(given.topics)
        return
    client = Producer({"bootstrap.servers": "replaced", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = client.list_topics(timeout=10).brokers.values()
    broker = Broker(client, ",".join(f"{each.host}:{each.port}" for each in brokers))
    del client
    try:
        yield broker
    finally:
        del broker.client  # the last reference: the broker goes with it
