"""The platform's SQL: `migrations/` and `production/`, applied in order by yoyo; `queries/`, one statement a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import LiteralString

HERE = Path(__file__).parent
MIGRATIONS = HERE / "migrations"
PRODUCTION = HERE / "production"
"""Migrations of what is published, which may be a database of its own."""


@cache
def query(name: str) -> LiteralString:
    """Return the statement in `sql/queries/<name>.sql`."""
    # The files are part of the program, so their text is as literal as a string in the code.
    text: LiteralString = (HERE / "queries" / f"{name}.sql").read_text(encoding="utf-8")  # type: ignore[assignment]
    return text
