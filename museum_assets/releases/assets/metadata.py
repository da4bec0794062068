"""What candidates and releases show as metadata, for assets and for commands that make them."""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from museum_assets.releases.promotion.promote import Promotion
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.summary import TableChange, as_markdown


def changes_metadata(changes: list[TableChange], warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return a summary as metadata: Markdown to read, the warnings first, and numbers that the UI plots over time."""
    numbers = {how: sum(getattr(change, how) for change in changes) for how in ("added", "changed", "removed")}
    return {"summary": dg.MetadataValue.md(as_markdown(changes, warnings)), **numbers}


def moved_metadata(verb: str, before: int | None, now: int | None, *, by: str, why: str) -> dict[str, Any]:
    """Return what happened to a museum's live release as metadata: promote, roll back or retract, by whom and why."""
    return {"verb": verb, "release": now or "none", "release before": before or "none", "by": by, "why": why}


def moved(museum: str, metadata: dict[str, Any]) -> dg.AssetMaterialization:
    """Return the event of a rollback or a retraction on the page of promoted_database.

    It is a materialization and no observation: the release that readers see is another one by then, and the page
    shows the latest materialization first, which otherwise would go on naming the release before.
    """
    return dg.AssetMaterialization("promoted_database", partition=museum, metadata=metadata)


def promoted_metadata(done: Promotion, request: PromotionRequest) -> dict[str, Any]:
    """Return what a promotion did as metadata."""
    over = [f"{v.rule.name}: {v.text}" for v in done.verdicts if v.blocks or v.accepted]
    return {
        **moved_metadata("promote", done.previous, done.release.id, by=request.by, why=request.why),
        "committed at": done.committed_at.isoformat(),
        "promoted over": "; ".join(over) or "nothing",
        "pruned": done.left or ", ".join(map(str, done.pruned)) or "none",
        **({"warnings": "; ".join(done.warnings)} if done.warnings else {}),
        **done.outside,
        **changes_metadata(done.changes, done.warnings),
    }
