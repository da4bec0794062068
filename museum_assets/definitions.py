"""Everything Dagster loads. What belongs here: assembly. What does not: assets, checks, or any decision."""

import dagster as dg

from museum_assets.archives.assets.archive_import import archive_import, archive_import_checks, archives
from museum_assets.collection.embeddings import embeddings, embeddings_checks
from museum_assets.collection.indexed_artworks import indexed_artworks, indexed_artworks_checks
from museum_assets.collection.jobs import collection_jobs, collection_schedules
from museum_assets.collection.raw_metadata import raw_metadata, raw_metadata_checks
from museum_assets.collection.stored_thumbnails import stored_thumbnails, stored_thumbnails_checks
from museum_assets.collection.transformed_artworks import transformed_artworks, transformed_artworks_checks
from museum_assets.dead_letters.jobs import dead_letter_jobs
from museum_assets.documents.assets.document_files import document_files, document_files_checks
from museum_assets.documents.assets.document_records import document_records, document_records_checks, documents
from museum_assets.kiosk.assets.combined import combined_exhibitions, combined_kiosk_data
from museum_assets.kiosk.assets.exhibition_report import exhibition_report, exhibition_report_checks
from museum_assets.kiosk.assets.jobs import kiosk_files
from museum_assets.kiosk.assets.live_feedback import live_feedback, live_feedback_checks, live_stream
from museum_assets.kiosk.assets.visitor_feedback import visitor_feedback, visitor_feedback_checks
from museum_assets.releases.assets.jobs import publish_release, release_jobs
from museum_assets.releases.assets.promoted_database import promoted_database
from museum_assets.releases.assets.staging_database import staging_database, staging_database_checks
from museum_assets.sources.assets.rehearsed_source import rehearsal, rehearsed_source
from resources.configured import S3, Embedders, KafkaBrokers, LanguageModel, MuseumApis, Postgres, Qdrant, Releases
from sensors import follow_upstream
from sensors.documents import new_documents
from sensors.kiosk_files import new_kiosk_files
from sensors.kiosk_stream import kiosk_stream
from sensors.notices import notice_sensors


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
            combined_exhibitions,
            combined_kiosk_data,
            visitor_feedback,
            live_feedback,
            exhibition_report,
            archive_import,
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
            *visitor_feedback_checks,
            *live_feedback_checks,
            *exhibition_report_checks,
            *archive_import_checks,
            *staging_database_checks,
        ],
        jobs=[
            *collection_jobs,
            kiosk_files,
            live_stream,
            *dead_letter_jobs,
            documents,
            rehearsal,
            archives,
            publish_release,
            *release_jobs,
        ],
        schedules=collection_schedules,
        sensors=[follow_upstream, new_kiosk_files, kiosk_stream, new_documents, *notice_sensors],
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
