"""What candidates and releases show as metadata, for assets and for commands that make them."""

from typing import Any

import dagster as dg

from museum_assets.releases.promotion import Promoted
from museum_assets.releases.summary import Change, as_markdown


def changes_metadata(changes: list[Change]) -> dict[str, Any]:
    """Return a summary as metadata: Markdown to read, numbers that the UI plots over time."""
    numbers = {how: sum(getattr(change, how) for change in changes) for how in ("added", "changed", "removed")}
    return {"summary": dg.MetadataValue.md(as_markdown(changes)), **numbers}


def promoted_metadata(done: Promoted) -> dict[str, Any]:
    """Return what a promotion did as metadata."""
    over = [f"{verdict.rule.name}: {verdict.text}" for verdict in done.verdicts if not verdict.finding.passed]
    return {
        "release": done.release.id,
        "release before": done.previous or "none",
        "committed at": done.committed_at.isoformat(),
        "promoted over": "; ".join(over) or "nothing",
        "pruned": done.left or ", ".join(map(str, done.pruned)) or "none",
        **done.outside,
        **changes_metadata(done.changes),
    }
