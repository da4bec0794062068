"""A real broker that goes away, forgets, grows, and asks who is there: every message accounted, every cause named."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.cimpl import NewPartitions

from museum_assets.cli.kiosk_stream import follow_stream
from museum_assets.dead_letters.letters import open_letters
from museum_assets.kiosk.stream.stream import StreamBooks, consume
from museum_assets.museums import kiosks
from resources.kafka import Kafka, KafkaUnavailable
from resources.platform import Platform
from resources.postgres import Database
from tests.servers import kafka
from tests.servers.conftest import Own
from tests.servers.plugin import Servers
from tests.servers.process import ServerProcess
from tests.support.clock import wait_until
from tests.support.kafka_broker import PARTITIONS, GivenBroker, running_broker
from tests.support.kiosk_tables import add_exhibitions, books

BEGIN = datetime.fromisoformat("2024-10-21T09:00:00.5+01:00")
MOST_LINES = 5


@dataclass
class Fault:
    """A broker that a test may stop, and a client of it."""

    server: ServerProcess
    client: GivenBroker


@pytest.fixture
def broker(own: Own) -> Iterator[Fault]:
    server = own("kafka")
    with running_broker() as client:
        assert isinstance(client, GivenBroker)
        yield Fault(server, client)


@pytest.fixture
def tables(database: Database) -> Database:
    add_exhibitions(database, "lmnh", range(6))
    return database


def presses(first: int, last: int) -> list[bytes]:
    times = (BEGIN + timedelta(seconds=number) for number in range(first, last))
    return [json.dumps({"at": at.isoformat(), "site": "1", "val": 3}).encode() for at in times]


def catch_up(tables: Database, servers: str, **settings: str) -> StreamBooks:
    brokers = Kafka({"bootstrap.servers": servers, **settings}, answer_within=10)
    return consume(tables, kiosks("lmnh"), brokers, lambda: False, catch_up=True)


@pytest.mark.timeout(600)
def test_a_broker_is_killed_and_back(
    platform: Platform,
    tables: Database,
    broker: Fault,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six seconds stand for a minute: a line each minute is one each six seconds here."""
    monkeypatch.setattr("museum_assets.core.outage.OUTAGE_LINE_SECONDS", 6)
    broker.client.produce("lmnh", presses(0, 500))
    here = platform.with_settings(kafka_bootstrap_servers=broker.client.servers)
    stopped, said = threading.Event(), list[str]()
    reader = threading.Thread(target=follow_stream, args=(here, "lmnh", stopped))
    reader.start()

    def loaded(number: int) -> Callable[[], bool]:
        def is_loaded() -> bool:
            with tables.connect() as conn:
                return books(conn, "lmnh")[0] >= number

        return is_loaded

    def told(words: str) -> Callable[[], bool]:
        def is_told() -> bool:
            said.extend(capsys.readouterr().out.splitlines())
            return any(words in line for line in said)

        return is_told

    try:
        wait_until(loaded(500), 0.1)
        broker.server.kill()
        wait_until(told("trying again"), 0.1)
        began = len(said)
        time.sleep(6)  # librdkafka's own lines would be a hundred by then
        broker.server.start()
        broker.client.produce("lmnh", presses(500, 1000))
        wait_until(loaded(1000), 0.1)
        wait_until(told("read again after"), 0.1)
    finally:
        stopped.set()
        reader.join()
    outage = [line for line in said[began - 1 :] if "lmnh: " in line]
    assert len(outage) <= MOST_LINES, outage
    with tables.connect() as conn:
        assert books(conn, "lmnh") == (1000, 1000, 0, 0)


def test_retention_was_shorter_than_the_absence(tables: Database, broker: Fault) -> None:
    broker.client.produce("lmnh", presses(0, 10), partition=0)
    assert catch_up(tables, broker.client.servers).loaded == 10
    broker.client.produce("lmnh", presses(10, 30), partition=0)
    (gone,) = broker.client.admin.delete_records([TopicPartition("lmnh", 0, 25)]).values()
    gone.result(30)
    read = catch_up(tables, broker.client.servers)
    assert (read.messages, read.loaded, len(read.losses)) == (5, 5, 1)
    assert "were deleted by the brokers before they were read" in read.losses[0]
    with tables.connect() as conn:
        (letter,) = open_letters(conn, reason="offsets_lost")
    assert (letter.place, letter.context["at_most"]) == ("lmnh[0]@10-24", 15)


def test_partitions_are_added(tables: Database, broker: Fault) -> None:
    broker.client.produce("lmnh", presses(0, 8))
    assert catch_up(tables, broker.client.servers).loaded == 8
    (grown,) = broker.client.admin.create_partitions([NewPartitions("lmnh", PARTITIONS + 2)]).values()
    grown.result(30)
    topics = broker.client.admin.list_topics
    wait_until(lambda: len(topics(timeout=30).topics["lmnh"].partitions) == PARTITIONS + 2, 0.1)
    broker.client.produce("lmnh", presses(8, 12), partition=PARTITIONS + 1)
    read = catch_up(tables, broker.client.servers)
    assert (read.loaded, len(read.losses)) == (4, 0)


@pytest.fixture
def account(servers: Servers, broker: Fault) -> dict[str, str]:
    return {"security.protocol": "SASL_SSL", "sasl.mechanism": "PLAIN", "sasl.username": kafka.USER,
            "sasl.password": kafka.PASSWORD, "ssl.ca.location": str(servers.authority.file)}  # fmt: skip


def test_presses_come_through_over_sasl_and_tls(
    tables: Database, broker: Fault, servers: Servers, account: dict[str, str]
) -> None:
    assert servers.kafka_ports
    broker.client.produce("lmnh", presses(0, 8))
    assert catch_up(tables, f"127.0.0.1:{servers.kafka_ports.secured}", **account).loaded == 8


@pytest.mark.parametrize(
    ("listener", "change", "told"),
    [
        ("secured", {"sasl.password": "guessed"}, "uthentication failed"),
        ("secured", {"ssl.ca.location": ""}, "certificate verify failed"),
        ("expired", {}, "certificate has expired|certificate verify failed"),
    ],
)
def test_who_is_not_let_in_is_told_why(
    tables: Database,
    broker: Fault,
    servers: Servers,
    account: dict[str, str],
    listener: str,
    change: dict[str, str],
    told: str,
    tmp_path: Path,
) -> None:
    given = {name: value for name, value in (account | change).items() if value}
    with pytest.raises(KafkaUnavailable, match=told) as caught:
        catch_up(tables, f"127.0.0.1:{getattr(servers.kafka_ports, listener)}", **given)
    assert "KAFKA_" in str(caught.value)
    assert given["sasl.password"] not in str(caught.value)
