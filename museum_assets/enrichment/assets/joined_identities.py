"""joined_identities: one artist, whichever museum spells the name."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from museum_assets.enrichment.joining.join import NAME, Joining, join
from museum_assets.kit.assets import OWNERS
from resources.dagster_resources import PlatformResource


def joined_identities(deps: Sequence[str]) -> dg.AssetsDefinition:
    """Return the asset, which follows these."""

    # Without partitions: which makers are one depends on all of them, and must not depend on the order of museums.
    @dg.asset(
        name=NAME,
        deps=list(deps),
        group_name="enrichment",
        kinds={"python", "postgres"},
        owners=OWNERS,
        description="The makers of all museums, joined to identities by links, by names and years, as people decided.",
        # Also where a museum was never matched, as without an authority.
        automation_condition=dg.AutomationCondition.eager().without(~dg.AutomationCondition.any_deps_missing()),
    )
    def asset(platform: PlatformResource) -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata=joining_metadata(join(platform.get().database())))

    return asset


def joining_metadata(done: Joining) -> dict[str, Any]:
    """Return what joining came to as metadata; the UI plots its numbers over time."""
    largest = [dg.TableRecord(row) for row in done.largest]
    return {
        "dagster/row_count": done.makers,
        "identities": done.identities,
        "artists of several museums": done.shared,
        **{f"makers {method}": count for method, count in sorted(done.methods.items())},
        "makers with a question": done.questions,
        "changed": done.changed,
        **({"artists of most works in several museums": dg.MetadataValue.table(largest)} if largest else {}),
    }
