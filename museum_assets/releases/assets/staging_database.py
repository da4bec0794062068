"""staging_database: the release candidate of a museum, with the rules that stand between it and production."""

from collections.abc import Iterable
from typing import Any

import dagster as dg

from museum_assets.enrichment.joining.join import NAME as JOINED
from museum_assets.kit.assets import OWNERS
from museum_assets.kit.checks import check_result, checks_op
from museum_assets.loop.spec import INDEX_POOL, StageSpec
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.releases.assets.metadata import changes_metadata
from museum_assets.releases.checks import RULES
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion.preview import compare_with_live
from museum_assets.releases.rules import Rule, Verdict, judge
from museum_assets.releases.schema import tables_of
from museum_assets.releases.staging.candidate import made_at, stage_candidate
from partitions import release_partitions
from resources.dagster_resources import PlatformResource
from resources.platform import Platform

OF_THE_INDEX = "vectors_not_indexed"
"""The one rule that opens the vector index."""


def same_museum(museums: tuple[str, ...]) -> dg.StaticPartitionMapping:
    """Map the museums of one kind to the same museums among all."""
    return dg.StaticPartitionMapping({slug: slug for slug in museums})


def staging_database(stages: tuple[StageSpec, ...]) -> dg.AssetsDefinition:
    """Make the asset, which depends on what a candidate is made from: stages, joined makers, the kiosks' feedback."""

    @dg.asset(
        name="staging_database",
        partitions_def=release_partitions,
        deps=[
            *(dg.AssetDep(spec.name, partition_mapping=same_museum(MUSEUMS)) for spec in stages if spec.released),
            dg.AssetDep(JOINED),
            dg.AssetDep("visitor_feedback", partition_mapping=same_museum(KIOSK_MUSEUMS)),
            dg.AssetDep("live_feedback", partition_mapping=same_museum(KIOSK_MUSEUMS)),
        ],
        group_name="releases",
        kinds={"python", "postgres"},
        owners=OWNERS,
        description="The candidate: what the next release of a museum would be, in production's shape, and what it "
        "would change. Its rows are in the schema `candidate`. `museum release stage smk` makes that of smk.",
    )
    def candidate(context: dg.AssetExecutionContext, platform: PlatformResource) -> dg.MaterializeResult[None]:
        """Make the partition's candidate anew and compare it with what is live."""
        museum, desk = context.partition_key, release_desk(platform.get())
        counts = stage_candidate(desk.platform, desk.production, museum)
        with desk.candidate(museum) as candidate:
            made = made_at(candidate.platform, museum)
            current, changes = compare_with_live(candidate)
        main = next(iter(counts))
        return dg.MaterializeResult(
            metadata={
                "dagster/partition_row_count": counts[main],
                **counts,
                "made at": made.isoformat(),
                "live release": current or 0,
                **changes_metadata(changes),
            }
        )

    return candidate


def verdict_result(verdict: Verdict) -> dg.AssetCheckResult:
    """Turn a verdict into a check result: accepted drift passes, and says who accepted it."""
    found = check_result(verdict.finding)
    return found._replace(passed=verdict.passed, description=verdict.text)


def evaluate(platform: Platform, museum: str, name: str) -> dg.AssetCheckResult:
    """Return the result of the rule of this name."""
    rule = next(each for each in RULES if each.name == name)
    with release_desk(platform).candidate(museum) as candidate:
        kind = tables_of(candidate.production, museum)[0].kind
        if rule.museums not in {kind, "both"}:
            told = f"does not apply to {museum}: a rule of {rule.museums} museums"
            return dg.AssetCheckResult(passed=True, description=told)
        return verdict_result(judge(candidate, rule))


def rule_checks(rules: Iterable[Rule], name: str, **more: Any) -> dg.AssetChecksDefinition:
    """Make the blocking checks of rules; `more` goes to `checks_op` as it is."""
    meanings = {rule.name: rule.meaning for rule in rules}
    return checks_op("staging_database", meanings, evaluate, release_partitions, name=name, blocking=True, **more)


staging_database_checks = [
    rule_checks((rule for rule in RULES if rule.name != OF_THE_INDEX), "release_rules"),
    rule_checks((rule for rule in RULES if rule.name == OF_THE_INDEX), "release_rules_of_the_index", pool=INDEX_POOL),
]
