"""Exhibitions into the tables: departments, floors and exhibitions, from a TEMP table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from museum_assets.kiosk.exhibitions import Exhibition
from museum_assets.kiosk.museum import KioskMuseum
from museum_assets.loop.ledger import copy_rows
from resources.postgres import Connection
from sql import query

COLUMNS = ("site", "exhibition_code", "name", "floor", "department", "start_date", "description")
TYPES = ("int4", "text", "text", "text", "text", "date", "text")
STEPS = (
    "kiosk_load_departments",
    "kiosk_load_floors",
    "kiosk_load_exhibitions",
    "kiosk_unassign_floors",
    "kiosk_assign_floors",
    "kiosk_drop_departments",
    "kiosk_drop_floors",
)


def load_exhibitions(conn: Connection, museum: KioskMuseum, exhibitions: Iterable[Exhibition]) -> int:
    """Bring the tables to what these exhibitions say, in the caller's transaction; return how many changed or are new.

    Others are left alone: an exhibition whose file is gone keeps its presses.
    """
    conn.execute(query("kiosk_stage_exhibitions"))
    rows: list[tuple[Any, ...]] = [
        (each.site, each.exhibition_code, each.name, each.floor, each.department, each.start_date, each.description)
        for each in exhibitions
    ]
    copy_rows(conn, "kiosk_staged_exhibition", COLUMNS, TYPES, rows)
    changed = {step: conn.execute(query(step), {"museum": museum.slug}).rowcount for step in STEPS}
    conn.execute("TRUNCATE kiosk_staged_exhibition")
    return changed["kiosk_load_exhibitions"]
