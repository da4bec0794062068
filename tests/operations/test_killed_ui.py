"""`museum up` is killed: its children end, their runs finish a batch, and no service is stopped under any of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from museum_assets.core.settings import Settings
from museum_assets.operations.keeper import members
from museum_assets.operations.running import running_platform
from museum_assets.operations.ui import dagster_processes, ui
from resources.embedded import postgres, postgres_files, s3
from tests.support.clock import wait_until
from tests.support.places import ROOT
from tests.support.webserver import LAUNCH, serve

LOCATION = """
import os, time
from pathlib import Path
import dagster as dg, psycopg

@dg.asset
def batches() -> None:
    Path(os.environ["MUSEUM_HOME"], "batch").touch()
    try:
        time.sleep(600)
    finally:
        time.sleep(2)
        with psycopg.connect(os.environ["DATABASE_URL"]) as conn:
            conn.execute("CREATE TABLE finished_batch AS SELECT 1")

jobs = [dg.define_asset_job("paint")]
defs = dg.Definitions(assets=[batches], jobs=jobs, executor=dg.in_process_executor)
"""
WORKSPACE = "load_from: [{{python_module: {{module_name: guarded_location, working_directory: '{folder}'}}}}]"
UP = """
import sys
from pathlib import Path
from museum_assets.core.settings import Settings
from museum_assets.operations.ui import ui
with ui(Settings(museum_home=sys.argv[1]), workspace=Path(sys.argv[2])) as running:
    print(running.url, *(child.process.pid for child in running.children), flush=True)
    running.wait()
"""
LOADED = "from museum_assets.definitions import defs; import sys; defs(); print('loaded', flush=True); sys.stdin.read()"


@pytest.fixture
def settings(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings without any external service."""
    for field, info in Settings.model_fields.items():
        monkeypatch.delenv((info.alias or field).upper(), raising=False)
    yield Settings(museum_home=own_home)
    s3.stop(own_home)
    postgres.stop(own_home)


def services_of(settings: Settings) -> list[psutil.Process]:
    """Return the servers: of Postgres the first process, for the others come and go with connections."""
    return postgres.processes(postgres_files.data_directory(settings.home))[:1] + s3.processes(settings.home)


@contextmanager
def running_up(settings: Settings, folder: Path) -> Iterator[tuple[str, list[int]]]:
    """Run the UI in a process of its own, to be killed; yield its address and the children, the keeper first."""
    (folder / "guarded_location.py").write_text(LOCATION)
    workspace = folder / "workspace.yaml"
    workspace.write_text(WORKSPACE.format(folder=folder))
    process = subprocess.Popen(
        [sys.executable, "-c", UP, settings.home, workspace], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        url, *pids = process.stdout.readline().split()
        launched = httpx.post(
            f"{url}/graphql", json={"query": LAUNCH, "variables": {"job": "paint"}}, timeout=60, trust_env=False
        )
        assert "LaunchRunSuccess" in launched.text
        wait_until((settings.home / "batch").exists)
        yield url, [int(pid) for pid in pids]
    finally:
        process.kill()
        process.wait()


def status(settings: Settings) -> None:
    """Run `museum status`, which comes and leaves as a user of the services."""
    subprocess.run(
        [sys.executable, "-m", "museum_assets", "status"],
        env={**os.environ, "MUSEUM_HOME": str(settings.home)},
        cwd=ROOT,
        check=True,
        capture_output=True,
    )


def has_finished_batch(settings: Settings) -> bool:
    with running_platform(settings, for_runs=False) as env, psycopg.connect(env["DATABASE_URL"]) as conn:
        row = conn.execute("SELECT to_regclass('finished_batch') IS NOT NULL").fetchone()
    assert row
    return bool(row[0])


def test_the_children_end_after_their_batch_and_the_last_one_stops_the_services(
    settings: Settings, tmp_path: Path
) -> None:
    with running_up(settings, tmp_path) as (_, pids):
        assert members([pids[0]])
    status(settings)
    wait_until(lambda: not members([pids[0]]))
    assert dagster_processes(settings) == []
    wait_until(lambda: not services_of(settings))
    assert has_finished_batch(settings)


def test_with_the_keeper_killed_too_nothing_is_stopped_under_the_others_until_the_next_up(
    settings: Settings, tmp_path: Path
) -> None:
    with running_up(settings, tmp_path) as (_, pids):
        os.kill(pids[0], signal.SIGKILL)
    left = [process for process in members([pids[0]]) if process.pid in pids]
    assert len(left) == 3, "code server, webserver and daemon"
    before = {process.pid for process in services_of(settings)}
    status(settings)
    assert {process.pid for process in services_of(settings)} == before
    assert all(process.is_running() for process in left)
    with ui(settings, workspace=tmp_path / "workspace.yaml"):
        assert not any(process.is_running() for process in left)
    assert not services_of(settings)
    assert has_finished_batch(settings)


def test_whoever_loaded_the_code_location_holds_the_services(settings: Settings) -> None:
    with running_platform(settings):
        run = subprocess.Popen(
            [sys.executable, "-c", LOADED],
            env={**os.environ, "MUSEUM_HOME": str(settings.home)},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert run.stdout
        assert run.stdout.readline() == "loaded\n"
    assert services_of(settings)
    run.kill()
    run.communicate()
    with running_platform(settings, for_runs=False):
        pass
    assert not services_of(settings)


def test_a_webserver_alone_leaves_after_its_code_server(settings: Settings, tmp_path: Path) -> None:
    with serve(tmp_path, {"MUSEUM_HOME": str(settings.home)}):
        assert services_of(settings)
    assert not services_of(settings)
