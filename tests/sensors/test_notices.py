"""From a failing run to a mail and a post: the sensors over a real Dagster instance."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg  # noqa: TID251 - sensors and runs are tried here
import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.core.failures import MuseumError
from museum_assets.core.findings import Finding
from museum_assets.core.settings import read_settings
from museum_assets.kit.checks import check_result
from museum_assets.notices import runs
from museum_assets.notices.notice import Occurrence
from museum_assets.notices.store import record
from museum_assets.sources.assets.rehearsed_source import rehearsed_source
from resources.dagster_resources import configured_resources
from resources.platform import Platform
from resources.postgres import Database
from sensors.notices import notice_sensors
from tests.support.mail_server import MailServer, mail_server
from tests.support.ticks import tick
from tests.support.web_server import Answer, WebServer, web_server

YEAR = 365 * 86_400
SENSORS = {sensor.name: sensor for sensor in notice_sensors}


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setattr(runs, "SETTLED", -1.0)
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def servers(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[MailServer, WebServer]]:
    with mail_server() as mail, web_server() as web:
        values = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(mail.port), "SMTP_SECURITY": "none",
                  "NOTICE_TO": "ann@b.c", "NOTICE_WEBHOOK_URL": f"{web.url}/services/secret",
                  "NOTICE_UI_URL": "http://ui.example.org"}  # fmt: skip
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        yield mail, web


class Ticks:
    """The daemon: ticks sensors and keeps their cursors."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursors: dict[str, str | None] = {}

    def __call__(self, name: str) -> str:
        result = tick(SENSORS[name], self.instance, self.cursors.get(name))
        if isinstance(result, dg.SkipReason):
            return result.skip_message or ""
        self.cursors[name] = result.cursor
        return result.skip_reason.skip_message


def rehearse(instance: dg.DagsterInstance, **config: Any) -> str:
    result = dg.materialize(
        [rehearsed_source],
        run_config={"ops": {"rehearsed_source": {"config": config}}},
        resources=configured_resources(),
        instance=instance,
        raise_on_error=False,
    )
    return result.run_id


def test_a_rehearsal_ends_in_a_mail_and_a_post(
    instance: dg.DagsterInstance, servers: tuple[MailServer, WebServer]
) -> None:
    mail, web = servers
    tick = Ticks(instance)
    breached = rehearse(instance, fail_percentage=50)
    failed = rehearse(instance, fail_run=True, fail_percentage=0)
    assert tick("check_failures") == "1 found, 1 notices new or counted up"
    assert tick("run_failures") == "1 found, 1 notices new or counted up"
    assert tick("notices_by_mail").startswith("2 told")
    assert tick("notices_by_webhook").startswith("2 told")
    texts = sorted(message.get_content() for message in mail.mails)
    assert [message["Subject"] for message in mail.mails] == [
        "[museum data] rehearsed_source: check refused_share",
        "[museum data] rehearsed_source: Failure",
    ]
    assert f"http://ui.example.org/runs/{failed}" in texts[0]
    assert "this failure is rehearsed" in texts[0]
    assert f"http://ui.example.org/runs/{breached}" in texts[1]
    assert "50 of 100 were refused" in texts[1]
    posted = [json.loads(asked.body)["text"] for asked in web.asked]
    assert any(f"/runs/{breached}" in text for text in posted)
    for name in SENSORS:
        assert tick(name).startswith(("nothing failed", "0 told"))
    assert len(mail.mails) == len(web.asked) == 2


def test_repeats_are_one_notice(instance: dg.DagsterInstance, servers: tuple[MailServer, WebServer]) -> None:
    tick = Ticks(instance)
    for _ in range(3):
        rehearse(instance, fail_run=True, fail_percentage=0)
        tick("run_failures")
        tick("notices_by_mail")
    assert len(servers[0].mails) == 1


def test_a_tick_that_dies_loses_and_repeats_nothing(
    instance: dg.DagsterInstance,
    servers: tuple[MailServer, WebServer],
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tick = Ticks(instance)
    rehearse(instance, fail_run=True, fail_percentage=0)
    address = read_settings().database_url
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/nowhere")
    with pytest.raises(MuseumError, match="cannot be used"):
        tick("run_failures")
    monkeypatch.setenv("DATABASE_URL", str(address))
    assert tick("run_failures").startswith("1 found, 1")
    # As if it had died between its transaction and its cursor.
    tick.cursors.clear()
    assert tick("run_failures") == "1 found, 0 notices new or counted up"


def test_a_tick_reads_so_many_events_and_the_next_one_goes_on(
    instance: dg.DagsterInstance, servers: tuple[MailServer, WebServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "MOST_EVENTS", dict.fromkeys(runs.MOST_EVENTS, 2))
    for seed in range(3):
        rehearse(instance, fail_percentage=50, seed=seed)
    tick = Ticks(instance)
    assert [tick("check_failures")[:7] for _ in range(3)] == ["2 found", "1 found", "nothing"]


def test_an_event_whose_neighbours_may_not_be_committed_yet_waits(
    instance: dg.DagsterInstance, servers: tuple[MailServer, WebServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearse(instance, fail_run=True, fail_percentage=0)
    tick = Ticks(instance)
    monkeypatch.setattr(runs, "SETTLED", 60.0)
    assert tick("run_failures") == "nothing failed"
    monkeypatch.setattr(runs, "SETTLED", -1.0)
    assert tick("run_failures").startswith("1 found")


def test_an_event_from_the_future_stops_no_notice(
    instance: dg.DagsterInstance,
    servers: tuple[MailServer, WebServer],
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = time.time
    with monkeypatch.context() as clock:
        clock.setattr("time.time", lambda: now() + YEAR)
        clock.setattr("time.time_ns", lambda: int((now() + YEAR) * 1e9))  # the clock of log records since Python 3.13
        rehearse(instance, fail_run=True, fail_percentage=0)
    rehearse(instance, fail_run=True, fail_percentage=0)
    tick = Ticks(instance)
    assert [tick("run_failures")[:7] for _ in range(3)] == ["2 found", "2 found", "nothing"]
    assert tick("notices_by_mail").startswith("1 told")
    with platform.database().connect() as conn:
        noticed = conn.execute("SELECT seen, last_at <= now() AS past, round_at <= now() AS began FROM ops.notice")
        assert noticed.fetchall() == [{"seen": 2, "past": True, "began": True}], "each of the two counts once"
    rehearse(instance, fail_run=True, fail_percentage=0)
    assert tick("run_failures").startswith("1 found, 1 notices new")


def test_a_round_that_began_in_the_future_does_not_last_until_then(platform: Platform) -> None:
    with platform.database().connect() as conn:
        record(conn, [occurrence("1")], ["mail"], 60)
        conn.execute("UPDATE ops.notice SET round_at = now() + interval '1 year', last_at = now() + interval '1 year'")
        record(conn, [occurrence("2")], ["mail"], 60)
        found = conn.execute("SELECT round, seen, last_at <= now() AS past, round_at <= now() AS began FROM ops.notice")
        assert found.fetchall() == [{"round": 2, "seen": 2, "past": True, "began": True}]


def occurrence(event: str) -> Occurrence:
    return Occurrence(event, "smk", "raw_metadata", "run failed", "no answer", "run-1", datetime.now(UTC))


def test_a_channel_in_trouble_shows_as_a_failed_tick_and_in_the_list(
    instance: dg.DagsterInstance, servers: tuple[MailServer, WebServer]
) -> None:
    tick = Ticks(instance)
    rehearse(instance, fail_run=True, fail_percentage=0)
    tick("run_failures")
    servers[1].next.append(Answer(500, b"oops"))
    with pytest.raises(MuseumError, match="1 notices not told by webhook"):
        tick("notices_by_webhook")
    assert tick("notices_by_mail").startswith("1 told")
    (row,) = json.loads(command("list", "--json"))["notices"]
    assert (row["channels"]["mail"]["state"], row["channels"]["webhook"]["state"]) == ("sent", "retried")
    assert "webhook: retried" in command("list")


def test_a_warning_is_told_only_when_asked_for(instance: dg.DagsterInstance) -> None:
    @dg.asset(
        check_specs=[dg.AssetCheckSpec("look", asset="warned")], partitions_def=dg.StaticPartitionsDefinition(["smk"])
    )
    def warned() -> dg.MaterializeResult:
        found = dg.AssetCheckResult(
            passed=False, severity=dg.AssetCheckSeverity.WARN, check_name="look", description="d"
        )
        return dg.MaterializeResult(check_results=[found])

    dg.materialize([warned], instance=instance, partition_key="smk")
    assert runs.failed_checks(instance, None, warnings=False)[0] == []
    (found,) = runs.failed_checks(instance, None, warnings=True)[0]
    assert (found.partition, found.asset, found.reason, found.message) == ("smk", "warned", "check look", "WARN: d")


def test_a_check_with_nothing_to_look_at_did_not_fail(instance: dg.DagsterInstance) -> None:
    @dg.asset(check_specs=[dg.AssetCheckSpec("look", asset="bare")])
    def bare() -> dg.MaterializeResult:
        found = check_result(Finding.nothing("a file makes some"))
        return dg.MaterializeResult(check_results=[found._replace(check_name="look")])

    dg.materialize([bare], instance=instance)
    assert runs.failed_checks(instance, None, warnings=True)[0] == []


def test_a_run_whose_process_died_is_told_as_its_job(instance: dg.DagsterInstance) -> None:
    @dg.op
    def idle() -> None: ...

    @dg.job
    def harvest_like() -> None:
        idle()

    run = instance.create_run_for_job(harvest_like, tags={"dagster/partition": "met", "dagster/will_retry": "true"})
    instance.report_run_failed(run, "the process is gone")
    (found,) = runs.failed_runs(instance, None)[0]
    assert (found.asset, found.partition, found.reason) == ("harvest_like", "met", "run failed")
    assert found.message == "the process is gone\nDagster runs it again by itself."


def command(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["notices", *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output or str(result.exception)


def test_the_commands(servers: tuple[MailServer, WebServer]) -> None:
    mail, web = servers
    assert json.loads(command("test", "--json")) == {"mail": "sent", "webhook": "sent"}
    web.next.append(Answer(404, b"no_service"))
    told = command("test", code=1)
    assert "mail: sent" in told
    assert "no_service" in told
    assert "secret" not in told
    nothing = {"sent": 0, "failed": 0, "left": 0}
    assert json.loads(command("send", "--json")) == {"mail": nothing, "webhook": nothing}
    assert "channels: mail, webhook" in command("list")
    assert len(mail.mails) == 2


def test_without_a_channel_it_is_said_what_to_set(platform: Platform, instance: dg.DagsterInstance) -> None:
    assert "NOTICE_WEBHOOK_URL" in command("test", code=1)
    assert "NOTICE_WEBHOOK_URL" in command("send", code=1)
    for channel, variables in (("mail", "SMTP_HOST and NOTICE_TO"), ("webhook", "NOTICE_WEBHOOK_URL")):
        assert variables in Ticks(instance)(f"notices_by_{channel}")
