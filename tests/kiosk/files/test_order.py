"""Whatever the columns hold, sorting one number a row gives the order of sorting by all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.kiosk.files.history import ABSENT, NOT_A_NUMBER
from museum_assets.kiosk.files.order import pack_columns, sort_order

whole = st.integers(-3, 3).map(lambda seconds: seconds * 1_000_000)
numbers = st.sampled_from([-1, 0, 1, 9_999, ABSENT, NOT_A_NUMBER])


@given(
    st.one_of(
        [
            st.lists(st.tuples(at, numbers, numbers, numbers), max_size=30)
            for at in (whole, st.integers(0, 3), st.integers(-(2**62), 2**62))
        ]
    )
)
def test_rows_are_sorted_by_every_column_and_else_as_they_came(rows: list[tuple[int, ...]]) -> None:
    columns = [np.array([row[n] for row in rows], np.int64 if n == 0 else np.int32) for n in range(4)]
    assert sort_order(*columns).tolist() == sorted(range(len(rows)), key=lambda n: rows[n])


@given(st.lists(st.tuples(st.integers(0, 5), numbers, numbers), min_size=1))
def test_a_number_compares_as_the_columns_do(rows: list[tuple[int, ...]]) -> None:
    found: Any = pack_columns(*(np.array(column) for column in zip(*rows, strict=True)))
    ranks = {row: rank for rank, row in enumerate(sorted(set(rows)))}
    assert np.unique(found, return_inverse=True)[1].tolist() == [ranks[row] for row in rows]


def test_too_wide_columns_have_no_number() -> None:
    assert pack_columns(np.array([0, 2**40]), np.array([0, 2**30])) is None
