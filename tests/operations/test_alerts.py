"""Every alert fires when its fault is there and resolves when it is mended, in Prometheus itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from museum_assets.cli.app import app
from museum_assets.operations.metrics import sources
from museum_assets.operations.metrics.families import FAMILIES
from museum_assets.operations.running import migrate
from museum_assets.readers.app import build
from museum_assets.readers.serving import open_site
from resources.embedded.s3 import free_port
from resources.platform import Platform
from tests.readers.serving import serving
from tests.support.clock import wait_until
from tests.support.new_database import NewDatabase, at
from tests.support.places import ROOT
from tests.support.prometheus import ALERTS, OBSERVABILITY, RULES, answers, prometheus, with_prometheus

FAULTS = (Path(__file__).parent / "faults.sql").read_text(encoding="utf-8")
FAULT = r"-- fault of (\w+)( \(Dagster's database\))?\n(.+?);\n-- mended\n(.+?);\n"
FACTS = {alert: tuple(rest) for alert, *rest in re.findall(FAULT, FAULTS, re.DOTALL)}
"""Alert -> (whether it is a fact of Dagster's database, the statement of the fault, the one that mends it)."""
OUTAGES = {"MuseumMetricsDown", "MuseumSourceDown", "MuseumReadersDown", "MuseumReadersFail"}
RUNBOOKS = ROOT / "docs" / "runbooks"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    named = {rule["annotations"]["runbook"]: rule["alert"] for rule in RULES}
    assert len(named) == len(RULES)
    for name, alert in named.items():
        assert (ROOT / name).read_text(encoding="utf-8").startswith(f"# {alert}\n")
    assert {path.name for path in RUNBOOKS.glob("*.md")} == {Path(name).name for name in named}
    assert {*FACTS, *OUTAGES} == ALERTS, "an alert without a rehearsal"


def test_rules_and_dashboard_ask_for_metrics_that_are_there() -> None:
    for file in (OBSERVABILITY / "alerts.yaml", OBSERVABILITY / "dashboard.json"):
        asked = set(re.findall(r"\bmuseum_(?!readers_|assets)(\w+?)(?:_total)?\b", file.read_text(encoding="utf-8")))
        assert asked - {"metrics"} <= set(FAMILIES), file.name
    shown = (OBSERVABILITY / "dashboard.json").read_text(encoding="utf-8")
    assert json.loads(shown)["panels"]


@contextmanager
def metrics_process(port: int) -> Iterator[None]:
    """Run `museum metrics` as a unit does."""
    command = [sys.executable, "-m", "museum_assets", "metrics", "--port", str(port)]
    process = subprocess.Popen(command, env={**os.environ, "METRICS_SECONDS": "0.5"}, cwd=ROOT)
    try:
        wait_until(lambda: process.poll() is not None or answers(f"http://127.0.0.1:{port}/metrics"), 0.1)
        assert process.poll() is None
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143


@contextmanager
def closed(url: str) -> Iterator[None]:
    """Let nobody into a database for as long as the block lasts."""
    name = urlsplit(url).path.strip("/")
    with psycopg.connect(at(url, "postgres"), autocommit=True) as conn:
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        yield
        conn.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def execute(platform: Platform, dagster: str, *, mended: bool) -> None:
    """Bring about every fault, or mend it."""
    contract = {"contract": next(each for each in sources._counted(platform)).contract(platform, "cma")}
    for of_dagster, fault, mending in FACTS.values():
        with psycopg.connect(dagster if of_dagster else platform.database().url, autocommit=True) as conn:
            conn.execute(mending if mended else fault, contract)


def commands() -> set[str]:
    """What the runbooks say to look at first, as far as it is the platform's own program."""
    texts = [path.read_text(encoding="utf-8") for path in RUNBOOKS.glob("*.md")]
    return {line for text in texts for line in re.findall(r"^    museum (.+)$", text, re.MULTILINE)}


@with_prometheus
def test_every_alert_fires_and_resolves(
    platform: Platform, new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics, readers = free_port(), free_port()
    with new_database() as dagster, new_database() as pages:
        monkeypatch.setenv("DAGSTER_POSTGRES_URL", dagster)
        site_of = platform.with_settings(database_url=pages, readers_database_url=pages)
        platform.settings.home.mkdir()
        migrate(Platform.from_settings())
        everything = {*FACTS, "MuseumReadersFail"}
        with open_site(site_of, patient=True) as site, prometheus(tmp_path, metrics, readers) as watched:
            with metrics_process(metrics), serving(build(site), platform.settings, readers) as page:
                watched.wait_for(set())

                execute(platform, dagster, mended=False)
                assert httpx.get(page).is_success
                with psycopg.connect(pages, autocommit=True) as conn:
                    conn.execute("ALTER VIEW production.live_release RENAME TO taken_away")
                    wait_until(lambda: httpx.get(page).is_server_error and watched.firing() == everything, 0.3)
                    for command in commands():
                        said = CliRunner().invoke(app, command.split())
                        assert said.exit_code == 0 or (command == "doctor" and said.exit_code == 1), (
                            command,
                            said.output,
                        )
                    conn.execute("ALTER VIEW production.taken_away RENAME TO live_release")
                execute(platform, dagster, mended=True)
                watched.wait_for(set())

                with closed(dagster):
                    watched.wait_for({"MuseumSourceDown"})
                watched.wait_for(set())
            watched.wait_for({"MuseumMetricsDown", "MuseumReadersDown"})
            with metrics_process(metrics), serving(build(site), platform.settings, readers):
                watched.wait_for(set())
