"""Sorted files of presses into one sorted sequence, with memory that stays flat in rows and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from museum_assets.kiosk.clock import Array
from museum_assets.kiosk.history import Presses
from museum_assets.kiosk.order import in_order

ROW = np.dtype(
    [("at", "<i8"), ("site", "<i4"), ("line", "<i4"), ("val", "<i2"), ("type", "<i2"), ("occurrence", "<i2"),
     ("file", "<i2")]
)  # fmt: skip
IDENTITY = ("at", "site", "val", "type", "occurrence")
"""By which one press of a history is told from another: docs/decisions/0007."""
MOST_FILES = 32_767
HELD = 1 << 19
"""Rows in memory at a time, all files together: 12 MB."""
PIECE = 1 << 17
"""Rows that are written, and later loaded, at a time."""
FEWEST = 1 << 10
"""Rows read of a file at a time, however many files there are."""


def packed(presses: Presses, file: int) -> Array:
    """Return presses as rows; `file` is the file's number."""
    rows = np.empty(len(presses), ROW)
    for name in ("at", "site", "line", "val", "type", "occurrence"):
        rows[name] = getattr(presses, name)
    rows["file"] = file
    return rows


class Run:
    """One file of sorted rows, of which a part is in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.left = path.stat().st_size // ROW.itemsize
        self.read = 0
        self.rows = np.empty(0, ROW)

    def fill(self, count: int) -> None:
        """Have so many rows in memory, or all there are."""
        wanted = min(count - len(self.rows), self.left)
        if wanted > 0:
            more = np.fromfile(self.path, ROW, wanted, offset=self.read * ROW.itemsize)
            self.read, self.left = self.read + wanted, self.left - wanted
            self.rows = np.concatenate((self.rows, more))

    @property
    def last(self) -> int:
        """The time of the last row in memory."""
        return int(self.rows["at"][-1])

    def take(self, before: int | None) -> Array:
        """Hand over the rows before a time, all of them without one."""
        count = len(self.rows)
        if before is not None and count and self.last >= before:
            # Most files have nothing to hand over: their first row tells it for less than a search.
            at = self.rows["at"]
            count = int(np.searchsorted(at, before)) if at[0] < before else 0
        taken, self.rows = self.rows[:count], self.rows[count:]
        return taken


def merged(paths: Sequence[Path], held: int = HELD) -> Iterator[Array]:
    """Yield the rows of all files, sorted by `at` and then by the rest of IDENTITY and file, some at a time.

    Rows of one instant come in one piece.
    """
    runs = [Run(path) for path in paths]
    share = most = max(FEWEST, held // max(1, len(runs)))
    while runs := [run for run in runs if run.left or len(run.rows)]:
        for run in runs:
            run.fill(share)
        # Of a file that goes on, what comes next may be of the instant at which its part in memory ends.
        ends = [run.last for run in runs if run.left]
        taken = [rows for run in runs if len(rows := run.take(min(ends) if ends else None))]
        # More rows of one instant than fit: only a wider look gets past it.
        share = most if taken else share * 2
        if len(taken) == 1:
            yield taken[0]
        elif taken:
            rows = np.concatenate(taken)
            # Files come in the order of their numbers, which so is the order of what is alike.
            yield rows[in_order(*(rows[name] for name in IDENTITY))]


def gathered(pieces: Iterable[Array], rows: int = PIECE) -> Iterator[Array]:
    """Yield pieces of at least so many rows, but for the last one; none is cut."""
    waiting: list[Array] = []
    for piece in pieces:
        waiting.append(piece)
        if sum(map(len, waiting)) >= rows:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def repeats(rows: Array, before: Array | None) -> Array:
    """Return which sorted rows are the press of the row before them; `before` is the last row of what came before."""
    same = np.ones(len(rows), bool)
    for name in IDENTITY:
        same[1:] &= rows[name][1:] == rows[name][:-1]
        same[:1] &= before is not None and rows[name][:1] == before[name]
    return same
