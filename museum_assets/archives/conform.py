"""Checking rows against their declared types, a column at a time, and writing them as text for COPY.

Values are not converted; it is checked that Postgres accepts them. One row that COPY refuses would fail its batch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from museum_assets.archive_files.declared import Column, DeclaredSource
from museum_assets.archive_files.read.block import Block, Checkpoint, RowRefusal
from museum_assets.core.failures import Failure
from museum_assets.museums.keys import LONGEST_KEY

Faults = dict[int, tuple[str, str, str]]
"""{row: (code, message, column)} of each row's first fault."""

ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))
LONGEST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class CopyBatch:
    """The rows of a block as text for COPY, each with import id and position, and the rows that were refused."""

    text: Any
    rows: int
    refused: list[RowRefusal]
    end: Checkpoint

    @property
    def read(self) -> int:
        """How many rows were read, refused ones included."""
        return self.rows + len(self.refused)


def conform(source: DeclaredSource, block: Block, *, year: int | None, import_id: int, position: int) -> CopyBatch:
    """Return the rows of a block as text for COPY; the first one gets the number `position`.

    Raises Failure(stale_year) when a row is of another year than `year`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    faults: Faults = {}
    columns = {name: _column(source, name, block, faults) for name in source.columns}
    if source.year_column and block.rows:
        _check_year(source, columns[source.year_column], block, year)
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
    return CopyBatch(text, rows, [*block.refused, *refused], block.end)


def _bytes(lines: Any) -> Any:
    """Return the joined texts of an array as a view of its memory, without copying them."""
    ends = _offsets(lines)
    return memoryview(lines.buffers()[2])[int(ends[0]) : int(ends[-1])]


def _offsets(texts: Any) -> Any:
    """Return the offsets at which the texts of an array begin, and at last the end of the last one."""
    import numpy as np

    return np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]


def _empties(texts: Any) -> Any:
    """Return a mask of the empty texts: those that begin where the next one does."""
    import numpy as np

    return np.diff(_offsets(texts)) == 0 if len(texts) else np.zeros(0, bool)


def _column(source: DeclaredSource, name: str, block: Block, faults: Faults) -> Any:
    """Return one column trimmed, checked and escaped, with null for empty values; add its faults to `faults`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = source.columns[name]
    array = pc.ascii_trim_whitespace(block.columns[name])
    empty = _empties(array)
    if empty.any():
        array = pc.if_else(pa.array(empty), None, array)
        if source.required(name):
            _note(faults, empty.nonzero()[0].tolist(), lambda _: ("missing_value", f"{name} is empty", name))
    if column.type == "text" and name in source.keys:
        # Postgres indexes some 2,700 bytes, of a row's keys together.
        most = LONGEST_KEY // len(source.keys)
        long = pc.fill_null(pc.greater(pc.binary_length(array), most), False)
        _note(faults, _where(long), lambda _: ("key_too_long", f"{name} has more than {most:,} bytes", name))
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
    # "nan" and "inf" are floating-point numbers, but not amounts.
    endless = pc.invert(pc.is_finite(array.cast(pa.float64()))).fill_null(False)
    return array, sorted([*wrong, *_where(endless)])


def _dates(array: Any, column: Column) -> tuple[Any, list[int]]:
    import pyarrow.compute as pc

    times = pc.strptime(array, column.format, "s", error_is_null=True)
    years = pc.year(times)
    bad = pc.or_kleene(pc.is_null(times), pc.or_kleene(pc.less(years, 1), pc.greater(years, 9999)))
    wrong = pc.and_(pc.is_valid(array), bad.fill_null(True))
    return pc.strftime(times, "%Y-%m-%d"), _where(wrong)


ColumnCheck = Callable[[Any, Column], tuple[Any, list[int]]]

CHECKS: dict[str, ColumnCheck] = {"integer": _integers, "number": _numbers, "date": _dates}
NAMES = {
    "integer": ("not_an_integer", "a whole number"),
    "number": ("not_a_number", "a number"),
    "date": ("not_a_date", "a date of the declared format"),
}


def _uncastable(array: Any, type_: Any, offset: int = 0) -> list[int]:
    """Return the rows that cannot be cast, found by halving: a column without a fault costs one call."""
    import pyarrow as pa

    try:
        array.cast(type_)
    except pa.ArrowInvalid:
        if len(array) == 1:
            return [offset]
        middle = len(array) // 2
        first = _uncastable(array.slice(0, middle), type_, offset)
        return first + _uncastable(array.slice(middle), type_, offset + middle)
    return []


def _check_year(source: DeclaredSource, array: Any, block: Block, year: int | None) -> None:
    import pyarrow.compute as pc

    column = str(source.year_column)
    other = _where(pc.not_equal(array, str(year)).fill_null(False))
    if other:
        found = array[other[0]].as_py()
        refused = block.refusal(other[0], "stale_year", "", column)
        raise Failure(
            f"{refused.file}, line {refused.line}: {column} is {found}, but {year} was asked for. Nothing is loaded as "
            f"{year}. If the older data is wanted, import it as its own year.",
            code="stale_year",
            permanent=True,
        )
