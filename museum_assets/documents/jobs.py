"""The job of a museum's documents."""

import dagster as dg

documents = dg.define_asset_job(
    "documents",
    selection=dg.AssetSelection.groups("documents"),
    description="Reads a museum's documents from the bucket into validated records.",
)
