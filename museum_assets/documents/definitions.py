"""The Dagster definitions of documents."""

import dagster as dg

from museum_assets.documents.jobs import documents
from museum_assets.documents.stages import STAGES
from museum_assets.kit.assets import stage_asset
from museum_assets.kit.checks import stage_checks


def definitions() -> dg.Definitions:
    """Return the assets of the document stages, their checks and their job."""
    return dg.Definitions(
        assets=[stage_asset(spec) for spec in STAGES],
        asset_checks=[stage_checks(spec) for spec in STAGES],
        jobs=[documents],
    )
