"""Everything Dagster loads. What belongs here: assembly. What does not: assets, checks, or any decision."""

import dagster as dg

from museum_assets.collection.embeddings import embeddings, embeddings_checks
from museum_assets.collection.indexed_artworks import indexed_artworks, indexed_artworks_checks
from museum_assets.collection.jobs import collection_jobs, collection_schedules
from museum_assets.collection.raw_metadata import raw_metadata, raw_metadata_checks
from museum_assets.collection.stored_thumbnails import stored_thumbnails, stored_thumbnails_checks
from museum_assets.collection.transformed_artworks import transformed_artworks, transformed_artworks_checks
from museum_assets.dead_letters.jobs import dead_letter_jobs
from museum_assets.documents.assets.document_files import document_files, document_files_checks
from museum_assets.documents.assets.document_records import document_records, document_records_checks, documents
from museum_assets.kiosk.assets.live_feedback import live_feedback, live_feedback_checks, live_stream
from museum_assets.releases.assets.jobs import publish_release, release_jobs
from museum_assets.releases.assets.promoted_database import promoted_database
from museum_assets.releases.assets.staging_database import staging_database, staging_database_checks
from museum_assets.sources.assets.rehearsed_source import rehearsal, rehearsed_source
from resources.configured import S3, Embedders, KafkaBrokers, LanguageModel, MuseumApis, Postgres, Qdrant, Releases
from sensors import follow_upstream
from sensors.kiosk_stream import kiosk_stream


@dg.definitions
def defs() -> dg.Definitions:
    """Assemble the code location."""
    return dg.Definitions(
        assets=[
            raw_metadata,
            transformed_artworks,
            indexed_artworks,
            stored_thumbnails,
            *embeddings,
            document_files,
            document_records,
            rehearsed_source,
            live_feedback,
            staging_database,
            promoted_database,
        ],
        asset_checks=[
            *raw_metadata_checks,
            *transformed_artworks_checks,
            *indexed_artworks_checks,
            *stored_thumbnails_checks,
            *embeddings_checks,
            *document_files_checks,
            *document_records_checks,
            *live_feedback_checks,
            *staging_database_checks,
        ],
        jobs=[*collection_jobs, live_stream, *dead_letter_jobs, documents, rehearsal, publish_release, *release_jobs],
        schedules=collection_schedules,
        sensors=[follow_upstream, kiosk_stream],
        resources={
            "postgres": Postgres(),
            "s3": S3(),
            "qdrant": Qdrant(),
            "museum_apis": MuseumApis(),
            "embedders": Embedders(),
            "language_model": LanguageModel(),
            "kafka": KafkaBrokers(),
            "releases": Releases(),
        },
        executor=dg.in_process_executor,
    )
