"""Launches `kiosk_files` for a museum whose bucket has new or overwritten files."""

import time
from dataclasses import asdict

import dagster as dg
import orjson

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.kiosk.files.new_files import (
    LoadPlan,
    TriedVersion,
    WatchState,
    known_versions,
    list_bucket,
    plan_load,
    wait_for_run,
)
from museum_assets.kiosk.jobs import kiosk_files
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from resources.dagster_resources import PlatformResource
from resources.platform import Platform
from resources.postgres import DatabaseUnavailable
from sensors.watch import TICK_SECONDS, is_in_flight

KIOSK_BUCKET_ANSWERS_WITHIN = 10.0
"""Seconds that S3 may take to answer. A tick has 60 for all museums together."""


@dg.sensor(
    job=kiosk_files,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Loads new and overwritten kiosk files from the museums' buckets.",
)
def new_kiosk_files(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    """Request a run for each museum with files to load. Raises MuseumError when all buckets refuse."""
    services = platform.get()
    cursor = orjson.loads(context.cursor or "{}")
    states = {slug: _state(stored) for slug, stored in cursor.get("museums", {}).items()}
    first = cursor.get("first", 0) % len(KIOSK_MUSEUMS)
    until = time.monotonic() + TICK_SECONDS
    requests: list[dg.RunRequest] = []
    summaries: list[str] = []
    failed: list[str] = []
    for slug in KIOSK_MUSEUMS[first:] + KIOSK_MUSEUMS[:first]:
        if summaries and time.monotonic() > until:
            break
        try:
            planned = _plan(services, context.instance, slug, states.get(slug, WatchState()))
        except MuseumError as error:
            # One museum's broken bucket does not hold up the others.
            summaries.append(f"{slug}: {error}")
            # An outage passes, and the tick says why it did nothing. Raised, it wrote a traceback at every tick.
            if not isinstance(error, Unavailable | DatabaseUnavailable):
                failed.append(summaries[-1])
                context.log.warning(failed[-1])
            continue
        summaries.append(f"{slug}: {planned.summary}")
        states[slug] = planned.state
        if planned.load:
            tags = {"museum": slug, "museum/files": str(len(planned.load))}
            requests.append(dg.RunRequest(run_key=planned.run_key, partition_key=slug, tags=tags))
    if failed and len(failed) == len(summaries):
        raise MuseumError("\n".join(failed))
    state = {"first": first + len(summaries), "museums": {slug: asdict(kept) for slug, kept in states.items()}}
    return dg.SensorResult(
        run_requests=requests,
        cursor=orjson.dumps(state).decode(),
        skip_reason=None if requests else dg.SkipReason("; ".join(summaries)),
    )


def _state(stored: dict[str, object]) -> WatchState:
    tried: dict[str, dict[str, object]] = stored["tried"]  # type: ignore[assignment]
    waiting = {key: TriedVersion(**values) for key, values in tried.items()}  # type: ignore[arg-type]
    return WatchState(str(stored["after"]), waiting, int(str(stored["requests"])))


def _plan(platform: Platform, instance: dg.DagsterInstance, slug: str, state: WatchState) -> LoadPlan:
    """Return one museum's plan."""
    if is_in_flight(instance, kiosk_files.name, slug):
        return LoadPlan((), "", wait_for_run(state, time.time()), "files are being loaded")
    store = platform.kiosk_source(slug).within(KIOSK_BUCKET_ANSWERS_WITHIN)
    listing = list_bucket(store, kiosks(slug), state.after)
    with platform.database().connect() as conn:
        known = known_versions(conn, slug, listing, state)
    return plan_load(slug, listing, known, state, time.time())
