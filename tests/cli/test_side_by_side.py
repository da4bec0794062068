"""Museums that run side by side, in processes of their own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg  # noqa: TID251 - it knows which process runs what
import psutil
import pytest

from museum_assets.cli.run import Controls, materialize, run_museum
from museum_assets.museums import MUSEUMS
from museum_assets.operations.lost_runs import CLI_TAG
from museum_assets.simulator.server import Running
from resources.embedded.dagster_instance import write_configuration
from resources.platform import Platform
from tests.support.clock import wait_until
from tests.support.places import ROOT
from tests.support.unplugged import Cable

HARVESTED = "SELECT DISTINCT museum FROM raw.record"
ASSETS = ["raw_metadata"]


@pytest.fixture
def answering() -> threading.Event:
    """Set once the API of `slow` may answer."""
    return threading.Event()


@pytest.fixture
def slow(
    platform: Platform,
    simulator: Running,
    answering: threading.Event,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """The first museum, whose API takes requests and does not answer yet."""
    write_configuration(tmp_path / "dagster")
    at = urlsplit(simulator.base_url)

    def connect() -> socket.socket:
        answering.wait()
        return socket.create_connection((str(at.hostname), at.port or 80))

    slug = next(iter(MUSEUMS))
    cable = Cable(connect)
    name = f"MUSEUM_API_{slug.upper()}"
    monkeypatch.setenv(name, simulator.environment[name].replace(f":{at.port}", f":{cable.port}"))
    yield slug
    answering.set()
    cable.cut()


def others_are_harvested(platform: Platform, slow: str) -> bool:
    with platform.database().connect() as conn:
        harvested = {row["museum"] for row in conn.execute(HARVESTED)}
    assert slow not in harvested
    return harvested == {*MUSEUMS} - {slow}


def worker_of(slug: str) -> psutil.Process:
    """The child of this process that is at work on a museum."""
    with dg.DagsterInstance.get() as instance:
        tag = at_work(instance, slug, os.getpid())
    assert tag
    return psutil.Process(int(tag.partition("-")[0]))


def test_a_slow_api_holds_up_no_other_museum_and_a_killed_worker_fails_its_own_alone(
    platform: Platform, slow: str, answering: threading.Event
) -> None:
    with ThreadPoolExecutor(1) as thread:
        ran = thread.submit(materialize, ASSETS, None, Controls(), jobs=2)
        wait_until(lambda: others_are_harvested(platform, slow), 0.1)
        worker_of(slow).kill()
        runs = {each.museum: each for each in ran.result()}
    assert list(runs) == list(MUSEUMS)
    assert {slug for slug, each in runs.items() if not each.good} == {slow}
    (why,) = runs[slow].errors
    assert "ended with signal 9" in why
    assert f"`museum run raw_metadata --museum {slow}`" in why
    answering.set()
    assert run_museum(slow, {"raw_metadata": {}}).good


def test_sigterm_stops_the_workers_and_closes_their_runs(slow: str) -> None:
    line = ["-m", "museum_assets", "run", *ASSETS, "--jobs", "2", "--museum", f"{slow},cma"]
    command = subprocess.Popen([sys.executable, *line], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        with dg.DagsterInstance.get() as instance:
            ours = {"museum": slow, CLI_TAG: str(wait_until(lambda: at_work(instance, slow, command.pid), 0.2))}
            workers = psutil.Process(command.pid).children()
            command.terminate()
            assert command.wait() == 128 + signal.SIGTERM
            (run,) = instance.get_runs(dg.RunsFilter(tags=ours))
        assert run.is_finished
        assert not any(each.is_running() for each in workers)
    finally:
        command.kill()


def at_work(instance: dg.DagsterInstance, slug: str, command: int) -> str | None:
    """Return the tag of the worker of a command that is at work on a museum."""
    workers = {each.pid for each in psutil.Process(command).children()}
    runs = instance.get_runs(dg.RunsFilter(tags={"museum": slug}, statuses=[dg.DagsterRunStatus.STARTED]))
    return next((tag for run in runs if int((tag := run.tags[CLI_TAG]).partition("-")[0]) in workers), None)
