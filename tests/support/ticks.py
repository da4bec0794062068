"""A tick of a sensor as the daemon makes it, with the resources that the environment configures."""

from __future__ import annotations

from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster that ticks

from resources.dagster_resources import configured_resources


def tick(sensor: dg.SensorDefinition, instance: dg.DagsterInstance, cursor: str | None = None, **more: Any) -> Any:
    """Return what a sensor says; `more` is what its context has beside the cursor."""
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources=configured_resources(), **more) as context:
        return sensor(context)
