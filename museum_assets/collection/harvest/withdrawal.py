"""Withdrawing records: what a museum deleted, and what a complete harvest did not meet, if that can be believed."""

from __future__ import annotations

from typing import Any

from museum_assets.collection.harvest.books import HarvestReport
from resources.postgres import Connection
from sql import query

MAX_WITHDRAWN_SHARE = 0.2
"""A complete listing that lost more than this share (and more than ten records) is believed to be short instead."""


def withdraw(conn: Connection, slug: str, record_ids: list[str], reason: str) -> int:
    """Mark live records as withdrawn; return how many they were."""
    if not record_ids:
        return 0
    params = {"museum": slug, "record_ids": record_ids, "reason": reason}
    return conn.execute(query("harvest.withdraw"), params).rowcount


def withdraw_absent(conn: Connection, slug: str, report: HarvestReport, *, accept_losses: bool) -> None:
    """Withdraw what a complete full harvest did not meet; withhold it when suspicious, unless `accept_losses`."""
    if report.first:
        return
    params = {"museum": slug, "harvest": report.harvest_id}
    absent = [row["record_id"] for row in conn.execute(query("harvest.absent"), params)]
    live = report.records + len(absent)
    many = len(absent) > 10 and len(absent) > MAX_WITHDRAWN_SHARE * live
    shrunk = any(scope.get("shrunk") for scope in report.scopes.values())
    if absent and not accept_losses and (many or shrunk or report.nameless or _emptied(conn, slug, report)):
        report.withheld = len(absent)
    else:
        report.withdrawn += withdraw(conn, slug, absent, "absent from a complete harvest, or listed and not found")


def _emptied(conn: Connection, slug: str, report: HarvestReport) -> bool:
    """Say whether a scope that had entries in the last complete harvest has none now.

    A set or a work type that the museum renamed lists nothing and looks complete; its records are still there.
    """
    row = conn.execute(query("harvest.last_scopes"), {"museum": slug}).fetchone()
    before: dict[str, Any] = row["scopes"] if row else {}
    # A scope that the museum's module no longer walks is not in the report at all.
    return any(
        scope["total"] and name in report.scopes and not report.scopes[name]["total"] for name, scope in before.items()
    )
