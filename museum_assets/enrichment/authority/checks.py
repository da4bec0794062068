"""Checks of makers matched to an authority."""

from __future__ import annotations

from museum_assets.core.findings import SAMPLE, Finding
from museum_assets.loop.spec import StageSpec
from resources.postgres import Connection
from sql import query


def makers_explained(conn: Connection, slug: str, spec: StageSpec) -> Finding:
    """Every maker has an identity with method and score, or candidates as a question, or nobody alike there."""
    rows = conn.execute(query("identities.unexplained"), {"museum": slug, "limit": SAMPLE}).fetchall()
    methods = {row["method"]: row["makers"] for row in conn.execute(query("identities.by_method"), {"museum": slug})}
    if not methods:
        return Finding.nothing(f"{slug} has no matched makers; {spec.again(slug)} matches them")
    count = rows[0]["unexplained"] if rows else 0
    return Finding(
        not rows,
        f"{count} makers of {slug} are unexplained: run {spec.again(slug, force=True)}, which asks nothing again"
        if rows
        else f"{sum(methods.values())} makers are explained",
        {**methods, "unexplained": [row["maker_key"] for row in rows]},
    )


def decisions_uncontradicted(conn: Connection, slug: str) -> Finding:
    """What people decided over makers is not contradicted by what the museum or the authority says now."""
    rows = conn.execute(query("identities.contradicted"), {"museum": slug, "limit": SAMPLE}).fetchall()
    if not rows:
        return Finding(passed=True, description="no decision over a maker is contradicted", metadata={"count": 0})
    first = rows[0]
    return Finding(
        passed=False,
        description=f"{first['contradicted']} decisions over makers of {slug} are contradicted, such as that over "
        f"{first['maker_key']}: {first['contradiction']}. They stand; `museum artists decisions --museum {slug}` "
        "lists them",
        metadata={"count": first["contradicted"], "makers": [row["maker_key"] for row in rows]},
        warn=True,
    )
