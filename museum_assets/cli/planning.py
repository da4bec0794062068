"""`museum plan`: what a full harvest will take, museum by museum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dagster import AssetObservation, DagsterInstance  # noqa: TID251 - the plan is told to Dagster

from museum_assets.cli.printing import console, print_json, print_table
from museum_assets.cli.session import connected
from museum_assets.cli.simulation import refuse_real_museums
from museum_assets.collection.harvest.plan import HarvestPlan, plan_harvest
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.core.failures import MuseumError

COLUMNS = ("museum", "requests", "entries", "MB", "minutes", "requests per second", "says")


def show_plans(museums: Sequence[str], *, as_json: bool) -> int:
    """Print a plan of each museum, and tell Dagster, which shows it beside what happens. Returns the exit code.

    A museum whose API does not answer has no plan; the others do. Raises as `connected` does.
    """
    plans: dict[str, HarvestPlan | str] = {}
    with connected(for_runs=True) as platform, DagsterInstance.get() as instance:
        refuse_real_museums(platform, museums)
        for slug in museums:
            try:
                plans[slug] = plan = plan_harvest(platform, slug)
            except MuseumError as error:
                plans[slug] = str(error)
            else:
                metadata = {name: value for name, value in _as_dict(plan).items() if value is not None}
                instance.report_runless_asset_event(
                    AssetObservation(raw_metadata.name, partition=slug, metadata=metadata, description="a plan")
                )
    if as_json:
        print_json({slug: {"error": plan} if isinstance(plan, str) else _as_dict(plan) for slug, plan in plans.items()})
    else:
        print_table("A full harvest takes", COLUMNS, [_row(slug, plan) for slug, plan in plans.items()])
        console.print("The next full harvest shows the plan beside what happened.", highlight=False)
    return int(any(isinstance(plan, str) for plan in plans.values()))


def _as_dict(plan: HarvestPlan) -> dict[str, Any]:
    return {"requests": plan.requests, "entries": plan.entries, "bytes": plan.bytes, "seconds": plan.seconds,
            "requests per second": plan.pace, "asked to plan": plan.asked, "unknown": plan.unknown}  # fmt: skip


def _row(slug: str, plan: HarvestPlan | str) -> tuple[Any, ...]:
    if isinstance(plan, str):
        return (slug, *[None] * 5, plan)
    size = None if plan.bytes is None else round(plan.bytes / 1e6, 1)
    minutes = None if plan.seconds is None else round(plan.seconds / 60, 1)
    return (slug, plan.requests, plan.entries, size, minutes, plan.pace, plan.unknown or "")
