"""Declared sources of the tests' own, and what a table holds."""

from __future__ import annotations

from typing import Any

from museum_assets.archives.schema import Source
from resources.postgres import Connection


def declared(**changes: Any) -> Source:
    """A small delimited source without quoting, in two columns and a note."""
    values: dict[str, Any] = {
        "name": "loans",
        "title": "Loans",
        "urls": ["https://example.org/{year}/loans.zip"],
        "format": "delimited",
        "delimiter": "\t",
        "quote": "",
        "encoding": "iso-8859-1",
        "keys": ["number"],
        "columns": {
            "number": {"type": "text", "aliases": ["loan_no"]},
            "value": {"type": "number"},
            "note": {"type": "text", "optional": True},
        },
    }
    return Source(**{**values, **changes})


def rows(conn: Connection, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in conn.execute(f"SELECT {columns} FROM archive.{table}").fetchall()]  # type: ignore[call-overload]
