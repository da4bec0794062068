"""Launches `kiosk_files` for a museum in whose bucket files are new or were overwritten."""

import time
from dataclasses import asdict

import dagster as dg
import orjson

from museum_assets.failures import MuseumError
from museum_assets.kiosk.assets.jobs import kiosk_files
from museum_assets.kiosk.new_files import Plan, State, Tried, known_versions, look, plan, wait_for_run
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.settings import settings
from resources import platform
from sensors.watch import TICK_SECONDS, is_in_flight

ANSWER_WITHIN = 10.0
"""Seconds of silence after which S3 counts as gone: a tick has 60 for all museums together."""


@dg.sensor(
    job=kiosk_files,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Loads the kiosks' files that are new in a museum's bucket, or were overwritten there.",
)
def new_kiosk_files(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Look at every museum's bucket. Raises MuseumError when none can be looked at."""
    cursor = orjson.loads(context.cursor or "{}")
    states = {slug: _state(found) for slug, found in cursor.get("museums", {}).items()}
    first = cursor.get("first", 0) % len(KIOSK_MUSEUMS)
    until = time.monotonic() + TICK_SECONDS
    requests: list[dg.RunRequest] = []
    told: list[str] = []
    failed: list[str] = []
    for slug in KIOSK_MUSEUMS[first:] + KIOSK_MUSEUMS[:first]:
        if told and time.monotonic() > until:
            break
        try:
            found = _plan(context.instance, slug, states.get(slug, State()))
        except MuseumError as error:
            # A museum that cannot be looked at keeps nobody else's files waiting.
            failed.append(f"{slug}: {error}")
            context.log.warning(failed[-1])
            told.append(failed[-1])
            continue
        told.append(f"{slug}: {found.told}")
        states[slug] = found.state
        if found.load:
            tags = {"museum": slug, "museum/files": str(len(found.load))}
            requests.append(dg.RunRequest(run_key=found.run_key, partition_key=slug, tags=tags))
    if failed and len(failed) == len(told):
        raise MuseumError("\n".join(failed))
    state = {"first": first + len(told), "museums": {slug: asdict(kept) for slug, kept in states.items()}}
    return dg.SensorResult(
        run_requests=requests,
        cursor=orjson.dumps(state).decode(),
        skip_reason=None if requests else dg.SkipReason("; ".join(told)),
    )


def _state(found: dict[str, object]) -> State:
    tried: dict[str, dict[str, object]] = found["tried"]  # type: ignore[assignment]
    waiting = {key: Tried(**values) for key, values in tried.items()}  # type: ignore[arg-type]
    return State(str(found["after"]), waiting, int(str(found["requests"])))


def _plan(instance: dg.DagsterInstance, slug: str, state: State) -> Plan:
    """Decide about one museum."""
    if is_in_flight(instance, kiosk_files.name, slug):
        return Plan((), "", wait_for_run(state, time.time()), "files are being loaded")
    store = platform.kiosk_source(settings(), slug).within(ANSWER_WITHIN)
    listing = look(store, kiosks(slug), state.after)
    with platform.database(settings()).connect() as conn:
        known = known_versions(conn, slug, listing, state)
    return plan(slug, listing, known, state, time.time())
