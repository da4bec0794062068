"""Reading failed runs and failed checks from Dagster's event log, as occurrences. Nothing is stored or sent here.

A tick reads a bounded number of events after the last one that was read. Dagster's own run-failure sensors skip an
event whose evaluation raised (1.13, `run_status_sensor_definition.py`), so that a failure would be lost while Postgres
is unreachable.
"""

import re
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
from dagster import DagsterEventType

from museum_assets.core.findings import EMPTY
from museum_assets.notices.notice import Occurrence

MOST_EVENTS = {DagsterEventType.RUN_FAILURE: 20, DagsterEventType.ASSET_CHECK_EVALUATION: 500}
"""The most events of each type per tick. Each failed run takes one more query, for its steps."""
STEPS = 10
"""The most failed steps of one run that are told, each under the name of its asset."""
SETTLED = 5.0
"""Seconds until an event is read. Ids are given before they are committed, so that a lower id may appear later."""
AHEAD = 60.0
"""Seconds by which the clock of whoever records an event may be ahead. A later time is a fault, and no time to wait."""
FIRST_LOOK = 3600.0
"""Seconds of history that the very first tick reads."""


def failed_runs(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[Occurrence], str | None]:
    """Return (failures of the runs that failed after the cursor, next cursor)."""
    records, after = _read(instance, DagsterEventType.RUN_FAILURE, cursor)
    runs = _runs(instance, {record.run_id for record in records})
    return [failure for record in records for failure in _failures(instance, record, runs.get(record.run_id))], after


def failed_checks(
    instance: dg.DagsterInstance, cursor: str | None, *, warnings: bool
) -> tuple[list[Occurrence], str | None]:
    """Return (checks that failed after the cursor, next cursor); with `warnings` also those that only warn.

    A check that had nothing to look at did not fail.
    """
    records, after = _read(instance, DagsterEventType.ASSET_CHECK_EVALUATION, cursor)
    failed = []
    for record in records:
        check = record.event_log_entry.get_dagster_event().asset_check_evaluation_data
        if check.passed or EMPTY in check.metadata:
            continue
        if warnings or check.severity is dg.AssetCheckSeverity.ERROR:
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
    """Return (events to tell, next cursor). An event may come twice.

    The time of an event from the future does not say when it settles. It is told at once, but passed only by the next
    tick, when a lower id has appeared if one was still to come: the cursor is then `passed:told`.
    """
    now = time.time()
    passed, _, told = (cursor or "").partition(":")
    unread = dg.EventRecordsFilter(
        kind, after_cursor=int(passed) if passed else None, after_timestamp=None if passed else now - FIRST_LOOK
    )
    # The instance's own method warns at every call and has no successor for the events of checks.
    events = instance.event_log_storage.get_event_records(unread, limit=MOST_EVENTS[kind], ascending=True)
    records: list[dg.EventLogRecord] = []
    waiting = False
    for event in events:
        ahead = event.timestamp > now + AHEAD
        if event.timestamp > now - SETTLED and not ahead:
            break
        records.append(event)
        waiting = waiting or (ahead and event.storage_id > int(told or 0))
        passed = passed if waiting else str(event.storage_id)
    if not waiting:
        return records, passed or None
    return records, f"{passed or records[0].storage_id - 1}:{records[-1].storage_id}"


def _runs(instance: dg.DagsterInstance, ids: Iterable[str]) -> dict[str, dg.DagsterRun]:
    wanted = sorted(ids)
    return {run.run_id: run for run in instance.get_runs(dg.RunsFilter(run_ids=wanted))} if wanted else {}


def _failures(
    instance: dg.DagsterInstance, record: dg.EventLogRecord, run: dg.DagsterRun | None
) -> Iterator[Occurrence]:
    """Yield each failed step of a run, or the run itself when no step failed because its process died."""
    page = instance.get_records_for_run(record.run_id, of_type=DagsterEventType.STEP_FAILURE, limit=STEPS)
    steps = [(step, step.event_log_entry.get_dagster_event()) for step in page.records]
    for step, event in steps:
        error = own_error(event.step_failure_data.error)
        reason, message = (
            (error.cls_name or "failure", message_of(error)) if error else ("failure", event.message or "")
        )
        yield _failure(record.run_id, event.step_key or "", reason, message, _at(step), run)
    if not steps:
        event = record.event_log_entry.get_dagster_event()
        asset = run.job_name if run else "a run"
        yield _failure(record.run_id, asset, "run failed", event.message or "", _at(record), run)


def _failure(run_id: str, asset: str, reason: str, message: str, at: datetime, run: dg.DagsterRun | None) -> Occurrence:
    again = "\nDagster runs it again by itself." if run and run.tags.get("dagster/will_retry") == "true" else ""
    return Occurrence(f"{run_id}:{asset}", partition_of(run), asset, reason, message + again, run_id, at)


def partition_of(run: dg.DagsterRun | None) -> str:
    """Return the partition of a run: `first...last` for a range, '' when it has none."""
    tags = run.tags if run else {}
    first, last = (tags.get(f"dagster/asset_partition_range_{end}") for end in ("start", "end"))
    return tags.get("dagster/partition") or (f"{first}...{last}" if first and last else "")


def own_error(error: Any) -> Any:
    """Return the outermost error below Dagster's own wrapping: its message says what to do."""
    while error and error.cause and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    return error


def message_of(error: Any) -> str:
    """Return an error's message without the name of its class in front."""
    return re.sub(rf"^[\w.]*{re.escape(error.cls_name or '')}: ", "", error.message.strip())


def _at(record: dg.EventLogRecord) -> datetime:
    """Return when an event was recorded, at the latest now: the round of a notice would not end before that time."""
    return min(datetime.fromtimestamp(record.timestamp, UTC), datetime.now(UTC))
