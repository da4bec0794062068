"""stored_thumbnails: one JPEG per artwork in S3."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from museum_assets.audit.thumbnails import recent_thumbnails, thumbnails_present
from museum_assets.collection.kit import OWNERS, StageConfig, materialize_stage, result, stage_checks
from museum_assets.collection.transformed_artworks import transformed_artworks
from museum_assets.loop.stage import Counts
from museum_assets.settings import settings
from museum_assets.stages.thumbnails import Thumbnails
from partitions import museum_partitions
from resources.configured import S3, MuseumApis, Postgres


@dg.asset(
    deps=[transformed_artworks],
    partitions_def=museum_partitions,
    group_name="collection",
    kinds={"python", "s3"},
    owners=OWNERS,
    automation_condition=dg.AutomationCondition.eager(),
    description="Thumbnails as {museum}_{object_number}.jpg in S3, with their sha256, size and source.",
)
def stored_thumbnails(
    context: dg.AssetExecutionContext, config: StageConfig, postgres: Postgres, s3: S3, museum_apis: MuseumApis
) -> dg.MaterializeResult[None]:
    """Download, resize and store the images of the partition's artworks."""
    from museum_assets.images.contact_sheet import as_markdown, contact_sheet

    slug, database, store, chosen = context.partition_key, postgres.database(), s3.thumbnails(), settings()

    def sheet(_: Counts) -> Mapping[str, Any]:
        # Also when nothing was due: the UI shows the latest materialization, and a curator looks for pictures there.
        with database.connect() as conn:
            jpegs = recent_thumbnails(conn, store, slug)
        return {"contact sheet": dg.MetadataValue.md(as_markdown(contact_sheet(jpegs), slug))} if jpegs else {}

    with museum_apis.images(slug) as fetcher:
        stage = Thumbnails(
            fetcher,
            store,
            max_dimension=chosen.image_max_dimension,
            quality=chosen.image_jpeg_quality,
            concurrency=chosen.download_concurrency,
        )
        return materialize_stage(context, config, database, stage, sheet)


@dg.asset_check(asset=stored_thumbnails, partitions_def=museum_partitions, description=thumbnails_present.__doc__)
def every_thumbnail_present(context: dg.AssetCheckExecutionContext, postgres: Postgres, s3: S3) -> dg.AssetCheckResult:
    """Compare the ledger with the bucket."""
    with postgres.database().connect() as conn:
        return result(thumbnails_present(conn, s3.thumbnails(), context.partition_key))


stored_thumbnails_checks = [*stage_checks("stored_thumbnails"), every_thumbnail_present]
