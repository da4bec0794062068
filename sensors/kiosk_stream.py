"""Launches `live_feedback` for a museum whose stream has messages to read."""

import time

import dagster as dg

from museum_assets.failures import MuseumError
from museum_assets.kiosk.assets.live_feedback import live_stream
from museum_assets.kiosk.stream_lag import is_consumed, lag
from museum_assets.loop.launching import Launched, plan
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.settings import settings
from resources import platform
from resources.kafka import Kafka, client_config
from sensors.watch import Seen, is_in_flight, watch

ANSWER_WITHIN = 5.0


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

    def look(slug: str, last: Launched | None, _: str) -> Seen:
        return Seen(*_plan(context.instance, slug, last))

    return watch(context, KIOSK_MUSEUMS, look, lambda slug: dg.RunRequest(partition_key=slug, tags={"museum": slug}))


def _plan(instance: dg.DagsterInstance, slug: str, last: Launched | None) -> tuple[Launched | None, str]:
    """Decide about one museum. A museum that cannot be looked at keeps nobody else's stream waiting."""
    in_flight = is_in_flight(instance, live_stream.name, slug)
    try:
        with platform.database(settings()).connect() as conn:
            in_flight = in_flight or is_consumed(conn, slug)
            left = lag(conn, kiosks(slug), Kafka(client_config(settings()), ANSWER_WITHIN))
    except MuseumError as error:
        return None, str(error)
    return plan(left, last, time.time(), in_flight=in_flight)
