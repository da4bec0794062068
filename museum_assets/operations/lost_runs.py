"""`python -m museum_assets.operations.lost_runs [--launched | --all]`: tell Dagster which runs died.

Nothing else notices that their processes are gone: after a power cut or a SIGKILL, lost runs would fill the queue's
places and the pools until `max_runtime_seconds`. Reported as failed, launched ones are retried.
"""

from __future__ import annotations

import argparse
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunsFilter  # noqa: TID251 - this is orchestration
from dagster._core.storage.tags import GRPC_INFO_TAG  # noqa: TID251
from filelock import FileLock, Timeout

from museum_assets.core.settings import read_settings

LOST = "The run's process is gone: it was killed or lost power while it ran."
CLI_TAG = "museum/cli"
"""Names the command that a run runs inside of, and its lock."""
UNFINISHED = [
    DagsterRunStatus.NOT_STARTED,
    DagsterRunStatus.STARTING,
    DagsterRunStatus.STARTED,
    DagsterRunStatus.CANCELING,
]


def main() -> None:
    """Close the open runs of commands that are gone; with `--launched`, also those that Dagster launched itself.

    With `--all` every open run is closed, such as those that were at work when a restored backup was made.
    """
    parser = argparse.ArgumentParser(prog="python -m museum_assets.operations.lost_runs")
    parser.add_argument(
        "--launched", action="store_true", help="only at a moment at which no launched run can be alive"
    )
    parser.add_argument("--all", action="store_true", help="only at a moment at which no run at all can be alive")
    asked = parser.parse_args()
    with DagsterInstance.get() as instance:
        close_runs_of_gone_commands(instance, read_settings().home)
        if asked.launched or asked.all:
            # NOT_STARTED has not been launched: what is queued or about to be is not lost.
            for run in instance.get_runs(RunsFilter(statuses=UNFINISHED[1:])):
                if asked.all or GRPC_INFO_TAG in run.tags:
                    _close(instance, run)


@contextmanager
def own_runs(instance: DagsterInstance, home: Path) -> Iterator[str]:
    """Yield the value of CLI_TAG for runs inside this process, after closing those of commands that are gone.

    A lock in `<home>/runs` tells that the process lives: the kernel frees it however the process ends.
    """
    close_runs_of_gone_commands(instance, home)
    folder = _locks(home)
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{os.getpid()}-{secrets.token_hex(4)}"
    file = folder / f"{name}.lock"
    with FileLock(file, thread_local=False):
        try:
            yield name
        finally:
            # SIGTERM unwinds the command without Dagster closing its run.
            _close_runs_of(instance, name)
            file.unlink(missing_ok=True)


def close_runs_of_gone_commands(instance: DagsterInstance, home: Path) -> None:
    """Report as failed the runs whose command's lock is free. Commands of other homes leave no lock in this one."""
    for file in _locks(home).glob("*.lock"):
        lock = FileLock(file, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        try:
            _close_runs_of(instance, file.stem)
            # Only now: when the report fails, the next command makes it.
            file.unlink(missing_ok=True)
        finally:
            lock.release()


def _locks(home: Path) -> Path:
    return home / "runs"


def _close_runs_of(instance: DagsterInstance, name: str) -> None:
    for run in instance.get_runs(RunsFilter(tags={CLI_TAG: name}, statuses=UNFINISHED)):
        _close(instance, run)


def _close(instance: DagsterInstance, run: DagsterRun) -> None:
    if run.status is DagsterRunStatus.CANCELING:
        instance.report_run_canceled(run, LOST)
    else:
        instance.report_run_failed(run, LOST)
    instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


if __name__ == "__main__":
    main()
