"""The adaptive, shared politeness limit: one token bucket per host in Postgres for all runs and processes."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, LiteralString, cast

from psycopg.rows import tuple_row
from psycopg_pool import ConnectionPool

from museum_assets.core.failures import SlowDown
from sql import query

PATIENCE = 300.0
"""Seconds. A host that asks for a longer pause is not waited for: the run ends there and a later one goes on."""

_STALE = 0.1
"""Seconds after which a reserved slot is not used any more: a process that was stopped must not make up for it."""

_RECHECK = 0.25
"""Seconds of sleep after which another run may well have been told to stop, which one more query shows."""


class RateLimiter:
    """The pace at which this process may ask one host; safe to share between threads.

    `ceiling` is the fastest polite pace in requests per second. Slots are handed out evenly, without bursts.
    `patience` is for whoever can wait less than a run does.
    """

    def __init__(self, pool: ConnectionPool, host: str, ceiling: float, *, patience: float = PATIENCE) -> None:
        self._pool = pool
        self.patience = patience
        self.host = host
        self.ceiling = ceiling
        self._lock = threading.Lock()
        self._slots: deque[float] = deque()
        self._succeeded = False

    def acquire(self) -> None:
        """Sleep until the next request may be sent.

        Raises SlowDown, without a request, when the host asked all runs for a pause longer than `patience`.
        """
        while True:
            wait = self._next_slot()
            if wait > 0:
                time.sleep(wait)
            if wait < _RECHECK or not self._paused():
                return

    def slow_down(self, retry_after: float | None) -> None:
        """Halve the pace for all runs, and pause them for `retry_after` seconds when the server named them."""
        with self._lock:
            self._slots.clear()
            self._succeeded = False
        self._ask("SELECT ops.slow_down_host(%s, %s, %s)", (self.host, self.ceiling, retry_after or 0.0))

    def succeeded(self) -> None:
        """Note that the host answered; it travels with the next reservation, so it costs no query of its own."""
        self._succeeded = True

    def _next_slot(self) -> float:
        with self._lock:
            if not self._slots or self._slots[0] < time.monotonic() - _STALE:
                self._slots = self._reserve()
            return self._slots.popleft() - time.monotonic()

    def _reserve(self) -> deque[float]:
        succeeded, self._succeeded = self._succeeded, False
        slots, wait, pace = self._ask(
            "SELECT slots, wait_seconds, pace FROM ops.reserve_slots(%s, %s, %s, %s)",
            (self.host, self.ceiling, succeeded, self.patience),
        )
        if not slots:
            raise SlowDown(
                f"{self.host} asked all runs to leave it alone for another {wait:.0f} s, longer than a run waits "
                f"({self.patience:.0f} s). Run this again after that; ops.host_rate.slowed_until says when.",
                retry_after=wait,
            )
        first = time.monotonic() + wait
        return deque(first + slot / pace for slot in range(slots))

    def _paused(self) -> bool:
        (paused,) = self._ask(query("rate_limit.paused"), {"host": self.host})
        return bool(paused)

    def _ask(self, statement: LiteralString, values: Sequence[object] | Mapping[str, object]) -> tuple[Any, ...]:
        """Run a statement that returns exactly one row."""
        with self._pool.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            return cast(tuple[Any, ...], cursor.execute(statement, values).fetchone())
