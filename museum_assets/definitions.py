"""Everything Dagster loads. What belongs here: assembly. What does not: assets, checks, or any decision."""

import dagster as dg

from museum_assets.collection.embeddings import embeddings, embeddings_checks
from museum_assets.collection.indexed_artworks import indexed_artworks, indexed_artworks_checks
from museum_assets.collection.jobs import collection_jobs, collection_schedules
from museum_assets.collection.raw_metadata import raw_metadata, raw_metadata_checks
from museum_assets.collection.stored_thumbnails import stored_thumbnails, stored_thumbnails_checks
from museum_assets.collection.transformed_artworks import transformed_artworks, transformed_artworks_checks
from resources.configured import S3, Embedders, MuseumApis, Postgres, Qdrant
from sensors import follow_upstream


@dg.definitions
def defs() -> dg.Definitions:
    """Assemble the code location."""
    return dg.Definitions(
        assets=[raw_metadata, transformed_artworks, indexed_artworks, stored_thumbnails, *embeddings],
        asset_checks=[
            *raw_metadata_checks,
            *transformed_artworks_checks,
            *indexed_artworks_checks,
            *stored_thumbnails_checks,
            *embeddings_checks,
        ],
        jobs=collection_jobs,
        schedules=collection_schedules,
        sensors=[follow_upstream],
        resources={
            "postgres": Postgres(),
            "s3": S3(),
            "qdrant": Qdrant(),
            "museum_apis": MuseumApis(),
            "embedders": Embedders(),
        },
        executor=dg.in_process_executor,
    )
