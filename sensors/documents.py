"""A sensor that launches the document assets of a museum whose documents are new, changed, gone or due again."""

import time

import dagster as dg

from museum_assets.core.failures import MuseumError
from museum_assets.documents.due import documents_due
from museum_assets.documents.jobs import documents
from museum_assets.documents.listing import wildcard_of
from museum_assets.documents.stages import STAGES
from museum_assets.loop.launching import Launch, plan_launch
from museum_assets.museums import MUSEUMS
from resources.dagster_resources import PlatformResource
from resources.platform import Platform
from sensors.watch import LaunchDecision, is_in_flight, watch

BUCKET_ANSWERS_WITHIN = 5.0
"""Seconds without an answer after which S3 counts as unreachable; a tick has 60 for all museums together."""


@dg.sensor(
    job=documents,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reads documents that are new or changed in a museum's part of the bucket, or due again.",
)
def new_documents(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
    """Return the runs for museums whose part of the bucket has documents to read."""
    services = platform.get()

    def decide(slug: str, last: Launch | None, after: str) -> LaunchDecision:
        return _plan(services, context.instance, slug, last, after)

    def request(slug: str) -> dg.RunRequest:
        # Without a model the documents are stored all the same, for a model that is configured later.
        active = [dg.AssetKey(spec.name) for spec in STAGES if not spec.inactive(services.settings)]
        return dg.RunRequest(partition_key=slug, tags={"museum": slug}, asset_selection=active)

    return watch(context, MUSEUMS, decide, request)


def _plan(
    platform: Platform, instance: dg.DagsterInstance, slug: str, last: Launch | None, after: str
) -> LaunchDecision:
    """Decide about one museum. An error is its reason for no run, so that other museums are not held up."""
    try:
        bucket = platform.documents().within(BUCKET_ANSWERS_WITHIN)
        with platform.database().connect() as conn:
            due = documents_due(conn, platform, slug, bucket, wildcard_of(platform, slug), after)
    except MuseumError as error:
        return LaunchDecision(None, str(error))
    in_flight = is_in_flight(instance, documents.name, slug)
    return LaunchDecision(*plan_launch(due.lag, last, time.time(), in_flight=in_flight, things="documents"), due.after)
