"""The state of every museum at every stage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from museum_assets.loop.books import books, by_code
from museum_assets.loop.spec import StageSpec
from resources.platform import Platform
from resources.postgres import Connection


def status(
    platform: Platform, conn: Connection, stages: Sequence[StageSpec], museums: Iterable[str]
) -> list[dict[str, Any]]:
    """Return one row per museum and active stage: inputs, done, pending, failed, and the failures by code.

    What was done under another contract than the current one counts as pending. A stage with museums of its own, such
    as the notices', follows at the end.
    """
    active = [spec for spec in stages if not spec.inactive(platform.settings)]
    rows = [_row(platform, conn, spec, slug) for slug in museums for spec in active if spec.museums is None]
    return rows + [_row(platform, conn, spec, slug) for spec in active for slug in spec.museums or ()]


def _row(platform: Platform, conn: Connection, spec: StageSpec, slug: str) -> dict[str, Any]:
    if spec.books:
        counts = {"museum": slug, "stage": spec.name, **spec.books(conn, slug)}
    else:
        counts = asdict(books(conn, slug, spec, spec.current_contract(platform, slug)))
    return counts | {
        "failed_by_code": by_code(conn, slug, spec.name, "failed"),
        "rejected_by_code": by_code(conn, slug, spec.name, "rejected"),
    }
