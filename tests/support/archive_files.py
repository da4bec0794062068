"""Declared sources of the tests' own, and what a table holds."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archives.imports import Import
from resources.postgres import Connection

HEADER = "number\tvalue\tnote\n"


def declared(**changes: Any) -> DeclaredSource:
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
    return DeclaredSource(**{**values, **changes})


def rows(conn: Connection, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in conn.execute(f"SELECT {columns} FROM archive.{table}").fetchall()]


def balanced(found: Import) -> bool:
    return found.rows_read == found.loaded + found.rejected + found.duplicate


def zipped(compression: int = zipfile.ZIP_DEFLATED, /, **members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()
