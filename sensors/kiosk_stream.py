"""Launches `live_feedback` for a museum whose stream has messages to read."""

import time

import dagster as dg

from museum_assets.core.failures import MuseumError
from museum_assets.kiosk.jobs import live_stream
from museum_assets.kiosk.stream.lag import BROKERS_ANSWER_WITHIN, is_consumed, lag
from museum_assets.loop.launching import Launch, plan_launch
from museum_assets.museums import KIOSK_MUSEUMS
from resources.dagster_resources import PlatformResource
from resources.kafka import Kafka
from resources.platform import Platform
from sensors.watch import LaunchDecision, is_in_flight, watch

QUIET_SECONDS = 60
"""A run goes on reading until no message came for so long. Else a stream that never pauses would start one at nearly
every tick, 2,880 a day: each is a process of its own and 160 kB in Dagster's event log (docs/kiosks.md)."""
LONG_RUN = "museum/long_run"
"""Tag of these runs; `dagster.yaml` says how many may run at once, so that others find a place beside them."""


@dg.sensor(
    job=live_stream,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads a museum's live stream when it has new messages and no consumer reads it.",
)
def kiosk_stream(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult | dg.SkipReason:
    """Request a run for each museum whose stream has messages to read."""
    services = platform.get()
    if not services.settings.kafka_bootstrap_servers:
        return dg.SkipReason("there is no live stream: KAFKA_BOOTSTRAP_SERVERS is not set")

    def decide(slug: str, last: Launch | None, _: str) -> LaunchDecision:
        return LaunchDecision(*_plan(services, context.instance, slug, last))

    config = {"ops": {"live_feedback": {"config": {"quiet_seconds": QUIET_SECONDS}}}}

    def request(slug: str) -> dg.RunRequest:
        return dg.RunRequest(partition_key=slug, run_config=config, tags={"museum": slug, LONG_RUN: "stream"})

    return watch(context, KIOSK_MUSEUMS, decide, request)


def _plan(
    platform: Platform, instance: dg.DagsterInstance, slug: str, last: Launch | None
) -> tuple[Launch | None, str]:
    """Return (a launch or None, why). An error becomes the reason, so that other museums' streams are still read."""
    in_flight = is_in_flight(instance, live_stream.name, slug)
    try:
        with platform.database().connect() as conn:
            in_flight = in_flight or is_consumed(conn, slug)
            left = lag(conn, platform.kiosks(slug), Kafka.from_settings(platform.settings, BROKERS_ANSWER_WITHIN))
    except MuseumError as error:
        return None, str(error)
    return plan_launch(left, last, time.time(), in_flight=in_flight)
