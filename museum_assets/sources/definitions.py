"""The Dagster definitions of rehearsals."""

import dagster as dg

from museum_assets.sources.assets.rehearsed_source import rehearsed_source

rehearsal = dg.define_asset_job(
    "rehearsal",
    selection=dg.AssetSelection.groups("rehearsal"),
    description="Rehearses failures: a simulated source fails on purpose, to see dead letters and notices.",
)


def definitions() -> dg.Definitions:
    """Return the asset of rehearsals and its job."""
    return dg.Definitions(assets=[rehearsed_source], jobs=[rehearsal])
