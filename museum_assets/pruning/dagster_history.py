"""Dagster's history: runs that ended long ago go, with their events, checks, backfills and output.

What the UI and the sensors go by stays: the newest materialization, observation and check of each asset's partition,
and so their runs. Ticks are Dagster's own to remove, as `dagster.yaml` says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as db
from dagster import DagsterEventType, DagsterInstance, RunsFilter  # noqa: TID251 - this is orchestration
from dagster._core.execution.backfill import BULK_ACTION_TERMINAL_STATUSES  # noqa: TID251
from dagster._core.storage.dagster_run import FINISHED_STATUSES  # noqa: TID251
from dagster._core.storage.event_log.schema import (  # noqa: TID251
    AssetCheckExecutionsTable,
    AssetEventTagsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.runs.schema import BackfillTagsTable, BulkActionsTable, RunsTable, SnapshotsTable  # noqa: TID251

BATCH = 200
KEPT_EVENTS = (DagsterEventType.ASSET_MATERIALIZATION.value, DagsterEventType.ASSET_OBSERVATION.value)
"""Of these Dagster asks for the newest, however old."""
EVENTS, CHECKS, RUNS = SqlEventLogStorageTable.c, AssetCheckExecutionsTable.c, RunsTable.c
NEWEST_EVENTS = (
    db.select(db.func.max(EVENTS.id))
    .where(EVENTS.asset_key.is_not(None), EVENTS.dagster_event_type.in_(KEPT_EVENTS))
    .group_by(EVENTS.asset_key, EVENTS.dagster_event_type, EVENTS.partition)
)
NEWEST_CHECKS = db.select(db.func.max(CHECKS.id)).group_by(CHECKS.asset_key, CHECKS.check_name, CHECKS.partition)


def prune_runs(instance: DagsterInstance, before: datetime, *, dry_run: bool = False) -> int:
    """Delete the runs that ended before then, but for those with an asset's newest; return how many they are.

    Killed on the way, it leaves at most events and checks without a run, which `prune_events` removes.
    """
    kept = _newest_runs(instance)
    pruned = 0
    for page in _ended_runs(instance, before):
        old = [run_id for run_id in page if run_id not in kept]
        pruned += len(old)
        if dry_run:
            continue
        for run_id in old:
            instance.compute_log_manager.delete_logs(prefix=[run_id])
            instance.delete_run(run_id)
        # Which Dagster leaves when it deletes a run.
        _prune(instance, AssetCheckExecutionsTable, CHECKS.run_id.in_(old))
    return pruned


def prune_events(instance: DagsterInstance, before: datetime, *, dry_run: bool = False) -> int:
    """Delete older events and checks that belong to no run, but for the newest; return how many they are.

    Commands such as `museum release promote` record materializations without a run.
    """
    until, runs = _without_zone(before), db.select(RUNS.run_id)
    old = db.and_(EVENTS.timestamp < until, EVENTS.run_id.not_in(runs), EVENTS.id.not_in(NEWEST_EVENTS))
    checks = db.and_(CHECKS.create_timestamp < until, CHECKS.run_id.not_in(runs), CHECKS.id.not_in(NEWEST_CHECKS))
    count = _prune(instance, SqlEventLogStorageTable, old, dry_run=dry_run)
    count += _prune(instance, AssetCheckExecutionsTable, checks, dry_run=dry_run)
    tags, of_assets = AssetEventTagsTable.c, db.select(EVENTS.id).where(EVENTS.asset_key.is_not(None))
    _prune(instance, AssetEventTagsTable, db.and_(tags.event_timestamp < until, tags.event_id.not_in(of_assets)),
           dry_run=dry_run)  # fmt: skip
    return count


def prune_backfills(instance: DagsterInstance, before: datetime, *, dry_run: bool = False) -> int:
    """Delete the backfills that were begun before then, are over, and have no run left; return how many they are."""
    each = BulkActionsTable.c
    over = each.status.in_([status.value for status in BULK_ACTION_TERMINAL_STATUSES])
    runs = db.select(RUNS.backfill_id).where(RUNS.backfill_id.is_not(None))
    old = db.and_(over, each.timestamp < _without_zone(before), each.key.not_in(runs))
    count = _prune(instance, BulkActionsTable, old, dry_run=dry_run)
    _prune(instance, BackfillTagsTable, BackfillTagsTable.c.backfill_id.not_in(db.select(each.key)), dry_run=dry_run)
    return count


def prune_snapshots(instance: DagsterInstance, before: datetime, *, dry_run: bool = False) -> int:  # noqa: ARG001
    """Delete the snapshots of jobs and of their plans that no run has; return how many they are.

    Every version of the code leaves some. They have no date: they are as old as the runs that had them, and those have
    been pruned before.
    """
    job, plan = RUNS.snapshot_id, db.cast(RUNS.run_body, db.JSON)["execution_plan_snapshot_id"].as_string()
    with _connection(instance) as conn:
        jobs = set(conn.execute(db.select(job).where(job.is_not(None)).distinct()).scalars())
    # A run of some of a job's assets has a snapshot of its own, which the UI shows within that of the whole job.
    lineages = [instance.get_job_snapshot(each).lineage_snapshot for each in jobs]
    whole_jobs = [each.parent_snapshot_id for each in lineages if each]
    each, kept = SnapshotsTable.c.snapshot_id, db.select(job).where(job.is_not(None))
    plans = db.select(plan).where(plan.is_not(None))
    unused = db.and_(each.not_in(kept), each.not_in(plans), each.not_in(whole_jobs))
    return _prune(instance, SnapshotsTable, unused, dry_run=dry_run)


def _newest_runs(instance: DagsterInstance) -> set[str]:
    found: set[str] = set()
    with _connection(instance) as conn:
        for table, newest in ((EVENTS, NEWEST_EVENTS), (CHECKS, NEWEST_CHECKS)):
            found |= {row[0] for row in conn.execute(db.select(table.run_id).where(table.id.in_(newest)))}
    return found


def _ended_runs(instance: DagsterInstance, before: datetime) -> Iterator[list[str]]:
    """Yield pages of runs that ended before then. Each is asked for while the one before it is still there."""
    ended = RunsFilter(statuses=FINISHED_STATUSES, updated_before=before)
    page = instance.get_run_ids(ended, limit=BATCH)
    while page:
        following = instance.get_run_ids(ended, cursor=page[-1], limit=BATCH)
        yield list(page)
        page = following


def _prune(instance: DagsterInstance, table: db.Table, old: db.ColumnElement[bool], *, dry_run: bool = False) -> int:
    counted = db.select(db.func.count()).select_from(table).where(old)
    with _connection(instance) as conn:
        return int(
            conn.execute(counted).scalar_one() if dry_run else conn.execute(db.delete(table).where(old)).rowcount
        )


def _without_zone(moment: datetime) -> datetime:
    """Return a moment as Dagster's columns have it."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def _connection(instance: DagsterInstance) -> Any:
    """Return a context with a connection to Dagster's storage: events and runs are in one database."""
    return instance.event_log_storage.index_connection()  # type: ignore[attr-defined] # Postgres' has it
