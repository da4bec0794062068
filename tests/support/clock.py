"""Time that tests make pass, and waiting that has no limit but the test's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import psycopg
import pytest
from psycopg_pool import ConnectionPool

T = TypeVar("T")


class StoppedClock:
    """Stands in for the module `time`: it moves when a test moves it."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


class Clock:
    """Stands in for the module `time`: who sleeps is not kept waiting, the clock moves on instead.

    `asked` holds the seconds of every sleep. What must last so long lasts so long by this clock, on any machine;
    and how long something slept does not grow on a slow one.
    """

    def __init__(self, on_sleep: Callable[[float], None] = lambda _: None) -> None:
        self.asked: list[float] = []
        self.on_sleep = on_sleep
        self._ahead = 0.0
        self._lock = threading.Lock()

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.asked.append(seconds)
            self.on_sleep(seconds)
            self._ahead += seconds

    @property
    def slept(self) -> float:
        return sum(self.asked)


@pytest.fixture
def clock(pool: ConnectionPool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of rate limits, in this process and in Postgres: while one sleeps, time passes for every host."""
    with psycopg.connect(str(pool.conninfo), autocommit=True) as conn:

        def pass_time(seconds: float) -> None:
            conn.execute(
                "UPDATE ops.host_rate SET next_slot = next_slot - moved, slowed_until = slowed_until - moved,"
                " slowed_at = slowed_at - moved, raised_at = raised_at - moved"
                " FROM (SELECT make_interval(secs => %s) AS moved) AS time",
                (seconds,),
            )

        clock = Clock(pass_time)
        monkeypatch.setattr("resources.rate_limit.time", clock)
        yield clock


def wait_until(there: Callable[[], T], every: float = 0.01) -> T:
    """Return what is there as soon as it is. Only the test's timeout ends the waiting."""
    while not (found := there()):
        time.sleep(every)
    return found
