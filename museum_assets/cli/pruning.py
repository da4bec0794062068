"""`museum prune`: removing history that is kept no longer."""

from __future__ import annotations

from dagster import DagsterInstance  # noqa: TID251 - this is orchestration

from museum_assets.cli.printing import print_json, print_table
from museum_assets.cli.session import connected
from museum_assets.pruning.prune import prune


def prune_history(*, dry_run: bool, as_json: bool) -> None:
    """Prune, or say what would be pruned, and print how many of each kind. Raises as `connected` does."""
    with connected(for_runs=True) as platform, DagsterInstance.get() as instance:
        done = prune(platform, instance, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "pruned": {kind.what: count for kind, count in done}})
        return
    rows = [(kind.what, f"{kind.kept_days} days", count) for kind, count in done]
    print_table("Would be pruned" if dry_run else "Pruned", ("what", "kept for", "older"), rows)
