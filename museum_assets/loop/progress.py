"""Telling a person how a long stage is doing: done of total, rate, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar

watcher: ContextVar[Callable[[str, int, int | None], None] | None] = ContextVar("watcher", default=None)
"""Who else wants to know: the command line's progress bar, as (label, finished, total)."""

LINE_EVERY_SECONDS = 10.0


class Progress:
    """Progress lines with rate and time left, at most one in ten seconds, to any line sink (Dagster's log)."""

    def __init__(self, label: str, line: Callable[[str], None], every: float = LINE_EVERY_SECONDS) -> None:
        self.label = label
        self.line = line
        self.every = every
        self.started = self.last = time.monotonic()

    def __call__(self, finished: int, total: int | None) -> None:
        """Report that `finished` of `total` records are through."""
        if watch := watcher.get():
            watch(self.label, finished, total)
        now = time.monotonic()
        if now - self.last >= self.every:
            self.last = now
            self.line(self.text(finished, total, now - self.started))

    def text(self, finished: int, total: int | None, seconds: float) -> str:
        """Return the line for this state."""
        rate = finished / seconds if seconds else 0.0
        if total is None:
            return f"{self.label}: {finished:,} records, {rate:,.1f}/s"
        left = (total - finished) / rate if rate else 0.0
        return f"{self.label}: {finished:,} of {total:,}, {rate:,.1f}/s, {left:,.0f} s left"


def silent(finished: int, total: int | None) -> None:
    """Report to nobody."""
