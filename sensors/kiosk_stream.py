"""Launches `live_feedback` for a museum whose stream has messages to read."""

import time
from dataclasses import asdict

import dagster as dg
import orjson

from museum_assets.failures import MuseumError
from museum_assets.kiosk.assets.live_feedback import live_stream
from museum_assets.kiosk.stream_lag import Launched, is_consumed, lag, plan
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.settings import settings
from resources import platform
from resources.kafka import Kafka, client_config

TICK_SECONDS = 25.0
"""Less than half of what Dagster allows a tick. What this one does not get to, the next one looks at first."""
ANSWER_WITHIN = 5.0
IN_FLIGHT = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dg.sensor(
    job=live_stream,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads a museum's live stream when there is something to read and nobody reads it.",
)
def kiosk_stream(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Look at every museum's lag."""
    if not settings().kafka_bootstrap_servers:
        return dg.SkipReason("there is no live stream: KAFKA_BOOTSTRAP_SERVERS is not set")
    cursor = orjson.loads(context.cursor or "{}")
    launched = {slug: Launched(**last) for slug, last in cursor.get("launched", {}).items()}
    first = cursor.get("first", 0) % len(KIOSK_MUSEUMS)
    until = time.monotonic() + TICK_SECONDS
    requests, told, looked = [], [], 0
    for slug in KIOSK_MUSEUMS[first:] + KIOSK_MUSEUMS[:first]:
        if time.monotonic() > until:
            break
        launch, why = _look(context.instance, slug, launched.get(slug))
        looked += 1
        told.append(f"{slug}: {why}")
        if launch:
            launched[slug] = launch
            requests.append(dg.RunRequest(partition_key=slug, tags={"museum": slug}))
    state = {"first": first + looked, "launched": {slug: asdict(last) for slug, last in launched.items()}}
    return dg.SensorResult(
        run_requests=requests,
        cursor=orjson.dumps(state).decode(),
        skip_reason=None if requests else dg.SkipReason("; ".join(told)),
    )


def _look(instance: dg.DagsterInstance, slug: str, last: Launched | None) -> tuple[Launched | None, str]:
    """Decide about one museum. A museum that cannot be looked at keeps nobody else's stream waiting."""
    tags = {"dagster/partition": slug}
    in_flight = bool(
        instance.get_runs(dg.RunsFilter(job_name=live_stream.name, statuses=IN_FLIGHT, tags=tags), limit=1)
    )
    try:
        with platform.database(settings()).connect() as conn:
            in_flight = in_flight or is_consumed(conn, slug)
            left = lag(conn, kiosks(slug), Kafka(client_config(settings()), ANSWER_WITHIN))
    except MuseumError as error:
        return None, str(error)
    return plan(left, last, time.time(), in_flight=in_flight)
