"""Every stage of the collection that the loop runs, as an asset; `raw_metadata.py` beside this file has the harvest."""

import dagster as dg

from museum_assets.kit.assets import stage_asset
from museum_assets.loop.spec import StageSpec


def stage_assets(stages: tuple[StageSpec, ...]) -> list[dg.AssetsDefinition]:
    """Return the assets of the stages."""
    return [stage_asset(spec) for spec in stages if spec.open]
