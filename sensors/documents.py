"""Launches the document assets for a museum in whose bucket documents are new, changed or gone, or are due again."""

import time

import dagster as dg

from museum_assets.documents.assets.document_files import document_files
from museum_assets.documents.assets.document_records import documents
from museum_assets.documents.due import documents_due, reads_documents
from museum_assets.documents.listing import wildcard_of
from museum_assets.failures import MuseumError
from museum_assets.loop.launching import Launched, plan
from museum_assets.museums import MUSEUMS
from museum_assets.settings import settings
from resources import platform
from sensors.watch import Seen, is_in_flight, watch

ANSWER_WITHIN = 5.0
"""Seconds of silence after which S3 counts as gone: a tick has 60 for all museums together."""


@dg.sensor(
    job=documents,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Stages and reads documents that are new in a museum's part of the bucket, changed, or due once more.",
)
def new_documents(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Look at every museum's part of the bucket."""

    def look(slug: str, last: Launched | None, after: str) -> Seen:
        return _plan(context.instance, slug, last, after)

    return watch(context, MUSEUMS, look, _request)


def _request(slug: str) -> dg.RunRequest:
    """Without a model the documents are staged all the same: the model that comes later reads them from there."""
    selection = None if reads_documents(settings()) else [document_files.key]
    return dg.RunRequest(partition_key=slug, tags={"museum": slug}, asset_selection=selection)


def _plan(instance: dg.DagsterInstance, slug: str, last: Launched | None, after: str) -> Seen:
    """Decide about one museum. One that cannot be looked at keeps nobody else's documents waiting."""
    try:
        bucket = platform.bucket(settings(), settings().documents_bucket).within(ANSWER_WITHIN)
        with platform.database(settings()).connect() as conn:
            due = documents_due(conn, settings(), slug, bucket, wildcard_of(settings(), slug), after)
    except MuseumError as error:
        return Seen(None, str(error))
    in_flight = is_in_flight(instance, documents.name, slug)
    return Seen(*plan(due.lag, last, time.time(), in_flight=in_flight, things="documents"), due.after)
