"""Telling a person how a long stage is doing: done of total, rate, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar

watcher: ContextVar[Callable[[str, int, int | None], None] | None] = ContextVar("watcher", default=None)
"""Called with (label, finished, total) besides the log: the command line's progress bar."""

OnProgress = Callable[[int, int | None], None]
"""Called with (finished, total); the total is None where it is unknown."""
OnLine = Callable[[str], None]
"""Called with one line of text about how a task is doing."""

PROGRESS_LINE_SECONDS = 10.0
MEASURED_SECONDS = 1.0
"""A rate over less is chance: the first batch may have been waiting already."""


class Progress:
    """Progress lines with rate and time left, at most one in ten seconds, to any line sink (Dagster's log).

    The rate is that of this run, measured from the first report on: a resumed download or import begins with what an
    earlier run had done. Until a rate was measured, a line has none.
    """

    def __init__(self, label: str, on_line: OnLine, every: float = PROGRESS_LINE_SECONDS) -> None:
        self.label = label
        self.on_line = on_line
        self.every = every
        self.last = time.monotonic()
        self.first: tuple[float, int] | None = None

    def __call__(self, finished: int, total: int | None) -> None:
        """Report that `finished` of `total` records were processed."""
        if watch := watcher.get():
            watch(self.label, finished, total)
        now = time.monotonic()
        since, before = self.first = self.first or (now, finished)
        if now - self.last >= self.every:
            self.last = now
            self.on_line(self.text(finished, total, finished - before, now - since))

    def text(self, finished: int, total: int | None, done: int, seconds: float) -> str:
        """Return the line for this state; `done` records took `seconds`."""
        share = f"{self.label}: {finished:,} records" if total is None else f"{self.label}: {finished:,} of {total:,}"
        if done <= 0 or seconds < MEASURED_SECONDS:
            return share
        rate = done / seconds
        left = "" if total is None else f", {(total - finished) / rate:,.0f} s left"
        return f"{share}, {rate:,.1f}/s{left}"


def silent(finished: int, total: int | None) -> None:
    """Report to nobody."""


def no_line(_: str) -> None:
    """Drop the line."""
