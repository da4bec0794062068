"""When a run is launched to read the stream: the planner, what it looks at, and the sensor over both."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg  # noqa: TID251 - a sensor is tried here
import pytest

from museum_assets.kiosk.assets.exhibition_report import exhibition_report
from museum_assets.kiosk.assets.live_feedback import live_feedback
from museum_assets.kiosk.jobs import live_stream
from museum_assets.kiosk.letters import KIOSK_STREAM
from museum_assets.kiosk.stream.lag import is_consumed, lag
from museum_assets.kiosk.stream.stream import consume
from museum_assets.kit.checks import asset_checks, dead_letter_check
from museum_assets.loop.launching import FIRST_WAIT, LONGEST_WAIT, Lag, Launch, plan_launch
from museum_assets.museums import kiosks
from partitions import kiosk_partitions
from resources.dagster_resources import configured_resources
from resources.kafka import Kafka
from resources.platform import Platform
from resources.postgres import Database
from sensors.kiosk_stream import QUIET_SECONDS, kiosk_stream
from tests.support.kafka_broker import Broker, running_broker
from tests.support.kiosk_tables import add_exhibitions
from tests.support.ticks import tick

LMNH = kiosks("lmnh")
PRESS = {"at": "2024-10-21T09:21:24.254719+01:00", "site": "5", "val": 4}


def test_a_run_is_launched_for_what_is_left() -> None:
    assert plan_launch(Lag(3, 10), None, 100, in_flight=False) == (Launch(100, 10), "3 messages to read")
    assert plan_launch(Lag(0, 10), None, 100, in_flight=False) == (None, "nothing to read")
    assert plan_launch(Lag(3, 10), None, 100, in_flight=True) == (None, "is being read")
    # The last run read something: the next one need not wait.
    assert plan_launch(Lag(3, 11), Launch(99, 10, stuck=4), 100, in_flight=False)[0] == Launch(100, 11)


def test_runs_that_get_nowhere_come_rarer_and_rarer() -> None:
    last, now, times = Launch(0.0, 10), 0.0, []
    while now < 6 * LONGEST_WAIT:
        now += 30
        launch, why = plan_launch(Lag(3, 10), last, now, in_flight=False)
        assert launch or "the last run read nothing" in why
        if launch:
            times.append(now - last.at)
            last = launch
    assert times[:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert times[-1] == LONGEST_WAIT


@pytest.fixture
def broker(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Broker]:
    with running_broker() as broker:
        monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", broker.servers)
        yield broker


def press(second: int) -> bytes:
    return json.dumps(PRESS | {"at": f"2024-10-21T09:21:{second:02d}.5+01:00"}).encode()


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


def test_a_consumer_at_work_is_seen_without_taking_its_lock(database: Database) -> None:
    with database.connect() as conn:
        assert not is_consumed(conn, "lmnh")
        with database.lock("lmnh", "kiosk_stream"):
            assert is_consumed(conn, "lmnh")
            assert not is_consumed(conn, "lms")


def test_without_brokers_the_sensor_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.setenv("MUSEUM_HOME", str(tmp_path))
    with dg.DagsterInstance.ephemeral() as instance:
        skipped = tick(kiosk_stream, instance)
    assert "KAFKA_BOOTSTRAP_SERVERS is not set" in skipped.skip_message


def test_the_sensor_launches_a_run_per_museum_that_has_messages(broker: Broker, database: Database) -> None:
    broker.produce("lmnh", [press(1)])
    with dg.DagsterInstance.ephemeral() as instance:
        first = tick(kiosk_stream, instance)
        (request,) = first.run_requests
        assert request.partition_key == "lmnh"
        # It goes on while messages come.
        assert request.run_config["ops"]["live_feedback"]["config"] == {"quiet_seconds": QUIET_SECONDS}
        assert live_stream_accepts(request.run_config)
        # Nothing was read since: it waits.
        assert not tick(kiosk_stream, instance, first.cursor).run_requests
        run = dg.DagsterRun(job_name="live_stream", run_id="0b0f9a3e-4b0a-4d5c-9d6b-0a8f6f1f7a01",
                            status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "lmnh"})  # fmt: skip
        instance.add_run(run)
        busy = tick(kiosk_stream, instance)
        assert not busy.run_requests
        assert "lmnh: is being read" in busy.skip_reason.skip_message
        # The other museum has no topic: it says so, and the others go on.
        assert "no topic lms" in busy.skip_reason.skip_message
        instance.report_run_failed(run)
        with database.lock("lmnh", "kiosk_stream"):
            assert not tick(kiosk_stream, instance).run_requests
        assert tick(kiosk_stream, instance).run_requests


def live_stream_accepts(run_config: dict[str, Any]) -> bool:
    job = dg.Definitions(
        assets=[live_feedback, exhibition_report], jobs=[live_stream], resources=configured_resources()
    ).resolve_job_def("live_stream")
    return dg.validate_run_config(job, run_config) is not None


def test_the_sensor_says_that_brokers_are_gone(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    monkeypatch.setattr("sensors.kiosk_stream.BROKERS_ANSWER_WITHIN", 0.5)
    with dg.DagsterInstance.ephemeral() as instance:
        skipped = tick(kiosk_stream, instance)
    assert not skipped.run_requests
    assert "lmnh: cannot list the partitions of topic lmnh" in skipped.skip_reason.skip_message


def materialize(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    check = asset_checks("live_feedback", [dead_letter_check(KIOSK_STREAM)], kiosk_partitions)
    return dg.materialize(
        [live_feedback, check], partition_key="lmnh", resources=configured_resources(), instance=instance
    )


def test_the_asset_catches_up_and_tells_its_books(broker: Broker, database: Database) -> None:
    add_exhibitions(database, "lmnh", [5])
    broker.produce("lmnh", [*(press(n) for n in range(8)), b"{}", press(1)])
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(instance)
    (event,) = result.asset_materializations_for_node("live_feedback")
    shown: dict[str, Any] = {name: value.value for name, value in event.metadata.items()}
    assert {name: shown[name] for name in ("messages", "loaded", "duplicate", "rejected", "lag")} == {
        "messages": 10, "loaded": 8, "duplicate": 1, "rejected": 1, "lag": 0}  # fmt: skip
    assert shown["ended because"] == "the end was reached"
    reasons = {record.data["reason"]: record.data["messages"] for record in shown["reasons"].records}
    assert reasons == {"missing_at": 1, "missing_site": 1, "missing_val": 1}
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert "1 of 10 records read are open dead letters (10.0%, limit 20.0%)" in str(check.description)
    broker.produce("lmnh", [b"{}"] * 10)
    with dg.DagsterInstance.ephemeral() as instance:
        (check,) = materialize(instance).get_asset_check_evaluations()
    assert not check.passed
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.metadata["missing_at"].value == 11


def test_the_asset_without_brokers_is_inactive(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(instance)
        said = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert result.success
    assert not result.asset_materializations_for_node("live_feedback")
    assert not result.get_asset_check_evaluations()
    assert "there is no live stream: set KAFKA_BOOTSTRAP_SERVERS" in said
