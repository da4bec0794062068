"""The shared token bucket, on a real Postgres: pace, pauses, slowing down and recovering, across processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from museum_assets.failures import SlowDown
from resources.rate_limit import PATIENCE, RateLimiter

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.integration


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


def age(pool: ConnectionPool, host: str, seconds: float) -> None:
    """Let time pass for the bucket."""
    with pool.connection() as connection:
        connection.execute(
            "UPDATE ops.host_rate SET slowed_at = slowed_at - %(by)s * interval '1 second',"
            " slowed_until = slowed_until - %(by)s * interval '1 second',"
            " raised_at = raised_at - %(by)s * interval '1 second' WHERE host = %(host)s",
            {"by": seconds, "host": host},
        )


def timed(limiter: RateLimiter, count: int) -> float:
    start = time.monotonic()
    for _ in range(count):
        limiter.acquire()
    return time.monotonic() - start


@pytest.mark.parametrize(("rate", "count"), [(20, 7), (49, 15), (51, 16), (400, 121)])
def test_requests_are_spread_evenly(pool: ConnectionPool, host: str, rate: float, count: int) -> None:
    least = (count - 1) / rate
    assert least * 0.95 <= timed(RateLimiter(pool, host, rate), count) < least + 0.5


def test_the_first_request_does_not_wait(pool: ConnectionPool, host: str) -> None:
    assert timed(RateLimiter(pool, host, 0.1), 1) < 0.2


def test_hosts_do_not_wait_for_each_other(pool: ConnectionPool, host: str) -> None:
    limiters = [RateLimiter(pool, f"{number}.{host}", 1) for number in range(5)]
    assert sum(timed(limiter, 1) for limiter in limiters) < 0.5


def test_runs_and_threads_share_one_pace(pool: ConnectionPool, host: str) -> None:
    runs = [RateLimiter(pool, host, 40) for _ in range(3)]
    start = time.monotonic()
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda number: timed(runs[number % 3], 4), range(6)))
    assert time.monotonic() - start >= 23 / 40 * 0.95


def test_processes_share_one_pace(pool: ConnectionPool, host: str) -> None:
    program = (
        "import sys; from psycopg_pool import ConnectionPool; from resources.rate_limit import RateLimiter\n"
        "with ConnectionPool(sys.argv[1], min_size=1, open=True) as pool:\n"
        "    limiter = RateLimiter(pool, sys.argv[2], 20)\n"
        "    for _ in range(10): limiter.acquire()\n"
    )
    command = [sys.executable, "-c", program, str(pool.conninfo), host]
    with pool.connection() as connection:
        (start,) = connection.execute("SELECT clock_timestamp()").fetchone()  # type: ignore[misc]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    with pool.connection() as connection:
        (taken,) = connection.execute(  # type: ignore[misc]
            "SELECT extract(epoch FROM next_slot - %s) FROM ops.host_rate WHERE host = %s", (start, host)
        ).fetchone()
    assert taken >= 20 / 20


def test_a_high_rate_costs_few_round_trips(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 5000)
    limiter.acquire()
    before = pool.get_stats().get("requests_num", 0)
    timed(limiter, 500)
    assert pool.get_stats().get("requests_num", 0) - before <= 8


def test_a_stopped_process_does_not_catch_up(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 500)
    limiter.acquire()
    time.sleep(0.3)  # the other nine slots of the reservation are over now
    assert timed(limiter, 10) >= 9 / 500 * 0.9


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


def test_retry_after_pauses_every_run(pool: ConnectionPool, host: str) -> None:
    told, other = RateLimiter(pool, host, 1000), RateLimiter(pool, host, 1000)
    other.acquire()
    told.slow_down(0.6)
    other._slots.clear()
    assert 0.5 < timed(other, 1) < 1.2


def test_a_run_asleep_on_its_slot_learns_of_the_pause(pool: ConnectionPool, host: str) -> None:
    sleeper, told = RateLimiter(pool, host, 2), RateLimiter(pool, host, 2)
    sleeper.acquire()
    done: list[float] = []
    thread = threading.Thread(target=lambda: done.append(timed(sleeper, 1)))  # its slot is half a second away
    thread.start()
    time.sleep(0.1)
    told.slow_down(1.2)
    thread.join(timeout=10)
    assert done
    assert done[0] >= 1.2


def test_a_shorter_pause_does_not_cut_a_longer_one(pool: ConnectionPool, host: str) -> None:
    limiter = RateLimiter(pool, host, 10)
    limiter.slow_down(100)
    limiter.slow_down(1)
    limiter.slow_down(None)
    assert 90 < bucket(pool, host)["pause"] <= 100


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
