"""image_clip, text_clip, image_jina, text_jina: each one named vector of the index, alike but for input and model."""

import dagster as dg

from museum_assets.audit.vectors import nearest_is_itself, vectors_match, vectors_sound, weights_trained
from museum_assets.collection.indexed_artworks import indexed_artworks
from museum_assets.collection.kit import MODEL_POOL, OWNERS, StageConfig, materialize_stage, result, stage_checks
from museum_assets.collection.stored_thumbnails import stored_thumbnails
from museum_assets.stages.embedding import Embedding
from partitions import museum_partitions
from resources.configured import S3, Embedders, Postgres, Qdrant


def embedding_asset(vector: str) -> dg.AssetsDefinition:
    """Make the asset of one named vector, `<image|text>_<embedder>`."""
    kind, model = vector.split("_")

    @dg.asset(
        name=vector,
        deps=[indexed_artworks, stored_thumbnails] if kind == "image" else [indexed_artworks],
        partitions_def=museum_partitions,
        group_name="collection",
        kinds={"python", "qdrant"},
        owners=OWNERS,
        pool=MODEL_POOL,
        automation_condition=dg.AutomationCondition.eager(),
        description=f"The vector {vector} of every artwork: {'its thumbnail' if kind == 'image' else 'its text'} "
        f"embedded by {model}, each distinct one once.",
    )
    def embedding(
        context: dg.AssetExecutionContext,
        config: StageConfig,
        postgres: Postgres,
        s3: S3,
        qdrant: Qdrant,
        embedders: Embedders,
    ) -> dg.MaterializeResult[None]:
        if model not in embedders.active():
            return dg.MaterializeResult(metadata={"inactive": f"{model} is not active: set {model.upper()}_API_KEY"})
        embedder, index, database = embedders.get(model), qdrant.index(), postgres.database()
        stage = Embedding(vector, embedder, index, database, s3.thumbnails(), place=qdrant.place())

        def finish(counts: object) -> dict[str, str]:
            if getattr(counts, "done", 0):
                with index.open() as session:
                    session.optimise()
            return {"contract": embedder.contract}

        return materialize_stage(context, config, database, stage, finish)

    return embedding


def embedding_checks(vector: str) -> list[dg.AssetChecksDefinition]:
    """Make the checks of one named vector."""
    model = vector.split("_")[1]

    @dg.asset_check(asset=vector, name="vectors_match_ledger", partitions_def=museum_partitions,
                    description=vectors_match.__doc__)  # fmt: skip
    def match(context: dg.AssetCheckExecutionContext, postgres: Postgres, qdrant: Qdrant) -> dg.AssetCheckResult:
        with postgres.database().connect() as conn:
            return result(vectors_match(conn, qdrant.index(), context.partition_key, vector))

    @dg.asset_check(asset=vector, name="vectors_sound", partitions_def=museum_partitions,
                    description=vectors_sound.__doc__)  # fmt: skip
    def sound(context: dg.AssetCheckExecutionContext, postgres: Postgres, qdrant: Qdrant) -> dg.AssetCheckResult:
        with postgres.database().connect() as conn:
            return result(vectors_sound(conn, qdrant.index(), context.partition_key, vector))

    @dg.asset_check(asset=vector, name="nearest_is_itself", partitions_def=museum_partitions,
                    description=nearest_is_itself.__doc__)  # fmt: skip
    def nearest(context: dg.AssetCheckExecutionContext, postgres: Postgres, qdrant: Qdrant) -> dg.AssetCheckResult:
        with postgres.database().connect() as conn:
            return result(nearest_is_itself(conn, qdrant.index(), context.partition_key, vector))

    @dg.asset_check(asset=vector, name="weights_trained", partitions_def=museum_partitions,
                    description=weights_trained.__doc__)  # fmt: skip
    def trained(embedders: Embedders) -> dg.AssetCheckResult:
        return result(weights_trained(embedders.get(model).contract if model in embedders.active() else None))

    looks = [match, sound, nearest] if vector.startswith("image") else [match, sound]
    return [*stage_checks(vector), *looks, trained]


VECTORS = ("image_clip", "text_clip", "image_jina", "text_jina")
embeddings = [embedding_asset(vector) for vector in VECTORS]
embeddings_checks = [check for vector in VECTORS for check in embedding_checks(vector)]
