"""Which column of a file is which declared column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museum_assets.archives.schema import Source
from museum_assets.failures import Failure


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a file: how many there are, and at which of them each declared column stands (None: nowhere)."""

    count: int
    positions: dict[str, int | None]
    ignored: tuple[str, ...] = ()
    is_header: bool = True
    """Whether the first line named them, and so is no row."""


def fields_of(source: Source, first: Sequence[str], file: str) -> Fields:
    """Find the declared columns among the names of the first line, or take the layout's.

    Raises Failure(missing_column) naming the columns and what the file has instead.
    """
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


def names_of(source: Source, column: str) -> tuple[str, ...]:
    """Return the names a column may have in a file, the best first, in lower case."""
    return tuple(name.lower() for name in (column, *source.columns[column].aliases))


def _is_header(source: Source, first: Sequence[str]) -> bool:
    """Say whether a line is one of column names: a row of data has hardly two of them as its values."""
    given = {name.strip().lower() for name in first}
    known = {name for column in source.columns for name in names_of(source, column)}
    return len(given & known) >= min(2, len(source.columns))


def _resolved(source: Source, names: Sequence[str], file: str, *, is_header: bool) -> Fields:
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
