"""`python -m museum_assets.cli.lost_runs`: tell Dagster which runs died with their processes.

Dagster's default launcher does not check its runs: after a power cut, lost ones would fill the queue's places until
`max_runtime_seconds`. Only for a moment at which no launched run can be alive. Reported as failed, they are retried.
"""

from __future__ import annotations

from dagster import DagsterInstance, DagsterRunStatus, RunsFilter  # noqa: TID251 - this is orchestration
from dagster._core.storage.tags import GRPC_INFO_TAG  # noqa: TID251

LOST = "The run's process is gone: the platform was killed or lost power while it ran."


def main() -> None:
    """Close every launched run that is still open. Runs inside another program's own process are left alone."""
    with DagsterInstance.get() as instance:
        states = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
        for run in instance.get_runs(RunsFilter(statuses=states)):
            if GRPC_INFO_TAG not in run.tags:
                continue
            if run.status is DagsterRunStatus.CANCELING:
                instance.report_run_canceled(run, LOST)
            else:
                instance.report_run_failed(run, LOST)


if __name__ == "__main__":
    main()
