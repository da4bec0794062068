"""The stage raw_metadata: every record of a museum's listing. The loop does not run it; `harvest.py` does."""

from __future__ import annotations

from museum_assets.collection.harvest import checks
from museum_assets.loop.spec import CheckSpec, StageSpec

raw_metadata: StageSpec = StageSpec(
    name="raw_metadata",
    domain="collection",
    description="Records as the museum's API sent them, one row each; withdrawn ones are marked with the reason.",
    kinds=frozenset({"python", "postgres"}),
    contract=lambda _, __: "",
    checks=(
        CheckSpec.of("harvest_complete", checks.harvest_complete, lambda _, conn, slug: checks.harvest_complete(
            conn, slug, raw_metadata)),
        CheckSpec.of("harvest_recent", checks.harvest_recent, lambda _, conn, slug: checks.harvest_recent(
            conn, slug, raw_metadata)),
    ),
    books=lambda conn, slug: checks.harvest_books(conn, slug, raw_metadata),
)  # fmt: skip
