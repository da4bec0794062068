"""Sets of works, against sets of Python's own."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.search.columns import _most
from museum_assets.search.work_sets import NONE, WorkSet

SIZES = {"met": 7, "rma": 1, "smk": 4}
WORKS = [(museum, place) for museum, size in SIZES.items() for place in range(1, size)]
sets = st.tuples(st.sets(st.sampled_from(WORKS)), st.sets(st.sampled_from(list(SIZES))))


def work_set(works: set[tuple[str, int]], museums: set[str]) -> WorkSet:
    """Return a set with masks of some museums, and of those that it has works of."""
    masks = {museum: np.zeros(SIZES[museum], dtype=np.bool_) for museum in museums | {museum for museum, _ in works}}
    for museum, place in works:
        masks[museum][place] = True
    return WorkSet(masks)


def members(works: WorkSet) -> set[tuple[str, int]]:
    return {(museum, place) for museum, place in WORKS if works.has(museum, place)}


@given(sets, sets)
def test_sets_are_joined_and_cut_as_sets_are(one: tuple, other: tuple) -> None:
    left, right = work_set(*one), work_set(*other)
    assert members(left & right) == one[0] & other[0]
    assert members(left | right) == one[0] | other[0]
    assert bool(left) == bool(one[0])
    assert members(left | NONE) == one[0]
    assert not (left & NONE)


@given(st.lists(st.integers(0, 4)), st.integers(1, 6))
def test_the_largest_counts_come_first_and_of_equal_ones_the_first_numbers(counts: list[int], limit: int) -> None:
    largest = sorted((-count, number) for number, count in enumerate(counts) if count)[:limit]
    assert _most(np.array(counts, dtype=np.int64), limit) == [number for _, number in largest]
