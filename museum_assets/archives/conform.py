"""Holding rows against their declared types, a column at a time, and writing them as COPY reads them.

Values stay the text that they were; what is checked is that Postgres takes them. So a row that COPY would refuse never
reaches it, where it would take its whole batch along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from museum_assets.archives.block import Block, Place, Refused
from museum_assets.archives.schema import Column, Source
from museum_assets.failures import Failure

Faults = dict[int, tuple[str, str, str]]
"""Row -> (code, message, column); the first one found."""

ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Batch:
    """What a block amounts to: `rows` of COPY text (with import id and position), and what was refused."""

    text: Any
    rows: int
    refused: list[Refused]
    end: Place

    @property
    def read(self) -> int:
        """Rows that were read."""
        return self.rows + len(self.refused)


def conform(source: Source, block: Block, *, year: int | None, import_id: int, position: int) -> Batch:
    """Return the rows of a block as COPY text; the first gets the number `position`.

    Raises Failure(stale_year) for a row of another year than the one asked for.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    faults: Faults = {}
    columns = {name: _column(source, name, block, faults) for name in source.columns}
    if source.year_column and block.rows:
        _check_year(source.year_column, columns[source.year_column], block, year)
    numbers = pa.array(range(position, position + block.rows), pa.int64()).cast(pa.string())
    arrays = [numbers, *columns.values()]
    if faults:
        kept = pa.array([row not in faults for row in range(block.rows)])
        arrays = [array.filter(kept) for array in arrays]
    refused = [block.refusal(row, *fault) for row, fault in sorted(faults.items())]
    rows = len(arrays[0])
    first = pa.scalar(str(import_id))
    joined = pc.binary_join_element_wise(first, *arrays, "\t", null_handling="replace", null_replacement="\\N")
    text = _bytes(pc.binary_join_element_wise(joined, "", "\n")) if rows else b""
    return Batch(text, rows, [*block.refused, *refused], block.end)


def _bytes(lines: Any) -> Any:
    """Return the texts of an array one behind the other, as they already lie in memory."""
    import numpy as np

    _, offsets, text = lines.buffers()
    ends = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return memoryview(text)[int(ends[0]) : int(ends[-1])]


def _column(source: Source, name: str, block: Block, faults: Faults) -> Any:
    """Return one column trimmed, with null for empty, checked and escaped."""
    import pyarrow.compute as pc

    column = source.columns[name]
    array = pc.ascii_trim_whitespace(block.columns[name])
    empty = pc.equal(array, "")
    if pc.any(empty).as_py():
        array = pc.if_else(empty, None, array)
        if source.required(name):
            _note(faults, _where(empty), lambda _: ("missing_value", f"{name} is empty", name))
    if column.type == "text":
        return _escaped(array, block.escaped)
    array, wrong = CHECKS[column.type](array, column)
    code, what = NAMES[column.type]
    _note(faults, wrong, lambda row: (code, f"{name} is {_shown(block, name, row)}, which is not {what}", name))
    return array


def _shown(block: Block, name: str, row: int) -> str:
    return repr(block.columns[name][row].as_py()[:LONGEST_SHOWN])


def _note(faults: Faults, rows: list[int], fault: Callable[[int], tuple[str, str, str]]) -> None:
    for row in rows:
        faults.setdefault(row, fault(row))


def _where(mask: Any) -> list[int]:
    import pyarrow.compute as pc

    found: list[int] = pc.indices_nonzero(mask).to_pylist()
    return found


def _escaped(array: Any, characters: str) -> Any:
    import pyarrow.compute as pc

    for character, written in ESCAPES:
        if character in characters:
            array = pc.replace_substring(array, character, written)
    return array


def _integers(array: Any, _: Column) -> tuple[Any, list[int]]:
    import pyarrow as pa

    return array, _uncastable(array, pa.int64())


def _numbers(array: Any, _: Column) -> tuple[Any, list[int]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    wrong = _uncastable(array, pa.float64())
    if wrong:
        left = set(wrong)
        array = pc.if_else(pa.array([row not in left for row in range(len(array))]), array, None)
    # "nan" and "inf" are floating-point numbers, and no amounts.
    endless = pc.invert(pc.is_finite(array.cast(pa.float64()))).fill_null(False)
    return array, sorted([*wrong, *_where(endless)])


def _dates(array: Any, column: Column) -> tuple[Any, list[int]]:
    import pyarrow.compute as pc

    times = pc.strptime(array, column.format, "s", error_is_null=True)
    years = pc.year(times)
    bad = pc.or_kleene(pc.is_null(times), pc.or_kleene(pc.less(years, 1), pc.greater(years, 9999)))
    wrong = pc.and_(pc.is_valid(array), bad.fill_null(True))
    return pc.strftime(times, "%Y-%m-%d"), _where(wrong)


Check = Callable[[Any, Column], tuple[Any, list[int]]]

CHECKS: dict[str, Check] = {"integer": _integers, "number": _numbers, "date": _dates}
NAMES = {
    "integer": ("not_an_integer", "a whole number"),
    "number": ("not_a_number", "a number"),
    "date": ("not_a_date", "a date of the declared format"),
}


def _uncastable(array: Any, wanted: Any, offset: int = 0) -> list[int]:
    """Return the rows that cannot be cast, found by halving: a column without a fault is one call."""
    import pyarrow as pa

    try:
        array.cast(wanted)
    except pa.ArrowInvalid:
        if len(array) == 1:
            return [offset]
        middle = len(array) // 2
        first = _uncastable(array.slice(0, middle), wanted, offset)
        return first + _uncastable(array.slice(middle), wanted, offset + middle)
    return []


def _check_year(name: str, array: Any, block: Block, year: int | None) -> None:
    import pyarrow.compute as pc

    other = _where(pc.not_equal(array, str(year)).fill_null(False))
    if other:
        found = array[other[0]].as_py()
        refused = block.refusal(other[0], "stale_year", "", name)
        raise Failure(
            f"{refused.file}, line {refused.line}: {name} is {found}, but {year} was asked for. Nothing is loaded as "
            f"{year}; if the older data is wanted, import it as the year it is of.",
            code="stale_year",
            permanent=True,
        )
