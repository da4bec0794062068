"""Where the metrics come from: the platform's database, production's, and Dagster's. Each is looked at by itself."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from psycopg import sql
from psycopg.types.json import Jsonb

from museum_assets import catalogue
from museum_assets.loop.spec import StageSpec
from museum_assets.museums import MUSEUMS
from museum_assets.operations.metrics import role
from museum_assets.operations.metrics.families import Reading
from resources.platform import NotRunning, Platform
from resources.postgres import Connection, Database
from sql import query

OUTCOMES = ("done", "rejected", "duplicate", "failed", "retrying", "pending")
RUNNING = ["QUEUED", "NOT_STARTED", "STARTING", "STARTED", "CANCELING"]
DAY = 86_400.0
Look = Callable[[Platform], Reading]


def ledger(platform: Platform) -> Reading:
    """Look at the platform's database."""
    reading = Reading()
    with role.watching(platform.database(), role.PLATFORM) as conn:
        for spec in _counted(platform):
            _books(reading, conn, spec, _contracts(platform, spec))
        _tried(reading, conn)
        for row in conn.execute(query("metrics.records")):
            reading.add("records", row["museum"], "live", value=row["live"])
            reading.add("records", row["museum"], "withdrawn", value=row["withdrawn"])
        _harvests(reading, conn)
        _waiting(reading, conn)
        for row in conn.execute(query("metrics.candidates")):
            reading.add("candidate_made_timestamp_seconds", row["museum"], value=row["made"])
    return reading


def releases(platform: Platform) -> Reading:
    """Look at production's database."""
    reading = Reading()
    with role.watching(platform.production(), role.PRODUCTION) as conn:
        for row in conn.execute(query("metrics_production.live")):
            reading.add("release_live", row["museum"], value=row["release_id"])
            reading.add("release_committed_timestamp_seconds", row["museum"], value=row["committed"])
        for row in conn.execute(query("metrics_production.releases")):
            reading.add("releases", row["museum"], row["state"], value=row["releases"])
        for row in conn.execute(query("metrics_production.moves")):
            reading.add("release_moves", row["museum"], row["action"], value=row["moves"])
            reading.add("release_moved_timestamp_seconds", row["museum"], row["action"], value=row["last"])
    return reading


def runs(platform: Platform) -> Reading:
    """Look at Dagster's runs: those that have not ended, and those of the last day."""
    reading, now = Reading(), time.time()
    with role.watching(dagster_database(platform), role.DAGSTER) as conn:
        going = conn.execute(
            "SELECT status, create_timestamp, start_time FROM public.runs WHERE status = ANY(%s)", (RUNNING,)
        ).fetchall()
        ended = conn.execute(
            "SELECT pipeline_name, status, start_time, end_time FROM public.runs WHERE end_time > %s", (now - DAY,)
        ).fetchall()
    ages: dict[str, list[float]] = {status: [] for status in RUNNING}
    for row in going:
        began = row["start_time"] or _epoch(row["create_timestamp"])
        ages[row["status"]].append(now - began)
    for status, found in ages.items():
        reading.add("runs", status, value=len(found))
        reading.add("run_age_seconds", status, value=max(found, default=0.0))
    counted: dict[tuple[str, str], int] = defaultdict(int)
    lasted: dict[str, list[float]] = defaultdict(list)
    for row in ended:
        counted[_job(row["pipeline_name"]), row["status"]] += 1
        if row["start_time"]:
            lasted[_job(row["pipeline_name"])].append(row["end_time"] - row["start_time"])
    for (job, status), count in counted.items():
        reading.add("runs_ended_day", job, status, value=count)
    for job, seconds in lasted.items():
        reading.add("run_duration_seconds", job, "median", value=statistics.median(seconds))
        reading.add("run_duration_seconds", job, "longest", value=max(seconds))
    return reading


SOURCES: Mapping[str, Look] = {"ledger": ledger, "releases": releases, "runs": runs}


def dagster_database(platform: Platform) -> Database:
    """Return Dagster's own database. Raises NotRunning."""
    url = platform.settings.dagster_postgres_url
    if not url:
        raise NotRunning("DAGSTER_POSTGRES_URL is not set: set it, or start everything with `museum up`")
    return Database(url, "DAGSTER_POSTGRES_URL")


def _counted(platform: Platform) -> list[StageSpec]:
    """Return the stages in use whose inputs a view lists. Notices have a metric of their own."""
    return [
        spec
        for spec in catalogue.stages()
        if spec.books is None and spec.museums is None and not spec.inactive(platform.settings)
    ]


def _contracts(platform: Platform, spec: StageSpec) -> dict[str, str]:
    """Return {museum: contract} as far as they are known here; done under another one is pending."""
    found = {slug: spec.current_contract(platform, slug) for slug in MUSEUMS}
    return {slug: contract for slug, contract in found.items() if contract is not None}


def _books(reading: Reading, conn: Connection, spec: StageSpec, contracts: dict[str, str]) -> None:
    statement = sql.SQL(query("metrics.stage")).format(inputs=sql.Identifier("ops", spec.view))
    # A harvest keeps no row of what it stored: then the record itself says when it came.
    before = [each.name for each in spec.deps if each.books is None]
    given = {"stage": spec.name, "contracts": Jsonb(contracts), "before": before}
    for row in conn.execute(statement, given):
        reading.add("stage_inputs", row["museum"], spec.name, value=row["inputs"])
        for outcome in OUTCOMES:
            reading.add("stage_records", row["museum"], spec.name, outcome, value=row[outcome])
        for which in ("oldest", "newest"):
            reading.add("stage_pending_age_seconds", row["museum"], spec.name, which, value=row[which] or 0.0)


def _tried(reading: Reading, conn: Connection) -> None:
    recent: dict[tuple[str, str], int] = defaultdict(int)
    last: dict[tuple[str, str], float] = defaultdict(float)
    refused: dict[tuple[str, str, str, str], int] = defaultdict(int)
    for row in conn.execute(query("metrics.ledger")):
        place = row["museum"], row["stage"]
        recent[place] += row["recent"]
        last[place] = max(last[place], row["last"])
        if row["code"]:
            refused[*place, row["outcome"], row["code"]] += row["records"]
    for labels, count in refused.items():
        reading.add("stage_refused", *labels, value=count)
    for place, count in recent.items():
        reading.add("stage_attempts_recent", *place, value=count)
        reading.add("stage_attempted_timestamp_seconds", *place, value=last[place])


def _harvests(reading: Reading, conn: Connection) -> None:
    for row in conn.execute(query("metrics.harvests")):
        reading.add("harvest_complete_timestamp_seconds", row["museum"], value=row["complete"])
        reading.add("harvest_open_seconds", row["museum"], value=row["open_for"] or 0.0)
        if row["last_state"]:
            reading.add("harvest_last_state", row["museum"], row["last_state"], value=1)
    for row in conn.execute(query("metrics.hosts")):
        reading.add("host_requests_per_second", row["host"], "now", value=row["rate"])
        reading.add("host_requests_per_second", row["host"], "most", value=row["ceiling"])
        reading.add("host_paused_seconds", row["host"], value=row["paused"])


def _waiting(reading: Reading, conn: Connection) -> None:
    for row in conn.execute(query("metrics.letters")):
        reading.add("dead_letters", row["source"], row["museum"], value=row["letters"])
        reading.add("dead_letter_age_seconds", row["source"], row["museum"], value=row["oldest"])
    for row in conn.execute(query("metrics.notices")):
        reading.add("notices_waiting", row["channel"], value=row["waiting"])
        reading.add("notice_age_seconds", row["channel"], value=row["oldest"])


def _epoch(moment: datetime) -> float:
    """Return the seconds of what Dagster writes without a zone, in UTC."""
    return moment.replace(tzinfo=UTC).timestamp()


def _job(name: str) -> str:
    return "assets" if name == "__ASSET_JOB" else name
