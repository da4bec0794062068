"""document_files: what the documents bucket holds, staged under UUIDs."""

import dagster as dg

from museum_assets.collection.kit import StageConfig, asset_of, materialize_stage, sql_check, stage_checks
from museum_assets.documents.audit import documents_stored
from museum_assets.documents.listing import store_listing, wildcard_of
from museum_assets.documents.stages import DocumentFiles
from museum_assets.settings import settings
from resources.configured import S3, Postgres


@asset_of(
    "documents",
    kinds={"python", "s3", "postgres"},
    description="Condition reports and letters of the museum's wildcard, each read once and kept under its UUID.",
)
def document_files(
    context: dg.AssetExecutionContext, config: StageConfig, postgres: Postgres, s3: S3
) -> dg.MaterializeResult[None]:
    """List the partition's documents and stage those that are new or changed."""
    slug, database, bucket = context.partition_key, postgres.database(), s3.documents()
    wildcard = wildcard_of(settings(), slug)
    with database.connect() as conn:
        listed = store_listing(conn, slug, bucket, wildcard)
    place = {"listed": listed, "bucket": bucket.bucket, "pattern": wildcard.pattern}
    stage = DocumentFiles(bucket, settings().documents_max_bytes)
    return materialize_stage(context, config, database, stage, lambda _: place)


document_files_checks = [
    *stage_checks("document_files"),
    sql_check("document_files", "documents_stored", documents_stored),
]
