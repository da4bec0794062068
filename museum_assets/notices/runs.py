"""What Dagster's event log says of failed runs and failed checks, as occurrences. Nothing is sent or stored here.

A tick reads a bounded number of events after the last one it read. Dagster's own run-failure sensors move on past an
event whose evaluation raised (1.13, `run_status_sensor_definition.py`), so with Postgres away a failure would be lost.
"""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

import dagster as dg
from dagster import DagsterEventType

from museum_assets.notices.notice import Occurrence

EVENTS = {DagsterEventType.RUN_FAILURE: 20, DagsterEventType.ASSET_CHECK_EVALUATION: 500}
"""Most events of each type in a tick. Of a failed run its steps are asked for, of a check nothing is."""
STEPS = 10
"""Failed steps of one run that are told, each as the asset that it makes."""
SETTLED = 5.0
"""Seconds. Ids are given before they are committed: an event with a lower id may yet appear beside a younger one."""
FIRST_LOOK = 3600.0
"""Seconds that the very first tick looks back: what failed while nothing was listening, but not all of history."""


def failed_runs(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[Occurrence], str | None]:
    """Return what failed in runs that ended after the cursor, and the next cursor."""
    records, after = _read(instance, DagsterEventType.RUN_FAILURE, cursor)
    runs = _runs(instance, {record.run_id for record in records})
    return [found for record in records for found in _failures(instance, record, runs.get(record.run_id))], after


def failed_checks(
    instance: dg.DagsterInstance, cursor: str | None, *, warnings: bool
) -> tuple[list[Occurrence], str | None]:
    """Return the checks that were evaluated after the cursor and failed, and the next cursor."""
    records, after = _read(instance, DagsterEventType.ASSET_CHECK_EVALUATION, cursor)
    failed = []
    for record in records:
        check = record.event_log_entry.get_dagster_event().asset_check_evaluation_data
        if not check.passed and (warnings or check.severity is dg.AssetCheckSeverity.ERROR):
            failed.append((record, check))
    runs = _runs(instance, {record.run_id for record, check in failed if check.partition is None})
    occurrences = [
        Occurrence(
            event=f"{record.run_id}:check:{record.storage_id}",
            partition=check.partition or partition_of(runs.get(record.run_id)),
            asset=check.asset_key.to_user_string(),
            reason=f"check {check.check_name}",
            message=f"{check.severity.value}: {check.description or 'the check says nothing more'}",
            run_id=record.run_id,
            at=_at(record),
        )
        for record, check in failed
    ]
    return occurrences, after


def _read(
    instance: dg.DagsterInstance, kind: DagsterEventType, cursor: str | None
) -> tuple[list[dg.EventLogRecord], str | None]:
    now = time.time()
    chosen = dg.EventRecordsFilter(
        kind, after_cursor=int(cursor) if cursor else None, after_timestamp=None if cursor else now - FIRST_LOOK
    )
    # The instance's own method warns at every call and has no successor for the events of checks.
    found = instance.event_log_storage.get_event_records(chosen, limit=EVENTS[kind], ascending=True)
    records = list(takewhile(lambda record: record.timestamp <= now - SETTLED, found))
    return records, str(records[-1].storage_id) if records else cursor


def _runs(instance: dg.DagsterInstance, ids: Iterable[str]) -> dict[str, dg.DagsterRun]:
    wanted = sorted(ids)
    return {run.run_id: run for run in instance.get_runs(dg.RunsFilter(run_ids=wanted))} if wanted else {}


def _failures(
    instance: dg.DagsterInstance, record: dg.EventLogRecord, run: dg.DagsterRun | None
) -> Iterator[Occurrence]:
    """Yield each failed step of a run, or the run itself when none failed: then its process died."""
    page = instance.get_records_for_run(record.run_id, of_type=DagsterEventType.STEP_FAILURE, limit=STEPS)
    steps = [(step, step.event_log_entry.get_dagster_event()) for step in page.records]
    for step, event in steps:
        error = own_error(event.step_failure_data.error)
        reason, message = (error.cls_name or "failure", said(error)) if error else ("failure", event.message or "")
        yield _failure(record.run_id, event.step_key or "", reason, message, _at(step), run)
    if not steps:
        event = record.event_log_entry.get_dagster_event()
        asset = run.job_name if run else "a run"
        yield _failure(record.run_id, asset, "run failed", event.message or "", _at(record), run)


def _failure(run_id: str, asset: str, reason: str, message: str, at: datetime, run: dg.DagsterRun | None) -> Occurrence:
    again = "\nDagster runs it again by itself." if run and run.tags.get("dagster/will_retry") == "true" else ""
    return Occurrence(f"{run_id}:{asset}", partition_of(run), asset, reason, message + again, run_id, at)


def partition_of(run: dg.DagsterRun | None) -> str:
    """Return the partition of a run, `first...last` for a range, and nothing when it has none."""
    tags = run.tags if run else {}
    first, last = (tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end"))
    return tags.get("dagster/partition") or (f"{first}...{last}" if first and last else "")


def own_error(error: Any) -> Any:
    """Return the outermost error that is not Dagster's wrapping: what it was raised from does not say what to do."""
    while error and error.cause and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    return error


def said(error: Any) -> str:
    """Return an error's message without the path of its class."""
    return re.sub(rf"^[\w.]*{re.escape(error.cls_name or '')}: ", "", error.message.strip())


def _at(record: dg.EventLogRecord) -> datetime:
    return datetime.fromtimestamp(record.timestamp, UTC)
