from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import dagster as dg  # noqa: TID251 - what is tested is what Dagster knows
import pytest

from museum_assets.operations.lost_runs import CLI_TAG, close_runs_of_gone_commands, own_runs
from resources.embedded.dagster_instance import write_configuration
from resources.embedded.services import Environment
from tests.support.places import ROOT

COMMAND = """
import sys, time
from pathlib import Path
import dagster as dg
from museum_assets.operations.lost_runs import CLI_TAG, own_runs

@dg.op(pool="model")
def sleeping() -> None:
    print("sleeps", flush=True)
    time.sleep(600)

@dg.job
def collection(): sleeping()

with dg.DagsterInstance.get() as instance, own_runs(instance, Path(sys.argv[1])) as name:
    collection.execute_in_process(instance=instance, tags={CLI_TAG: name})
"""


@pytest.fixture
def instance(services: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """Dagster as the platform configures it."""
    write_configuration(tmp_path)
    for name, value in (services | {"DAGSTER_HOME": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    return dg.DagsterInstance.get()


def test_a_killed_commands_run_is_closed_by_the_next_and_a_living_ones_is_not(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    command = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert command.stdout
        assert command.stdout.readline() == "sleeps\n"
        (lock,) = (tmp_path / "runs").glob("*.lock")
        with own_runs(instance, tmp_path):
            (run,) = instance.get_runs(dg.RunsFilter(tags={CLI_TAG: lock.stem}))
            assert run.status is dg.DagsterRunStatus.STARTED
    finally:
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
    close_runs_of_gone_commands(instance, tmp_path)
    (run,) = instance.get_runs(dg.RunsFilter(tags={CLI_TAG: lock.stem}))
    assert run.status is dg.DagsterRunStatus.FAILURE
    for pool in instance.event_log_storage.get_concurrency_keys():
        assert run.run_id not in instance.event_log_storage.get_concurrency_info(pool).active_run_ids
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_pool_is_waited_for_in_the_queue_and_not_in_a_run(instance: dg.DagsterInstance) -> None:
    config = instance.get_concurrency_config().pool_config
    assert config.pool_granularity
    assert (config.pool_granularity.value, config.default_pool_limit) == ("run", 1)


def test_every_open_run_is_closed_in_what_was_restored(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """A command of another home: here its lock does not say that it lives."""
    job = dg.GraphDefinition(name="collection").to_job()
    run = instance.create_run_for_job(job, tags={CLI_TAG: "1-abc"}, status=dg.DagsterRunStatus.STARTED)
    lost_runs = [sys.executable, "-m", "museum_assets.operations.lost_runs"]
    for option, status in (("--launched", dg.DagsterRunStatus.STARTED), ("--all", dg.DagsterRunStatus.FAILURE)):
        env = {**os.environ, "MUSEUM_HOME": str(tmp_path)}
        subprocess.run([*lost_runs, option], cwd=ROOT, env=env, check=True)
        found = instance.get_run_by_id(run.run_id)
        assert found
        assert found.status is status
