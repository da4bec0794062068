"""Merging sorted files: whatever they hold, nothing is lost and everything is in order."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from museum_assets.kiosk.files import merge
from museum_assets.kiosk.files.merge import IDENTITY, PRESS_ROW, merge_sorted, repeats

Found = tuple[int, int, int]
row = st.tuples(st.integers(0, 12), st.integers(0, 1), st.integers(0, 1))


def write(folder: Path, files: list[list[Found]]) -> list[Path]:
    paths = []
    for number, found in enumerate(files):
        rows = np.zeros(len(found), PRESS_ROW)
        for n, (at, site, val) in enumerate(sorted(found)):
            rows[n] = (at, site, n, val, 0, 1, number)
        paths.append(folder / f"{number}.rows")
        rows.tofile(paths[-1])
    return paths


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(row, max_size=20), max_size=5), st.integers(1, 30))
def test_every_row_comes_once_in_order_however_little_is_held(
    files: list[list[tuple[int, int, int]]], held: int
) -> None:
    fewest, merge.FEWEST_ROWS = merge.FEWEST_ROWS, 1
    try:
        with TemporaryDirectory() as folder:
            pieces = list(merge_sorted(write(Path(folder), files), held))
    finally:
        merge.FEWEST_ROWS = fewest
    rows = np.concatenate(pieces) if pieces else np.zeros(0, PRESS_ROW)
    keys = [tuple(each[name] for name in (*IDENTITY, "file")) for each in rows]
    assert keys == sorted(keys)
    assert sorted((each[0], each[1], each[2]) for each in keys) == sorted(each for found in files for each in found)
    # A repeat is what is equal to the row before, across the pieces as well.
    last, again = None, 0
    for piece in pieces:
        again += int(repeats(piece, last).sum())
        last = piece[-1]
    assert again == len(keys) - len({each[:-1] for each in keys})
