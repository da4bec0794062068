"""Finding the declared columns among the columns of a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museum_assets.archive_files.declared import DeclaredSource
from museum_assets.archive_files.read.block import MOST_COLUMNS
from museum_assets.core.failures import Failure


@dataclass(frozen=True, slots=True)
class Fields:
    """How many fields a file has, and the position of each declared column among them (None when it has none)."""

    count: int
    positions: dict[str, int | None]
    ignored: tuple[str, ...] = ()
    is_header: bool = True
    """Whether the first line is a header and not a row."""


def fields_of(source: DeclaredSource, first: Sequence[str], file: str) -> Fields:
    """Return where the declared columns stand, by the names in the first line or by the layout.

    Raises Failure: missing_column, which names the missing columns and those that the file has, or too_many_columns.
    """
    if len(first) > MOST_COLUMNS:
        raise Failure(
            f"{file} begins with a line of more than {MOST_COLUMNS:,} fields: is this the format that was declared?",
            code="too_many_columns",
            permanent=True,
        )
    if source.header == "absent":
        return _resolved(source, source.layout, file, is_header=False)
    if source.header == "either" and not _is_header(source, first):
        if len(first) != len(source.layout):
            raise Failure(
                f"{file} begins neither with column names nor with a row of the {len(source.layout)} fields that its "
                f"layout has, but with {len(first)} fields: mend the layout in {source.name}.toml.",
                code="missing_column",
                permanent=True,
            )
        return _resolved(source, source.layout, file, is_header=False)
    return _resolved(source, first, file, is_header=True)


def names_of(source: DeclaredSource, column: str) -> tuple[str, ...]:
    """Return the names that a column may have in a file, in lower case, its own name first."""
    return tuple(name.lower() for name in (column, *source.columns[column].aliases))


def _is_header(source: DeclaredSource, first: Sequence[str]) -> bool:
    """Say whether a line holds column names: two of them are hardly ever values of one row."""
    given = {name.strip().lower() for name in first}
    known = {name for column in source.columns for name in names_of(source, column)}
    return len(given & known) >= min(2, len(source.columns))


def _resolved(source: DeclaredSource, names: Sequence[str], file: str, *, is_header: bool) -> Fields:
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        places.setdefault(name.strip().lower(), place)
    positions = {
        column: next((places[name] for name in names_of(source, column) if name in places), None)
        for column in source.columns
    }
    missing = [column for column, place in positions.items() if place is None and not source.columns[column].optional]
    if missing:
        raise Failure(
            f"{file} lacks the declared columns {', '.join(missing)}; it has {', '.join(names)[:500]}. If they are "
            f"named otherwise now, add an alias in {source.name}.toml.",
            code="missing_column",
            permanent=True,
        )
    taken = set(positions.values())
    ignored = tuple(name.strip() for place, name in enumerate(names) if place not in taken)
    return Fields(len(names), positions, ignored, is_header)
