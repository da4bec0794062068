"""The checks of imports."""

from __future__ import annotations

from psycopg import sql

from museum_assets.archives.imports import imports
from museum_assets.archives.tables import table_of
from museum_assets.core.findings import Finding
from resources.postgres import Connection, scalar


def books_balance(conn: Connection, source: str) -> Finding:
    """Every row that an import read was loaded, rejected or a duplicate, and its table holds the loaded ones."""
    books, wrong = {}, []
    for each in imports(conn, source=source, states=["held", "loaded"]):
        in_table = int(scalar(conn, sql.SQL("SELECT count(*) FROM {}").format(table_of(source, each.id))))
        books[str(each.id)] = {"read": each.rows_read, "loaded": each.loaded, "rejected": each.rejected,
                               "duplicate": each.duplicate, "there": in_table}  # fmt: skip
        if in_table != each.loaded or each.rows_read != each.loaded + each.rejected + each.duplicate:
            wrong.append(each.id)
    if not books:
        return _no_import(source)
    text = f"the books of import {', '.join(map(str, wrong))} do not balance" if wrong else "the books balance"
    return Finding(not wrong, text, {"imports": books})


def current_is_latest_year(conn: Connection, source: str) -> Finding:
    """The current import is of the latest year that was loaded."""
    loaded = imports(conn, source=source, states=["loaded"])
    if not loaded:
        return _no_import(source)
    current = next((each for each in loaded if each.current), None)
    if current is None:
        return Finding(False, f"no import of {source} is current, though {len(loaded)} are loaded")
    latest = max((each.year for each in loaded if each.year is not None), default=None)
    passed = latest is None or current.year == latest
    years = f"import {current.id} of {current.year} is current; the latest year is {latest}"
    return Finding(passed, f"import {current.id} is current" if latest is None else years)


def nothing_held(conn: Connection, source: str) -> Finding:
    """Every import is finished, and none is held until a person looks."""
    begun = imports(conn, source=source, states=["held", "loading", "loaded"])
    waiting = [each for each in begun if each.state != "loaded"]
    if not begun:
        return _no_import(source)
    text = "; ".join(f"import {each.id} is {each.state}: {each.message or 'it was not finished'}" for each in waiting)
    return Finding(not waiting, text or "no import is held or unfinished", warn=True)


def _no_import(source: str) -> Finding:
    return Finding.nothing(f"no import of {source} is loaded; `museum archive import {source}` makes one")
