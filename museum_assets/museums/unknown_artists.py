"""Names that museums write where nobody knows who made a work. The words are in unknown_artists.csv."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from museum_assets.museums.tables import Table, anything, language

TABLE = Table(Path(__file__).with_name("unknown_artists.csv"), {"name": anything, "language": language}, "name")


@cache
def unknown_names() -> frozenset[str]:
    """Return the names, casefolded."""
    return frozenset(row["name"].casefold() for row in TABLE.rows())
