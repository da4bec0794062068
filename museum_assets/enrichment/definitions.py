"""The Dagster definitions of enrichment."""

import dagster as dg

from museum_assets.enrichment.assets.joined_identities import joined_identities
from museum_assets.enrichment.authority.stage import artist_identities
from museum_assets.enrichment.joining.join import NAME as JOINED
from museum_assets.kit.assets import stage_asset
from museum_assets.kit.checks import stage_checks
from museum_assets.loop.spec import StageSpec

enrichment = dg.define_asset_job(
    "enrichment",
    # Joining is of all museums, and no part of one museum's run.
    selection=dg.AssetSelection.groups("enrichment") - dg.AssetSelection.assets(JOINED),
    description="A museum's makers and works, with what others know of them.",
)


def definitions(stages: tuple[StageSpec, ...]) -> dg.Definitions:
    """Return the assets of these stages with their checks, and the job."""
    identities = next(spec for spec in stages if spec.name == artist_identities.name)
    joined = joined_identities([identities.name, *(spec.name for spec in identities.deps)])
    return dg.Definitions(
        assets=[*(stage_asset(spec) for spec in stages), joined],
        asset_checks=[stage_checks(spec) for spec in stages],
        jobs=[enrichment],
    )
