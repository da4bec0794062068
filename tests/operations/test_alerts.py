"""Every alert fires when its fault is there and resolves when it is mended, in Prometheus itself."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.operations.metrics.families import FAMILIES
from museum_assets.operations.running import migrate
from museum_assets.readers.app import build
from museum_assets.readers.serving import open_site
from museum_assets.simulator.server import Running
from resources.embedded.s3 import free_port
from resources.platform import Platform
from tests.readers.serving import serving
from tests.support.clock import wait_until
from tests.support.metrics_service import as_unit, running_metrics, watching_login
from tests.support.new_database import NewDatabase, at
from tests.support.prometheus import ALERTS, OBSERVABILITY, RULES, Prometheus, panels, prometheus, with_prometheus
from tests.support.runbooks import OF_A_SERVER, RUNBOOKS, runbook
from tests.support.web_server import web_server

FAULTS = (Path(__file__).parent / "faults.sql").read_text(encoding="utf-8")
FAULT = r"-- fault of (\w+)( \(Dagster's database\))?\n(.+?)-- mended( by its runbook)?\n(.*?)(?=\n-- fault|\Z)"
FACTS = {alert: tuple(rest) for alert, *rest in re.findall(FAULT, FAULTS, re.DOTALL)}
"""Alert -> (whether it is a fact of Dagster's database, its fault, whether its runbook mends it, what mends it)."""
OUTAGES = {"MuseumMetricsDown", "MuseumSourceDown", "MuseumReadersDown", "MuseumReadersFail"}
BOOKS = {rule["alert"]: runbook(rule["annotations"]["runbook"]) for rule in RULES}
NOT_RUN = {
    "systemctl status museum-metrics", "journalctl -u museum-metrics -n 50", "sudo systemctl restart museum-metrics",
    "systemctl status museum-readers", "journalctl -u museum-readers -n 50", "sudo systemctl restart museum-readers",
    "sudo systemctl restart museum",
    "museum up",
}  # fmt: skip
"""The commands of runbooks that nothing runs here: there is no systemd, and `museum up` stays (test_lost_runs.py)."""
EMPTY = {"Vectors a minute", "Open harvests"}
"""The panels that show nothing here: no model is at work, and no harvest is open."""
COLLECTED = "raw_metadata transformed_artworks indexed_artworks stored_thumbnails work_type_terms"
BEFORE = [f"museum run {COLLECTED} --museum smk", "museum release stage smk", "museum release promote smk --why first"]
"""What makes an installation with a live release, on which nothing is wrong."""


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert {alert: book.alert for alert, book in BOOKS.items()} == {alert: alert for alert in ALERTS}
    assert {path.name for path in RUNBOOKS.glob("*.md")} == {Path(r["annotations"]["runbook"]).name for r in RULES}
    assert {*FACTS, *OUTAGES} == ALERTS, "an alert without a rehearsal"


def test_few_commands_of_runbooks_are_not_run() -> None:
    named = {command for book in BOOKS.values() for command in book.commands}
    assert {each for each in named if each.startswith(OF_A_SERVER)} | {"museum up"} == NOT_RUN


def test_the_dashboards_panels_stand_side_by_side() -> None:
    panels = json.loads((OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8"))["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (place["x"] + across, place["y"] + down)
        for place in (panel["gridPos"] for panel in panels)
        for across in range(place["w"])
        for down in range(place["h"])
    ]
    assert len(set(cells)) == len(cells), "two panels in one place"
    assert max(across for across, _ in cells) < 24


def test_rules_and_dashboard_ask_for_metrics_that_are_there() -> None:
    for file in (OBSERVABILITY / "alerts.yaml", OBSERVABILITY / "dashboard.json"):
        asked = set(re.findall(r"\bmuseum_(?!readers_|assets)(\w+?)(?:_total)?\b", file.read_text(encoding="utf-8")))
        assert asked - {"metrics"} <= set(FAMILIES), file.name
    shown = (OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8")
    assert json.loads(shown)["panels"]


@contextmanager
def closed(url: str) -> Iterator[None]:
    """Let nobody into a database for as long as the block lasts."""
    name = urlsplit(url).path.strip("/")
    with psycopg.connect(at(url, "postgres"), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        yield
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def type_in(command: str) -> None:
    """Run a command of the platform's program."""
    said = CliRunner().invoke(app, shlex.split(command)[1:])
    assert said.exit_code == 0, (command, said.output, said.exception)


class Rehearsal:
    """An installation under the eyes of Prometheus, on which faults are brought about and mended."""

    def __init__(self, platform: str, dagster: str, metrics: int, watched: Prometheus) -> None:
        self.platform = platform
        self.dagster = dagster
        self.metrics = metrics
        self.watched = watched
        self.done: set[str] = set(NOT_RUN)

    def bring_about(self) -> None:
        """Bring about all facts that are faults."""
        for of_dagster, fault, _, _ in FACTS.values():
            self.execute(fault, self.dagster if of_dagster else self.platform)

    def execute(self, statements: str, url: str) -> None:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(statements)  # type: ignore[call-overload]

    def follow(self, alert: str) -> None:
        """Do what an alert's runbook says; what several of them say is done once."""
        for command in BOOKS[alert].commands:
            if command in self.done:
                continue
            self.done.add(command)
            if command.startswith("museum "):
                type_in(command)
            else:
                here = command.replace(":9464", f":{self.metrics}")
                subprocess.run(["bash", "-o", "pipefail", "-c", here], check=True, capture_output=True)

    def mend(self, alert: str) -> None:
        """Follow a runbook until its alert resolves; where its commands are no remedy, write that the fault is over."""
        self.follow(alert)
        of_dagster, _, by_runbook, mended = FACTS[alert]
        if not by_runbook:
            self.execute(mended, self.dagster if of_dagster else self.platform)
        wait_until(lambda: alert not in self.watched.firing(), 0.2)

    def read(self) -> None:
        """Read what the alerts say, and the dashboard: what their texts and queries name is there."""
        for each in self.watched.alerts():
            said = " ".join(each["annotations"].values())
            assert "<no value>" not in said, said
            assert "error" not in said.replace("were errors", ""), said
        assert {title for title, query in panels() if not self.watched.ask(query)} == EMPTY


@pytest.mark.timeout(900)
@with_prometheus
def test_every_alert_fires_and_resolves(
    platform: Platform, simulator: Running, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, readers = free_port(), free_port()
    with new_database() as dagster, new_database() as pages, web_server() as webhook:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", dagster)
        monkeypatch.setenv("NOTICE_WEBHOOK_URL", webhook.url)
        site_of = platform.with_settings(database_url=pages, readers_database_url=pages)
        platform.settings.home.mkdir()
        migrate(Platform.from_settings())
        type_in("museum init")
        for command in BEFORE:
            type_in(command)
        own = platform.database().url
        everything = {*FACTS, "MuseumReadersFail"}
        with (
            watching_login({"DATABASE_URL": own, "DAGSTER_POSTGRES_URL": dagster}) as login,
            open_site(site_of, patient=True) as site,
            prometheus(tmp_path, metrics, readers) as watched,
        ):
            unit = as_unit(tmp_path, {**login, "METRICS_PORT": str(metrics), "METRICS_SECONDS": "0.5"})
            rehearsal = Rehearsal(own, dagster, metrics, watched)
            with running_metrics(unit, metrics), serving(build(site), platform.settings, readers) as page:
                watched.wait_for(set())

                rehearsal.bring_about()
                assert httpx.get(page, timeout=None).is_success
                with psycopg.connect(pages, autocommit=True) as conn:
                    conn.execute("ALTER VIEW production.live_release RENAME TO taken_away")
                    wait_until(
                        lambda: httpx.get(page, timeout=None).is_server_error and watched.firing() == everything, 0.3
                    )
                    rehearsal.read()
                    for alert in FACTS:
                        rehearsal.mend(alert)
                    rehearsal.follow("MuseumReadersFail")
                    conn.execute("ALTER VIEW production.taken_away RENAME TO live_release")
                watched.wait_for(set())

                with closed(dagster):
                    watched.wait_for({"MuseumSourceDown"})
                watched.wait_for(set())
                rehearsal.execute("REVOKE USAGE ON SCHEMA ops FROM museum_metrics", own)
                watched.wait_for({"MuseumSourceDown"})
                rehearsal.follow("MuseumSourceDown")
                watched.wait_for(set())
            watched.wait_for({"MuseumMetricsDown", "MuseumReadersDown"})
            rehearsal.follow("MuseumReadersDown")
            with running_metrics(unit, metrics), serving(build(site), platform.settings, readers):
                rehearsal.follow("MuseumMetricsDown")
                watched.wait_for(set())
    named = {command for book in BOOKS.values() for command in book.commands}
    assert rehearsal.done == named
