"""Loads exhibitions, with their departments and floors, from a TEMP table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from museum_assets.kiosk.files.exhibitions import Exhibition
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.copying import copy_rows
from resources.postgres import Connection
from sql import query

EXHIBITION_COLUMNS = ("site", "exhibition_code", "name", "floor", "department", "start_date", "description")
EXHIBITION_TYPES = ("int4", "text", "text", "text", "text", "date", "text")
BEFORE = (query("kiosk_exhibitions.add_departments"), query("kiosk_exhibitions.add_floors"))
AFTER = (
    query("kiosk_exhibitions.unassign_floors"),
    query("kiosk_exhibitions.assign_floors"),
    query("kiosk_exhibitions.drop_departments"),
    query("kiosk_exhibitions.drop_floors"),
)
"""Statements to run before and after storing the exhibitions, which refer to departments and floors."""


def load_exhibitions(conn: Connection, museum: KioskMuseum, exhibitions: Iterable[Exhibition]) -> int:
    """Store these exhibitions in the caller's transaction; return how many are new or changed.

    Other exhibitions stay: one whose file is gone keeps its presses.
    """
    conn.execute(query("kiosk_exhibitions.batch"))
    rows: list[tuple[Any, ...]] = [
        (each.site, each.exhibition_code, each.name, each.floor, each.department, each.start_date, each.description)
        for each in exhibitions
    ]
    copy_rows(conn, "kiosk_staged_exhibition", EXHIBITION_COLUMNS, EXHIBITION_TYPES, rows)
    params = {"museum": museum.slug}
    for statement in BEFORE:
        conn.execute(statement, params)
    changed = conn.execute(query("kiosk_exhibitions.store"), params).rowcount
    for statement in AFTER:
        conn.execute(statement, params)
    conn.execute("TRUNCATE kiosk_staged_exhibition")
    return changed
