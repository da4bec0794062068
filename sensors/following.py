"""Runs what follows when an asset was made."""

import dagster as dg

follow_upstream = dg.AutomationConditionSensorDefinition(
    "follow_upstream",
    target=dg.AssetSelection.groups("collection", "enrichment"),
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Runs what follows when an asset of a museum was materialized by hand or by its schedule.",
)
