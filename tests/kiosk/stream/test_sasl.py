"""The live stream from brokers that ask who is there: the settings as the environment gives them, to the presses."""

from __future__ import annotations

import json

import pytest

from museum_assets.core.settings import read_settings
from museum_assets.kiosk.stream.stream import consume
from museum_assets.museums import kiosks
from resources.kafka import Kafka, KafkaUnavailable
from resources.postgres import Database
from tests.support.kafka_broker import on_its_own, running_broker
from tests.support.kafka_sasl import guarded
from tests.support.kiosk_tables import add_exhibitions, books

pytestmark = on_its_own
PRESS = json.dumps({"at": "2024-10-21T09:21:24.254719+01:00", "site": "5", "val": 4}).encode()


def configured(monkeypatch: pytest.MonkeyPatch, servers: str, password: str) -> Kafka:
    values = {"BOOTSTRAP_SERVERS": servers, "SECURITY_PROTOCOL": "SASL_PLAINTEXT", "SASL_MECHANISM": "PLAIN",
              "SASL_USERNAME": "museum", "SASL_PASSWORD": password}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"KAFKA_{name}", value)
    return Kafka.from_settings(read_settings())


def test_presses_come_through_with_the_right_password(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_exhibitions(database, "lmnh", [5])
    with running_broker() as broker:
        broker.produce("lmnh", [PRESS, b"{}"])
        with guarded(broker.servers, "museum", "hush-hush") as door:
            kafka = configured(monkeypatch, door.address, "hush-hush")
            consume(database, kiosks("lmnh"), kafka, lambda: False, catch_up=True)
            assert set(door.seen) == {b"\0museum\0hush-hush"}
            assert door.passed > 0
    with database.connect() as conn:
        assert books(conn, "lmnh") == (2, 1, 0, 1)


def test_a_wrong_password_is_reported_without_the_password(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_broker() as broker, guarded(broker.servers, "museum", "hush-hush") as door:
        kafka = configured(monkeypatch, door.address, "guessed")
        kafka.answer_within = 3
        with pytest.raises(KafkaUnavailable, match="uthentication") as caught:
            consume(database, kiosks("lmnh"), kafka, lambda: False, catch_up=True)
        assert door.passed == 0
    assert "guessed" not in str(caught.value)
    assert "KAFKA_" in str(caught.value)
