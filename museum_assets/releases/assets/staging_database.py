"""staging_database: the release candidate of a museum, with the rules that stand between it and production."""

import dagster as dg

from museum_assets.collection.kit import INDEX_POOL, OWNERS, result
from museum_assets.museums import KIOSK_MUSEUMS, MUSEUMS
from museum_assets.releases.assets.metadata import changes_metadata
from museum_assets.releases.candidate import made_at, make_candidate
from museum_assets.releases.promotion import look
from museum_assets.releases.schema import tables_of
from museum_assets.releases.validation import RULES, Rule, Verdict, judge
from partitions import release_partitions
from resources.configured import Releases


def same_museum(museums: tuple[str, ...]) -> dg.StaticPartitionMapping:
    """Map the museums of one kind to the same museums among all."""
    return dg.StaticPartitionMapping({slug: slug for slug in museums})


@dg.asset(
    partitions_def=release_partitions,
    deps=[
        *(
            dg.AssetDep(name, partition_mapping=same_museum(MUSEUMS))
            for name in ("transformed_artworks", "stored_thumbnails", "indexed_artworks", "image_clip", "text_clip",
                         "image_jina", "text_jina")
        ),
        dg.AssetDep("visitor_feedback", partition_mapping=same_museum(KIOSK_MUSEUMS)),
        dg.AssetDep("live_feedback", partition_mapping=same_museum(KIOSK_MUSEUMS)),
    ],
    group_name="releases",
    kinds={"python", "postgres"},
    owners=OWNERS,
    description="What the next release of a museum would be, in production's shape, and what it would change.",
)  # fmt: skip
def staging_database(context: dg.AssetExecutionContext, releases: Releases) -> dg.MaterializeResult[None]:
    """Make the partition's candidate anew and compare it with what is live."""
    museum, work = context.partition_key, releases.workplace()
    counts = make_candidate(work.platform, work.production, museum)
    with work.candidate(museum) as candidate:
        made = made_at(candidate.ours, museum)
        current, changes = look(candidate)
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


def verdict_result(verdict: Verdict) -> dg.AssetCheckResult:
    """Turn a verdict into a check result: accepted drift passes, and says who accepted it."""
    found = result(verdict.finding)
    return found._replace(passed=verdict.passed, description=verdict.text)


def rule_check(rule: Rule) -> dg.AssetChecksDefinition:
    """Make the blocking check of one rule."""

    @dg.asset_check(
        asset=staging_database,
        name=rule.name,
        description=rule.meaning,
        blocking=True,
        partitions_def=release_partitions,
        pool=INDEX_POOL if rule.name == "vectors_not_indexed" else None,
    )
    def check(context: dg.AssetCheckExecutionContext, releases: Releases) -> dg.AssetCheckResult:
        work = releases.workplace()
        with work.candidate(context.partition_key) as candidate:
            kind = tables_of(candidate.theirs, candidate.museum)[0].kind
            if rule.museums not in {kind, "both"}:
                return dg.AssetCheckResult(passed=True, description=f"a rule for {rule.museums} museums only")
            return verdict_result(judge(candidate, rule))

    return check


staging_database_checks = [rule_check(rule) for rule in RULES]
