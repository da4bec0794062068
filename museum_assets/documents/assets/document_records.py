"""document_records: staged documents read by a language model into validated records."""

import dagster as dg

from museum_assets.collection.kit import StageConfig, asset_of, materialize_stage, stage_checks
from museum_assets.documents.assets.document_files import document_files
from museum_assets.documents.stages import DocumentRecords
from resources.configured import LanguageModel, Postgres


@asset_of(
    "documents",
    deps=[document_files],
    kinds={"python", "openai", "postgres"},
    description="Condition reports and loan letters as records; what the model could not read is a dead letter.",
)
def document_records(
    context: dg.AssetExecutionContext, config: StageConfig, postgres: Postgres, language_model: LanguageModel
) -> dg.MaterializeResult[None]:
    """Read the partition's staged documents."""
    database = postgres.database()
    with language_model.get() as model:
        stage = DocumentRecords(model, model.model, database, context.partition_key)
        return materialize_stage(context, config, database, stage, lambda _: {"contract": stage.contract})


documents = dg.define_asset_job(
    "documents",
    selection=dg.AssetSelection.groups("documents"),
    description="A museum's documents from the bucket to validated records.",
)
document_records_checks = stage_checks("document_records")
