"""The shared token bucket, on a real Postgres: pace, pauses, slowing down and recovering, across processes."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from museum_assets.core.failures import SlowDown
from resources.rate_limit import PATIENCE, RateLimiter
from tests.support.clock import Clock
from tests.support.places import ROOT


@pytest.fixture
def host() -> str:
    return f"{uuid4()}.test"


def bucket(pool: ConnectionPool, host: str) -> dict[str, float]:
    with pool.connection() as connection:
        row = connection.execute(
            "SELECT rate, ceiling, extract(epoch FROM next_slot - clock_timestamp())::float8 AS ahead,"
            " CASE WHEN isfinite(slowed_until)"
            " THEN extract(epoch FROM slowed_until - clock_timestamp())::float8 ELSE 0 END"
            " FROM ops.host_rate WHERE host = %s",
            (host,),
        ).fetchone()
    assert row
    return dict(zip(("rate", "ceiling", "ahead", "pause"), row, strict=True))


def now(pool: ConnectionPool) -> Any:
    """The moment by the server's clock."""
    with pool.connection() as connection:
        return connection.execute("SELECT clock_timestamp()").fetchone()[0]  # type: ignore[index]


def reserved(pool: ConnectionPool, host: str, since: Any) -> float:
    """How many seconds after that moment the first slot is that nobody has reserved."""
    with pool.connection() as connection:
        statement = "SELECT extract(epoch FROM next_slot - %s)::float8 FROM ops.host_rate WHERE host = %s"
        return float(connection.execute(statement, (since, host)).fetchone()[0])  # type: ignore[index]


def age(pool: ConnectionPool, host: str, seconds: float) -> None:
    """Let time pass for the bucket."""
    with pool.connection() as connection:
        connection.execute(
            "UPDATE ops.host_rate SET slowed_at = slowed_at - %(by)s * interval '1 second',"
            " slowed_until = slowed_until - %(by)s * interval '1 second',"
            " raised_at = raised_at - %(by)s * interval '1 second' WHERE host = %(host)s",
            {"by": seconds, "host": host},
        )


def take(limiter: RateLimiter, count: int) -> None:
    for _ in range(count):
        limiter.acquire()


@pytest.mark.parametrize(("rate", "count"), [(20, 7), (49, 15), (51, 16), (400, 121)])
def test_requests_are_spread_evenly(pool: ConnectionPool, host: str, clock: Clock, rate: float, count: int) -> None:
    least, start = (count - 1) / rate, clock.monotonic()
    take(RateLimiter(pool, host, rate), count)
    assert clock.monotonic() - start >= least * 0.999
    assert clock.slept <= least * 1.001


def test_the_first_request_does_not_wait(pool: ConnectionPool, host: str, clock: Clock) -> None:
    take(RateLimiter(pool, host, 0.1), 1)
    assert clock.asked == []


def test_hosts_do_not_wait_for_each_other(pool: ConnectionPool, host: str, clock: Clock) -> None:
    for number in range(5):
        take(RateLimiter(pool, f"{number}.{host}", 1), 1)
    assert clock.asked == []


def test_runs_and_threads_share_one_pace(pool: ConnectionPool, host: str) -> None:
    runs = [RateLimiter(pool, host, 40) for _ in range(3)]
    start = now(pool)
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda number: take(runs[number % 3], 4), range(6)))
    assert reserved(pool, host, start) >= 24 / 40
    assert bucket(pool, host)["ahead"] <= 1 / 40, "a run did not wait for its slot"


def test_processes_share_one_pace(pool: ConnectionPool, host: str) -> None:
    program = (
        "import sys; from psycopg_pool import ConnectionPool; from resources.rate_limit import RateLimiter\n"
        "with ConnectionPool(sys.argv[1], min_size=1, open=True) as pool:\n"
        "    limiter = RateLimiter(pool, sys.argv[2], 20)\n"
        "    for _ in range(10): limiter.acquire()\n"
    )
    command = [sys.executable, "-c", program, str(pool.conninfo), host]
    start = now(pool)
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert reserved(pool, host, start) >= 20 / 20
    assert bucket(pool, host)["ahead"] <= 1 / 20, "a process did not wait for its slot"


def test_a_high_rate_costs_few_round_trips(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 5000)
    limiter.acquire()
    before = pool.get_stats().get("requests_num", 0)
    take(limiter, 500)
    assert pool.get_stats().get("requests_num", 0) - before <= 8


def test_a_stopped_process_does_not_catch_up(pool: ConnectionPool, host: str, clock: Clock) -> None:
    limiter = RateLimiter(pool, host, 500)
    limiter.acquire()
    clock.sleep(0.3)  # the other nine slots of the reservation are over now
    start = clock.monotonic()
    take(limiter, 10)
    assert clock.monotonic() - start >= 9 / 500 * 0.999


def test_slowing_down_halves_the_pace_once_for_one_burst(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 64)
    limiter.acquire()
    for _ in range(4):
        limiter.slow_down(None)
    assert bucket(pool, host)["rate"] == 32
    age(pool, host, 2)
    RateLimiter(pool, host, 64).slow_down(None)
    assert bucket(pool, host)["rate"] == 16


def test_the_pace_never_falls_below_a_64th(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 64)
    for _ in range(10):
        limiter.slow_down(None)
        age(pool, host, 10)
    assert bucket(pool, host)["rate"] == 1


def test_success_raises_the_pace_slowly_up_to_the_ceiling(pool: ConnectionPool, host: str) -> None:
    runs = [RateLimiter(pool, host, 1000) for _ in range(2)]
    runs[0].slow_down(None)
    seen = []
    for _ in range(12):
        age(pool, host, 31)
        for limiter in runs:  # both report success; only the first in 30 s counts
            limiter.succeeded()
            limiter._slots.clear()
            limiter.acquire()
        seen.append(bucket(pool, host)["rate"])
    assert seen[:3] == [550, 600, 650]
    assert seen[-1] == 1000


def test_without_success_the_pace_stays(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 1000)
    limiter.slow_down(None)
    age(pool, host, 3600)
    limiter.acquire()
    assert bucket(pool, host)["rate"] == 500


def test_success_costs_no_query(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 10)
    before = pool.get_stats().get("requests_num", 0)
    for _ in range(1000):
        limiter.succeeded()
    assert pool.get_stats().get("requests_num", 0) == before


def test_a_new_ceiling_is_followed_both_ways(pool: ConnectionPool, host: str) -> None:
    for ceiling in (100, 20, 400):
        RateLimiter(pool, host, ceiling).acquire()
        assert bucket(pool, host) | {"ahead": 0} == {"rate": ceiling, "ceiling": ceiling, "ahead": 0, "pause": 0}


def test_retry_after_pauses_every_run(pool: ConnectionPool, host: str, clock: Clock) -> None:
    told, other = RateLimiter(pool, host, 1000), RateLimiter(pool, host, 1000)
    other.acquire()
    start = clock.monotonic()
    told.slow_down(60)
    other._slots.clear()
    take(other, 1)
    assert clock.monotonic() - start >= 60
    assert clock.slept <= 60 + 1 / 1000


def test_a_run_asleep_on_its_slot_learns_of_the_pause(pool: ConnectionPool, host: str, clock: Clock) -> None:
    sleeper, told = RateLimiter(pool, host, 2), RateLimiter(pool, host, 2)
    sleeper.acquire()
    pass_time, start = clock.on_sleep, clock.monotonic()

    def another_is_told(seconds: float) -> None:
        if len(clock.asked) == 1:  # the sleeper has just gone to sleep, for the half second to its slot
            told.slow_down(60)
        pass_time(seconds)

    clock.on_sleep = another_is_told
    take(sleeper, 1)
    assert len(clock.asked) == 2
    assert clock.monotonic() - start >= 60


def test_a_shorter_pause_does_not_cut_a_longer_one(pool: ConnectionPool, host: str) -> None:
    def paused_until() -> Any:
        with pool.connection() as connection:
            return connection.execute("SELECT slowed_until FROM ops.host_rate WHERE host = %s", (host,)).fetchone()

    limiter = RateLimiter(pool, host, 10)
    limiter.slow_down(100)
    until = paused_until()
    limiter.slow_down(1)
    limiter.slow_down(None)
    assert paused_until() == until


def test_a_pause_is_a_day_at_most(pool: ConnectionPool, host: str) -> None:
    RateLimiter(pool, host, 10).slow_down(1e9)
    assert 86_000 < bucket(pool, host)["pause"] <= 86_400


def test_a_pause_beyond_patience_is_a_failure_and_takes_no_slot(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 10)
    limiter.slow_down(PATIENCE + 60)
    ahead = bucket(pool, host)["ahead"]
    for _ in range(3):
        with pytest.raises(SlowDown, match=host) as caught:
            limiter.acquire()
        assert PATIENCE < (caught.value.retry_after or 0) <= PATIENCE + 60
    assert bucket(pool, host)["ahead"] <= ahead
