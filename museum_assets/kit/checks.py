"""Asset checks from pure functions: findings turned into results, and the checks of a stage's spec."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from museum_assets.core.findings import EMPTY, Finding
from museum_assets.dead_letters.checks import dead_letter_ratio
from museum_assets.dead_letters.sources import LetterSource
from museum_assets.loop.checks import checks_of
from museum_assets.loop.spec import CheckSpec, StageSpec
from partitions import museum_partitions
from resources.dagster_resources import PlatformResource
from resources.platform import Platform


def check_result(finding: Finding) -> dg.AssetCheckResult:
    """Turn a finding into a check result."""
    return dg.AssetCheckResult(
        passed=finding.passed,
        severity=dg.AssetCheckSeverity.WARN if finding.warn else dg.AssetCheckSeverity.ERROR,
        description=finding.description,
        metadata={name: _metadata_value(value) for name, value in finding.metadata.items()}
        | ({EMPTY: True} if finding.empty else {}),
    )


def _metadata_value(value: Any) -> Any:
    return dg.MetadataValue.json(value) if isinstance(value, dict | list) else value


def checks_op(
    asset: str,
    meanings: Mapping[str, str],
    evaluate: Callable[[Platform, str, str], dg.AssetCheckResult],
    partitions: dg.PartitionsDefinition[str] = museum_partitions,
    *,
    name: str | None = None,
    blocking: bool = False,
    pool: str | None = None,
) -> dg.AssetChecksDefinition:
    """Make checks of an asset, {name: meaning}, by `evaluate(platform, museum, name)`, for a museum at a time.

    They are one op, since Dagster takes 0.1 s for each: with one op a check, half of a museum's run went into that.
    """
    with warnings.catch_warnings():
        # Partitioned checks are a preview in Dagster 1.13: known and decided (docs/decisions/0006). Each process that
        # loads the code location said so, in a tenth of the log of `museum up`.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        specs = [
            dg.AssetCheckSpec(each, asset=asset, description=meaning, blocking=blocking, partitions_def=partitions)
            for each, meaning in meanings.items()
        ]

    @dg.multi_asset_check(name=name or f"{asset}_checks", specs=specs, can_subset=True, pool=pool)
    def checks(context: dg.AssetCheckExecutionContext, platform: PlatformResource) -> Iterator[dg.AssetCheckResult]:
        services, raised = platform.get(), []
        for spec in specs:
            if spec.key in context.selected_asset_check_keys:
                try:
                    found = evaluate(services, context.partition_key, spec.name)
                except Exception as error:
                    # The others are told all the same, and then the run fails.
                    context.log.exception("the check %s cannot be evaluated", spec.name)
                    raised.append(error)
                else:
                    yield found._replace(asset_key=spec.asset_key, check_name=spec.name)
        if raised:
            raise raised[0]

    return checks


def asset_checks(
    asset: str, specs: Iterable[CheckSpec], partitions: dg.PartitionsDefinition[str] = museum_partitions
) -> dg.AssetChecksDefinition:
    """Make the checks per museum of an asset."""
    by_name = {spec.name: spec for spec in specs}

    def evaluate(platform: Platform, museum: str, name: str) -> dg.AssetCheckResult:
        with platform.database().connect() as conn:
            return check_result(by_name[name].evaluate(platform, conn, museum))

    return checks_op(asset, {name: spec.meaning for name, spec in by_name.items()}, evaluate, partitions)


def sql_check(function: Callable[..., Finding]) -> CheckSpec:
    """Return the check of a function of the database alone; its name and docstring are the check's."""
    return CheckSpec.of(function.__name__, function)


def stage_checks(spec: StageSpec) -> dg.AssetChecksDefinition:
    """Make all checks of a stage."""
    return asset_checks(spec.name, checks_of(spec))


def dead_letter_check(source: LetterSource) -> CheckSpec:
    """Return the check that an asset's open dead letters are within DEAD_LETTER_RATIO_LIMIT."""
    return CheckSpec.of(
        "dead_letter_ratio",
        dead_letter_ratio,
        lambda platform, conn, slug: dead_letter_ratio(conn, slug, source, platform.settings.dead_letter_ratio_limit),
    )
