"""transformed_artworks: raw records read into the common artwork, each accounted for."""

import dagster as dg

from museum_assets.audit.collection import plausible_years, required_fields, unique_identifiers
from museum_assets.collection.kit import OWNERS, StageConfig, materialize_stage, sql_check, stage_checks
from museum_assets.collection.raw_metadata import raw_metadata
from museum_assets.museums import museum
from museum_assets.stages.transform import Transform
from partitions import museum_partitions
from resources.configured import Postgres


@dg.asset(
    deps=[raw_metadata],
    partitions_def=museum_partitions,
    group_name="collection",
    kinds={"python", "postgres"},
    owners=OWNERS,
    automation_condition=dg.AutomationCondition.eager(),
    description="Artworks in the common shape; every raw record is an artwork, a rejection with a code or a duplicate.",
)
def transformed_artworks(
    context: dg.AssetExecutionContext, config: StageConfig, postgres: Postgres
) -> dg.MaterializeResult[None]:
    """Read the partition's raw records."""
    return materialize_stage(context, config, postgres.database(), Transform(museum(context.partition_key)))


transformed_artworks_checks = [
    *stage_checks("transformed_artworks"),
    sql_check("transformed_artworks", "unique_identifiers", unique_identifiers),
    sql_check("transformed_artworks", "required_fields", required_fields),
    sql_check("transformed_artworks", "plausible_years", plausible_years),
]
