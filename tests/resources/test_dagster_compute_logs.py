"""What a run prints is in the bucket, and is read there by a machine that has not run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg  # noqa: TID251 - what is tested is what Dagster keeps
import pytest
from dagster._core.storage.compute_log_manager import ComputeIOType  # noqa: TID251

from resources.dagster_compute_logs import PlatformComputeLogs
from resources.embedded.dagster_instance import write_configuration
from resources.embedded.s3 import free_port
from resources.platform import Platform
from tests.support.places import ROOT

BUCKET = "compute-logs"
RUN = """
import dagster as dg

@dg.op
def says() -> None:
    print("the frame is missing")

@dg.job(executor_def=dg.in_process_executor)
def collection(): says()

with dg.DagsterInstance.get() as instance:
    assert collection.execute_in_process(instance=instance).success
"""


@pytest.fixture
def elsewhere(platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of a machine that has nothing yet, and settings with a bucket for what runs print."""
    monkeypatch.setenv("COMPUTE_LOGS_S3", BUCKET)
    platform.bucket(BUCKET).ensure_bucket()
    return tmp_path / "elsewhere"


def instance_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Dagster's home be that of a machine, as `museum migrate` makes it there."""
    monkeypatch.setenv("MUSEUM_HOME", str(home))
    monkeypatch.setenv("DAGSTER_HOME", str(home / "dagster"))
    home.mkdir()
    write_configuration(home / "dagster", Platform.from_settings().settings)


def run() -> None:
    """Run a job in a process of its own."""
    ran = subprocess.run([sys.executable, "-c", RUN], cwd=ROOT, env=dict(os.environ), capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()


def test_another_machine_reads_what_a_run_printed(
    platform: Platform, elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_at(tmp_path / "here", monkeypatch)
    run()
    keys = [each.key for each in platform.bucket(BUCKET).list("dagster/storage/")]
    assert {key.rpartition(".")[2] for key in keys} == {"out", "err"}
    instance_at(elsewhere, monkeypatch)
    with dg.DagsterInstance.get() as instance:
        logs = instance.compute_log_manager
        assert isinstance(logs, PlatformComputeLogs)
        log_key = keys[0].removeprefix("dagster/storage/").rpartition(".")[0].split("/")
        found = logs.get_log_data(log_key)
        assert found.stdout == b"the frame is missing\n"
        url = str(logs.download_url_for_type(log_key, ComputeIOType.STDOUT))
    assert url.startswith(str(platform.settings.s3_endpoint_url))


def test_a_run_succeeds_while_s3_is_away_and_what_it_printed_stays_here(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    instance_at(elsewhere, monkeypatch)
    run()
    (printed,) = (elsewhere / "dagster" / "storage").rglob("*.out")
    assert printed.read_text() == "the frame is missing\n"


def test_without_the_setting_each_machine_keeps_its_own(
    platform: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance_at(tmp_path / "here", monkeypatch)
    with dg.DagsterInstance.get() as instance:
        assert not isinstance(instance.compute_log_manager, PlatformComputeLogs)
