"""The policy: what is history, and how long it is kept. What prunes it is called from here, and from nowhere else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import LiteralString, Protocol

from dagster import DagsterInstance  # noqa: TID251 - this is orchestration

from museum_assets.archives.imports import roll_back
from museum_assets.pruning.dagster_history import prune_backfills, prune_events, prune_runs, prune_snapshots
from museum_assets.pruning.vectors import prune_vectors
from resources.platform import Platform
from resources.postgres import Busy, Database
from sql import query

NOTICE_EVENTS_KEPT_DAYS = 7
"""They keep an event from being counted twice. No sensor reads one as old as this again."""


class Prune(Protocol):
    """How history of one kind is removed."""

    def __call__(self, before: datetime, *, dry_run: bool) -> int:
        """Remove what ended before then, with `dry_run` nothing; return how many they are."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of history: for how many days it is kept, and what removes it."""

    what: str
    kept_days: int
    prune: Prune


def kinds(platform: Platform, instance: DagsterInstance) -> list[Kind]:
    """Return every kind of history, in the order of removal."""
    days, database = platform.settings.history_kept_days, platform.database()
    return [
        Kind("Dagster's runs", days, partial(prune_runs, instance)),
        Kind("events and checks without a run", days, partial(prune_events, instance)),
        Kind("backfills", days, partial(prune_backfills, instance)),
        Kind("snapshots of jobs", days, partial(prune_snapshots, instance)),
        Kind("ended harvests", days, partial(_prune_rows, database, query("pruning.harvests"))),
        Kind("settled dead letters", days, partial(_prune_rows, database, query("pruning.letters"))),
        Kind("notices", days, partial(_prune_rows, database, query("notices.forget"))),
        Kind("counted events", NOTICE_EVENTS_KEPT_DAYS, partial(_prune_rows, database, query("notices.forget_events"))),
        Kind("unused vectors", days, partial(prune_vectors, platform, days)),
        Kind("superseded imports", days, partial(_prune_imports, database)),
    ]


def prune(
    platform: Platform, instance: DagsterInstance, *, now: datetime | None = None, dry_run: bool = False
) -> list[tuple[Kind, int]]:
    """Remove the history that is kept no longer; return how many of each kind. With `dry_run` they are only counted.

    Each kind is removed by itself, so that what was removed before an outage or a kill is done.
    """
    now = now or datetime.now(UTC)
    return [
        (kind, kind.prune(now - timedelta(days=kind.kept_days), dry_run=dry_run)) for kind in kinds(platform, instance)
    ]


def _prune_rows(database: Database, statement: LiteralString, before: datetime, *, dry_run: bool) -> int:
    with database.connect() as conn, conn.transaction(force_rollback=dry_run):
        return conn.execute(statement, {"before": before}).rowcount


def _prune_imports(database: Database, before: datetime, *, dry_run: bool) -> int:
    with database.connect() as conn:
        superseded = [row["id"] for row in conn.execute(query("pruning.imports"), {"before": before})]
    if dry_run:
        return len(superseded)
    pruned = 0
    for import_id in superseded:
        with suppress(Busy):  # its source is being imported just now: the next night removes it
            roll_back(database, import_id, "pruning, as two newer ones are loaded")
            pruned += 1
    return pruned
