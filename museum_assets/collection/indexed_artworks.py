"""indexed_artworks: one point of the vector index per artwork, with its payload."""

import dagster as dg

from museum_assets.audit.vectors import points_match, withdrawn_absent
from museum_assets.collection.kit import INDEX_POOL, OWNERS, StageConfig, materialize_stage, result, stage_checks
from museum_assets.collection.transformed_artworks import transformed_artworks
from museum_assets.stages.index import Index
from partitions import museum_partitions
from resources.configured import Postgres, Qdrant


@dg.asset(
    deps=[transformed_artworks],
    partitions_def=museum_partitions,
    group_name="collection",
    kinds={"python", "qdrant"},
    owners=OWNERS,
    pool=INDEX_POOL,
    automation_condition=dg.AutomationCondition.eager(),
    description="Points with what the search shows of each artwork; the embeddings add their vectors to them.",
)
def indexed_artworks(
    context: dg.AssetExecutionContext, config: StageConfig, postgres: Postgres, qdrant: Qdrant
) -> dg.MaterializeResult[None]:
    """Bring the points of the partition's artworks up to date."""
    index = qdrant.index()
    with index.open() as session:
        session.ensure_collection()
    return materialize_stage(context, config, postgres.database(), Index(index, place=qdrant.place()))


@dg.asset_check(asset=indexed_artworks, partitions_def=museum_partitions, description=points_match.__doc__)
def index_matches_ledger(
    context: dg.AssetCheckExecutionContext, postgres: Postgres, qdrant: Qdrant
) -> dg.AssetCheckResult:
    """Compare the ledger with the index."""
    with postgres.database().connect() as conn:
        return result(points_match(conn, qdrant.index(), context.partition_key))


@dg.asset_check(asset=indexed_artworks, partitions_def=museum_partitions, description=withdrawn_absent.__doc__)
def withdrawn_artworks_absent(
    context: dg.AssetCheckExecutionContext, postgres: Postgres, qdrant: Qdrant
) -> dg.AssetCheckResult:
    """Look for what should be gone."""
    with postgres.database().connect() as conn:
        return result(withdrawn_absent(conn, qdrant.index(), context.partition_key))


indexed_artworks_checks = [*stage_checks("indexed_artworks"), index_matches_ledger, withdrawn_artworks_absent]
