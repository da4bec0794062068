"""The Kafka client on librdkafka's own broker, with a producer in a second process."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pydantic import ValidationError

from museum_assets.core.failures import MuseumError
from museum_assets.core.profiles import SettingsError
from museum_assets.core.settings import Settings, read_settings
from resources.kafka import CHUNK, Kafka, KafkaUnavailable, Message, TopicMissing, TopicReader
from tests.support.kafka_broker import PARTITIONS, Broker, on_its_own, running_broker

pytestmark = pytest.mark.slow  # it starts processes, or waits

SASL = {
    "kafka_bootstrap_servers": "broker.example.org:9093",
    "kafka_security_protocol": "SASL_SSL",
    "kafka_sasl_mechanism": "SCRAM-SHA-256",
    "kafka_sasl_username": "museum",
    "kafka_sasl_password": "hush-hush",
}


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with running_broker() as broker:
        yield broker


def kafka(broker: Broker) -> Kafka:
    return Kafka({"bootstrap.servers": broker.servers})


def everything(reader: TopicReader, partition: int) -> list[Message]:
    found: list[Message] = []
    for _ in range(100):
        batch = reader.read(1000, 1 << 20, 0.5)
        found += batch.messages.get(partition, [])
        if partition in batch.ends:
            return found
    raise AssertionError("the end was never reached")


def test_messages_come_from_the_offset_asked_for_with_bytes_and_tombstones(broker: Broker) -> None:
    broker.produce("some", [b"a", None, b"\xff\x00", b""], partition=2)
    with kafka(broker).reader("some") as reader:
        assert reader.partitions() == list(range(PARTITIONS))
        assert reader.watermarks(2) == (0, 4)
        assert reader.watermarks(1) == (0, 0)
        reader.start(2, 1)
        found = everything(reader, 2)
    assert [(m.offset, m.body) for m in found] == [(1, None), (2, b"\xff\x00"), (3, b"")]
    assert all(m.timestamp and m.timestamp > 1_600_000_000_000 for m in found)


def test_starting_again_elsewhere_replaces_the_start(broker: Broker) -> None:
    broker.produce("again", [str(n).encode() for n in range(5)], partition=0)
    with kafka(broker).reader("again") as reader:
        reader.start(0, 4)
        reader.start(0, 3)
        reader.start(1, 0)
        assert [m.offset for m in everything(reader, 0)] == [3, 4]


def test_a_reading_is_bounded_by_messages_and_by_bytes(broker: Broker) -> None:
    broker.produce("bounds", [b"x" * 1000] * 1000, partition=0)
    with kafka(broker).reader("bounds") as reader:
        reader.start(0, 0)
        sizes = [len(reader.read(300, 1 << 20, 5).messages[0]), len(reader.read(1000, 1000, 5).messages[0])]
    assert sizes[0] == 300
    assert sizes[1] <= CHUNK


def test_an_offset_that_is_gone_is_told_and_nothing_is_skipped(broker: Broker) -> None:
    broker.produce("short", [b"a"], partition=0)
    with kafka(broker).reader("short") as reader:
        reader.start(0, 50)
        batch = reader.read(10, 1000, 5)
    assert batch.out_of_range == {0}
    assert not batch.messages


def test_a_topic_that_is_not_there(broker: Broker) -> None:
    with kafka(broker).reader("never-made") as reader, pytest.raises(TopicMissing, match="no topic never-made: create"):
        reader.partitions()


def test_brokers_that_do_not_answer_are_named() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        servers = f"127.0.0.1:{closed.getsockname()[1]}"
    with Kafka({"bootstrap.servers": servers}, answer_within=1).reader("lmnh") as reader:
        with pytest.raises(KafkaUnavailable, match=rf"{servers}.*refused.*Check that they run"):
            reader.partitions()
        with pytest.raises(KafkaUnavailable, match="offsets of partition 3"):
            reader.watermarks(3)


@on_its_own
def test_a_broker_that_goes_away_is_noticed() -> None:
    with running_broker() as broker:
        broker.produce("lmnh", [b"a"], partition=0)
        reading = Kafka({"bootstrap.servers": broker.servers}, answer_within=1).reader("lmnh")
        reader = reading.__enter__()
        assert reader.partitions()
    with pytest.raises(KafkaUnavailable, match="topic lmnh"):
        reader.partitions()
    reading.__exit__(None, None, None)


def test_credentials_reach_the_client_and_nobody_else() -> None:
    given = Settings(**SASL)  # type: ignore[arg-type]
    config = given.kafka_client()
    assert config == {
        "bootstrap.servers": "broker.example.org:9093",
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-256",
        "sasl.username": "museum",
        "sasl.password": "hush-hush",
    }
    assert "hush" not in repr(given)
    unreachable = Kafka({**config, "bootstrap.servers": "127.0.0.1:1"}, answer_within=1)
    with unreachable.reader("lmnh") as reader, pytest.raises(KafkaUnavailable) as caught:
        reader.partitions()
    assert "hush" not in str(caught.value)


def test_settings_that_the_client_refuses() -> None:
    broken = Kafka({"bootstrap.servers": "127.0.0.1:1", "security.protocol": "SSL", "ssl.ca.location": "/nowhere.pem"})
    with pytest.raises(KafkaUnavailable, match=r"refuses its settings.*KAFKA_"), broken.reader("lmnh"):
        pass


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kafka_sasl_password": None}, "needs KAFKA_SASL_PASSWORD"),
        ({"kafka_sasl_mechanism": None, "kafka_sasl_username": None}, "KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME"),
        ({"kafka_security_protocol": "SSL"}, "is not SASL_PLAINTEXT or SASL_SSL"),
        ({"kafka_bootstrap_servers": "user:secret@host:9092"}, "kafka_bootstrap_servers"),
        ({"kafka_bootstrap_servers": "kafka://host:9092"}, "kafka_bootstrap_servers"),
        ({"kafka_sasl_mechanism": "GSSAPI"}, "kafka_sasl_mechanism"),
    ],
)
def test_settings_that_cannot_work_are_refused(change: dict[str, str | None], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        Settings(**(SASL | change))  # type: ignore[arg-type]
    assert "hush" not in str(caught.value)


def test_what_is_wrong_together_is_said_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_SSL")
    with pytest.raises(SettingsError, match="KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_SASL_MECHANISM"):
        read_settings()


def test_without_servers_there_is_no_stream() -> None:
    with pytest.raises(MuseumError, match="KAFKA_BOOTSTRAP_SERVERS is not set"):
        Kafka.from_settings(Settings())
