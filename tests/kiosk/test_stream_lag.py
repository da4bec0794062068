"""When a run is launched to read the stream: the planner, what it looks at, and the sensor over both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg  # noqa: TID251 - a sensor is tried here
import pytest
from kafka_broker import Broker, running_broker
from kiosk_tables import add_exhibitions

from museum_assets.kiosk.assets.live_feedback import live_feedback, live_feedback_checks
from museum_assets.kiosk.stream import consume
from museum_assets.kiosk.stream_lag import is_consumed, lag
from museum_assets.loop.launching import LONGEST, PATIENCE, Lag, Launched, plan
from museum_assets.museums import kiosks
from museum_assets.settings import Settings, settings
from resources.configured import KafkaBrokers, Postgres
from resources.kafka import Kafka
from resources.postgres import Database
from sensors.kiosk_stream import kiosk_stream

LMNH = kiosks("lmnh")
PRESS = {"at": "2024-10-21T09:21:24.254719+01:00", "site": "5", "val": 4}


def test_a_run_is_launched_for_what_is_left() -> None:
    assert plan(Lag(3, 10), None, 100, in_flight=False) == (Launched(100, 10), "3 messages to read")
    assert plan(Lag(0, 10), None, 100, in_flight=False) == (None, "nothing to read")
    assert plan(Lag(3, 10), None, 100, in_flight=True) == (None, "is being read")
    # The last run read something: the next one need not wait.
    assert plan(Lag(3, 11), Launched(99, 10, stuck=4), 100, in_flight=False)[0] == Launched(100, 11)


def test_runs_that_get_nowhere_come_rarer_and_rarer() -> None:
    last, now, times = Launched(0.0, 10), 0.0, []
    while now < 6 * LONGEST:
        now += 30
        launch, why = plan(Lag(3, 10), last, now, in_flight=False)
        assert launch or "the last run read nothing" in why
        if launch:
            times.append(now - last.at)
            last = launch
    assert times[:4] == [PATIENCE, 2 * PATIENCE, 4 * PATIENCE, 8 * PATIENCE]
    assert times[-1] == LONGEST


@pytest.fixture
def broker(platform: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    with running_broker() as broker:
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.servers)
        settings.cache_clear()
        yield broker


def press(second: int) -> bytes:
    return json.dumps(PRESS | {"at": f"2024-10-21T09:21:{second:02d}.5+01:00"}).encode()


@pytest.mark.integration
def test_the_lag_is_what_is_not_read_yet(broker: Broker, database: Database) -> None:
    kafka = Kafka({"bootstrap.servers": broker.servers})
    broker.produce("lmnh", [press(n) for n in range(6)])
    with database.connect() as conn:
        assert lag(conn, LMNH, kafka) == Lag(6, 0)
        consume(database, LMNH, kafka, lambda: False, catch_up=True)
        assert lag(conn, LMNH, kafka) == Lag(0, 6)
        broker.produce("lmnh", [press(9)])
        assert lag(conn, LMNH, kafka) == Lag(1, 6)
        with running_broker() as other:  # the topic made anew, and shorter
            other.produce("lmnh", [press(1)], partition=0)
            assert lag(conn, LMNH, Kafka({"bootstrap.servers": other.servers})).left == 1


@pytest.mark.integration
def test_a_consumer_at_work_is_seen_without_taking_its_lock(database: Database) -> None:
    with database.connect() as conn:
        assert not is_consumed(conn, "lmnh")
        with database.lock("lmnh", "kiosk_stream"):
            assert is_consumed(conn, "lmnh")
            assert not is_consumed(conn, "lms")


def tick(instance: dg.DagsterInstance, cursor: str | None = None) -> Any:
    return kiosk_stream(dg.build_sensor_context(instance=instance, cursor=cursor))


def test_without_brokers_the_sensor_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("MUSEUM_HOME", str(tmp_path))
    settings.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        skipped = tick(instance)
    settings.cache_clear()
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in skipped.skip_message


@pytest.mark.integration
def test_the_sensor_launches_a_run_per_museum_that_has_messages(broker: Broker, database: Database) -> None:
    broker.produce("lmnh", [press(1)])
    with dg.DagsterInstance.ephemeral() as instance:
        first = tick(instance)
        assert [request.partition_key for request in first.run_requests] == ["lmnh"]
        # Nothing was read since: it waits.
        assert not tick(instance, first.cursor).run_requests
        run = dg.DagsterRun(job_name="live_stream", run_id="0b0f9a3e-4b0a-4d5c-9d6b-0a8f6f1f7a01",
                            status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "lmnh"})  # fmt: skip
        instance.add_run(run)
        busy = tick(instance)
        assert not busy.run_requests
        assert "lmnh: is being read" in busy.skip_reason.skip_message
        # The other museum has no topic, which is told and keeps nobody waiting.
        assert "no topic lms" in busy.skip_reason.skip_message
        instance.report_run_failed(instance.get_run_by_id(run.run_id))
        with database.lock("lmnh", "kiosk_stream"):
            assert not tick(instance).run_requests
        assert tick(instance).run_requests


@pytest.mark.integration
def test_brokers_that_are_gone_are_told(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setattr("sensors.kiosk_stream.ANSWER_WITHIN", 0.5)
    settings.cache_clear()
    with dg.DagsterInstance.ephemeral() as instance:
        skipped = tick(instance)
    assert not skipped.run_requests
    assert "lmnh: cannot list the partitions of topic lmnh" in skipped.skip_reason.skip_message


def materialize(slug: str = "lmnh") -> tuple[dg.ExecuteInProcessResult, dict[str, Any]]:
    with dg.DagsterInstance.ephemeral() as instance:
        resources = {"postgres": Postgres(), "kafka": KafkaBrokers()}
        result = dg.materialize(
            [live_feedback, *live_feedback_checks], partition_key=slug, resources=resources, instance=instance
        )
        (event,) = result.asset_materializations_for_node("live_feedback")
        return result, {name: value.value for name, value in event.metadata.items()}


@pytest.mark.integration
def test_the_asset_catches_up_and_tells_its_books(broker: Broker, database: Database) -> None:
    add_exhibitions(database, "lmnh", [5])
    broker.produce("lmnh", [*(press(n) for n in range(8)), b"{}", press(1)])
    result, told = materialize()
    assert {name: told[name] for name in ("messages", "loaded", "duplicate", "rejected", "lag")} == {
        "messages": 10, "loaded": 8, "duplicate": 1, "rejected": 1, "lag": 0}  # fmt: skip
    reasons = {record.data["reason"]: record.data["messages"] for record in told["reasons"].records}
    assert reasons == {"missing_at": 1, "missing_site": 1, "missing_val": 1}
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert "1 of 10 read wait as dead letters (10.0%, limit 20.0%)" in str(check.description)
    broker.produce("lmnh", [b"{}"] * 10)
    (check,) = materialize()[0].get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.metadata["missing_at"].value == 11


@pytest.mark.integration
def test_the_asset_without_brokers_is_inactive(platform: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    settings.cache_clear()
    _, told = materialize()
    assert told == {"inactive": "there is no live stream: set KAFKA_BOOTSTRAP_SERVERS"}
