"""Merges sorted files of presses. Memory does not grow with the rows or the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from museum_assets.kiosk.files.clock import Array
from museum_assets.kiosk.files.history import Presses
from museum_assets.kiosk.files.order import sort_order

PRESS_ROW = np.dtype(
    [("at", "<i8"), ("site", "<i4"), ("line", "<i4"), ("val", "<i2"), ("type", "<i2"), ("occurrence", "<i2"),
     ("file", "<i2")]
)  # fmt: skip
IDENTITY = ("at", "site", "val", "type", "occurrence")
"""Columns that identify a press of a history file: docs/decisions/0007."""
MOST_FILES = 32_767
ROWS_HELD = 1 << 19
"""Rows in memory at a time, all files together: 12 MB."""
PIECE_ROWS = 1 << 17
"""Rows written, and later loaded, at a time."""
FEWEST_ROWS = 1 << 10
"""Rows read of a file at a time at least, however many files there are."""


def pack_presses(presses: Presses, file: int) -> Array:
    """Return presses as an array of PRESS_ROW; `file` is the file's number."""
    rows = np.empty(len(presses), PRESS_ROW)
    for name in ("at", "site", "line", "val", "type", "occurrence"):
        rows[name] = getattr(presses, name)
    rows["file"] = file
    return rows


class SortedRun:
    """One file of sorted rows, partly in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left = path.stat().st_size // PRESS_ROW.itemsize
        self.read = 0
        self.rows = np.empty(0, PRESS_ROW)

    def fill(self, count: int) -> None:
        """Read until `count` rows are in memory, or the file ends."""
        missing = min(count - len(self.rows), self.left)
        if missing > 0:
            more = np.fromfile(self.path, PRESS_ROW, missing, offset=self.read * PRESS_ROW.itemsize)
            self.read, self.left = self.read + missing, self.left - missing
            self.rows = np.concatenate((self.rows, more))

    @property
    def last(self) -> int:
        """The time of the last row in memory."""
        return int(self.rows["at"][-1])

    def take(self, before: int | None) -> Array:
        """Remove and return the rows before a time, or all rows when it is None."""
        count = len(self.rows)
        if before is not None and count and self.last >= before:
            # Most files have no such row. Comparing the first row shows that faster than a search.
            at = self.rows["at"]
            count = int(np.searchsorted(at, before)) if at[0] < before else 0
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken


def merge_sorted(paths: Sequence[Path], held: int = ROWS_HELD) -> Iterator[Array]:
    """Yield the rows of all files in pieces, sorted by IDENTITY and then by file.

    Rows of one instant come in one piece. About `held` rows are in memory at a time.
    """
    runs = [SortedRun(path) for path in paths]
    share = most = max(FEWEST_ROWS, held // max(1, len(runs)))
    while runs := [run for run in runs if run.left or len(run.rows)]:
        for run in runs:
            run.fill(share)
        # The next row of a file that is not read to its end may have the time of its last row in memory.
        ends = [run.last for run in runs if run.left]
        taken = [rows for run in runs if len(rows := run.take(min(ends) if ends else None))]
        # Nothing to take means that one instant has more rows than fit: read more of each file.
        share = most if taken else share * 2
        if len(taken) == 1:
            yield taken[0]
        elif taken:
            rows = np.concatenate(taken)
            # The sort is stable and files come in the order of their numbers, so equal rows are in that order too.
            yield rows[sort_order(*(rows[name] for name in IDENTITY))]


def gather_pieces(pieces: Iterable[Array], rows: int = PIECE_ROWS) -> Iterator[Array]:
    """Join pieces until each but the last has at least `rows` rows; no piece is cut."""
    waiting: list[Array] = []
    for piece in pieces:
        waiting.append(piece)
        if sum(map(len, waiting)) >= rows:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def repeats(rows: Array, before: Array | None) -> Array:
    """Return which sorted rows are the same press as the row before; `before` is the row before the first."""
    same = np.ones(len(rows), bool)
    for name in IDENTITY:
        same[1:] &= rows[name][1:] == rows[name][:-1]
        same[:1] &= before is not None and rows[name][:1] == before[name]
    return same
