"""The checks of imports, without Dagster."""

from __future__ import annotations

from psycopg import sql

from museum_assets.archives.imports import imports
from museum_assets.archives.tables import table_of
from museum_assets.audit.finding import Finding
from resources.postgres import Connection, scalar


def books_balance(conn: Connection, source: str) -> Finding:
    """Of every import the rows read are loaded, rejected or duplicate, and as many are there as are told."""
    told, wrong = {}, []
    for each in imports(conn, source=source, states=["held", "loaded"]):
        there = int(scalar(conn, sql.SQL("SELECT count(*) FROM {}").format(table_of(source, each.id))))
        told[str(each.id)] = {"read": each.rows_read, "loaded": each.loaded, "rejected": each.rejected,
                              "duplicate": each.duplicate, "there": there}  # fmt: skip
        if there != each.loaded or each.rows_read != each.loaded + each.rejected + each.duplicate:
            wrong.append(each.id)
    text = f"the books of import {', '.join(map(str, wrong))} do not balance" if wrong else "the books balance"
    return Finding(not wrong, text, {"imports": told})


def current_is_latest_year(conn: Connection, source: str) -> Finding:
    """What readers see is the latest year that was imported."""
    loaded = imports(conn, source=source, states=["loaded"])
    current = next((each for each in loaded if each.current), None)
    latest = max((each.year for each in loaded if each.year is not None), default=None)
    if current is None:
        return Finding(not loaded, "nothing is imported" if not loaded else "no import is current", {})
    passed = latest is None or current.year == latest
    return Finding(passed, f"import {current.id} of {current.year or 'no year'} is current; the latest is {latest}", {})


def nothing_held(conn: Connection, source: str) -> Finding:
    """No import waits for a decision about its rejected rows."""
    held = imports(conn, source=source, states=["held", "loading"])
    text = "; ".join(f"import {each.id} is {each.state}: {each.message or 'it was not finished'}" for each in held)
    return Finding(not held, text or "no import waits", {}, warn=True)
