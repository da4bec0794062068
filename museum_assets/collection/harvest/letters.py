"""Dead letters of harvests: records that were given up, and a listing that cannot be walked on.

A record that a later harvest asks for again by itself gets no letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.core.failures import Failure, Malformed
from museum_assets.dead_letters.letters import Letter
from museum_assets.loop.letters import settle_letters, update_letters
from museum_assets.museums.museum import Museum
from resources.postgres import Connection
from sql import query

MOST_EVIDENCE = 1 << 20
LISTING_PLACE = "listing"
"""Stands in place of a record's id in a letter about the listing itself, which a completed walk settles."""


def keep_record_letters(
    conn: Connection, museum: Museum, arrived: Iterable[str], failed: Mapping[str, Failure]
) -> None:
    """Write a letter for each failed record that is given up, and settle those of records that arrived or are gone.

    A letter holds the record's bytes as they came, the first MOST_EVIDENCE of them.
    """
    slug = museum.slug
    rows: list[dict[str, Any]] = []
    if failed:
        params = {"museum": slug, "record_ids": list(failed), "whole_pages": not museum.refetches}
        rows = conn.execute(query("harvest.given_up"), params).fetchall()
    letters = []
    for row in rows:
        failure = failed[row["record_id"]]
        context: dict[str, Any] = {} if failure.trace is None else {"traceback": failure.trace}
        body = failure.evidence[:MOST_EVIDENCE]
        if len(body) < len(failure.evidence):
            context["bytes"] = len(failure.evidence)
        letters.append(Letter(raw_metadata.name, slug, row["record_id"], (row["code"],), body, row["message"], context))
    update_letters(conn, slug, raw_metadata.name, arrived, letters)


def keep_listing_letter(conn: Connection, slug: str, failure: Failure, scopes: Any) -> None:
    """Write a letter about a listing that cannot be walked on, unless a later harvest may do so by itself."""
    if failure.permanent or isinstance(failure, Malformed):
        reasons, context = (failure.code,), {"scopes": scopes}
        letter = Letter(raw_metadata.name, slug, LISTING_PLACE, reasons, b"", str(failure), context)
        update_letters(conn, slug, raw_metadata.name, (), [letter])


def close_letters_of_absent(conn: Connection, slug: str) -> None:
    """Close the letters of records that a complete harvest did not fail on: the museum no longer lists them."""
    rows = conn.execute(query("harvest.absent_letters"), {"museum": slug}).fetchall()
    settle_letters(conn, slug, raw_metadata.name, [row["place"] for row in rows], "closed")
