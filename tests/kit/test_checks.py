"""The checks of an asset are one op: each is told by itself, whatever becomes of the others."""

from __future__ import annotations

import dagster as dg  # noqa: TID251 - this is about Dagster
import pytest

from museum_assets.core.findings import Finding
from museum_assets.kit.checks import check_result, checks_op
from resources.dagster_resources import configured_resources
from resources.platform import Platform

MUSEUMS = dg.StaticPartitionsDefinition(["smk"])


@dg.asset(partitions_def=MUSEUMS)
def paintings() -> None:
    pass


@dg.asset(partitions_def=MUSEUMS, deps=[paintings])
def prints() -> None:
    pass


def evaluate(_: Platform, museum: str, name: str) -> dg.AssetCheckResult:
    if name == "broken":
        raise ValueError("no table")
    return check_result(Finding(name == "good", f"{name} of {museum}"))


def run(*checks: dg.AssetChecksDefinition, keys: list[str] | None = None) -> dg.ExecuteInProcessResult:
    made = dg.AssetSelection.assets("paintings").without_checks()
    chosen = [dg.AssetCheckKey(dg.AssetKey("paintings"), key) for key in keys or []]
    return dg.materialize(
        [paintings, prints, *checks],
        selection=made | dg.AssetSelection.checks(*chosen) if keys else None,
        partition_key="smk",
        resources=configured_resources(),
        raise_on_error=False,
    )


def found(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str | None]]:
    return {each.check_name: (each.passed, each.description) for each in result.get_asset_check_evaluations()}


@pytest.mark.parametrize("blocking", [False, True])
def test_each_is_told_and_one_that_cannot_be_evaluated_fails_the_run(blocking: bool) -> None:
    meanings = {"bad": "is bad", "broken": "raises", "good": "is good"}
    result = run(checks_op("paintings", meanings, evaluate, MUSEUMS, blocking=blocking))
    assert found(result) == {"bad": (False, "bad of smk"), "good": (True, "good of smk")}
    assert not result.success
    made = {event.asset_key.to_user_string() for event in result.get_asset_materialization_events() if event.asset_key}
    assert made == ({"paintings"} if blocking else {"paintings", "prints"})


def test_one_that_blocks_keeps_what_follows_from_being_made() -> None:
    result = run(checks_op("paintings", {"bad": "", "good": ""}, evaluate, MUSEUMS, blocking=True))
    assert len(found(result)) == 2
    assert len(result.get_asset_materialization_events()) == 1


def test_some_of_them_run_alone() -> None:
    result = run(checks_op("paintings", {"broken": "", "good": ""}, evaluate, MUSEUMS), keys=["good"])
    assert found(result) == {"good": (True, "good of smk")}
    assert result.success
