"""Dead letters of harvests: records that were given up, and a listing that cannot be walked on.

The books of a harvest decide: what is tried again by itself needs nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from museum_assets.dead_letters.letters import Letter
from museum_assets.failures import Failure, Malformed
from museum_assets.loop.letters import keep, settle_letters
from museum_assets.museums.museum import Museum
from resources.postgres import Connection
from sql import query

SOURCE = "raw_metadata"
LISTING = "listing"
"""Stands for the museum's listing where a record's id would; it goes through when its next page is stored."""


def keep_record_letters(conn: Connection, museum: Museum, through: Iterable[str], failed: Collection[str]) -> None:
    """Write a letter for each of the failed records that is given up, and settle those of records that came or left."""
    slug = museum.slug
    rows: list[dict[str, Any]] = []
    if failed:
        params = {"museum": slug, "record_ids": list(failed), "whole_pages": not museum.refetches}
        rows = conn.execute(query("harvest_given_up"), params).fetchall()
    lost = [Letter(SOURCE, slug, row["record_id"], (row["code"],), b"", row["message"]) for row in rows]
    keep(conn, slug, SOURCE, through, lost)


def keep_listing_letter(conn: Connection, slug: str, failure: Failure, scopes: Any) -> None:
    """Write a letter when a listing cannot be walked on, unless waiting will mend it."""
    if failure.permanent or isinstance(failure, Malformed):
        context = {"scopes": scopes}
        keep(conn, slug, SOURCE, (), [Letter(SOURCE, slug, LISTING, (failure.code,), b"", str(failure), context)])


def close_letters_of_absent(conn: Connection, slug: str) -> None:
    """Close letters of records that a complete harvest neither met nor missed: the museum no longer lists them."""
    rows = conn.execute(query("harvest_absent_letters"), {"museum": slug}).fetchall()
    settle_letters(conn, slug, SOURCE, [row["place"] for row in rows], "closed")
