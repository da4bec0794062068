"""A clock that goes back, on the server or beside it, holds nothing up for as long as it went back."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from psycopg_pool import ConnectionPool

from museum_assets.core.failures import Failure, SlowDown
from museum_assets.loop.run import run_stage
from resources.postgres import Database, scalar
from resources.rate_limit import RateLimiter
from tests.support.copying_stage import MUSEUM, Copying, ledger


def test_a_failure_noted_before_the_clock_went_back_is_due(six: Database) -> None:
    stage = Copying({"a": Failure("away", code="unavailable")})
    for _ in range(3):
        with six.connect() as conn:
            conn.execute("UPDATE ops.ledger SET next_attempt_at = now() WHERE outcome = 'failed'")
        run_stage(six, MUSEUM, stage)
    stage.plan.clear()
    assert run_stage(six, MUSEUM, stage).processed == 0, "it waits for its minutes"
    with six.connect() as conn:
        conn.execute("UPDATE ops.ledger SET attempted_at = attempted_at + interval '1 year',"
                     " next_attempt_at = next_attempt_at + interval '1 year'")  # fmt: skip
    assert run_stage(six, MUSEUM, stage).done == 1


def test_only_postgres_s_clock_says_when_a_failure_is_due(six: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the machine that runs the stage may be a year ahead: nothing of it is written."""
    import time

    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 31_536_000)
    run_stage(six, MUSEUM, Copying({"a": Failure("away", code="unavailable")}))
    with six.connect() as conn:
        now = scalar(conn, "SELECT now()")
    row = ledger(six)["a"]
    assert row["next_attempt_at"] == row["attempted_at"]
    assert abs(row["next_attempt_at"] - now) < timedelta(minutes=5)


@pytest.fixture
def limiter(pool: ConnectionPool) -> RateLimiter:
    return RateLimiter(pool, f"{uuid4()}.test", 100.0)


def noted(pool: ConnectionPool, limiter: RateLimiter, changes: str) -> None:
    with pool.connection() as conn:
        conn.execute("UPDATE ops.host_rate SET " + changes + " WHERE host = %s", (limiter.host,))  # type: ignore[arg-type]


def wait(pool: ConnectionPool, limiter: RateLimiter) -> float:
    with pool.connection() as conn:
        row = conn.execute("SELECT wait_seconds FROM ops.reserve_slots(%s, 100, true, 300)", (limiter.host,)).fetchone()
    assert row
    return float(row[0])


def test_slots_reserved_before_the_clock_went_back_are_not_waited_for(
    pool: ConnectionPool, limiter: RateLimiter
) -> None:
    limiter.acquire()
    noted(pool, limiter, "next_slot = next_slot + interval '1 day', raised_at = now() + interval '1 day'")
    assert wait(pool, limiter) < 60


def test_a_host_is_left_alone_for_as_long_as_it_asked_and_no_longer(pool: ConnectionPool, limiter: RateLimiter) -> None:
    limiter.slow_down(600)
    noted(pool, limiter, "slowed_at = slowed_at + interval '1 day', slowed_until = slowed_until + interval '1 day'")
    with pytest.raises(SlowDown) as told:
        limiter.acquire()
    assert 500 < (told.value.retry_after or 0) <= 601
    noted(pool, limiter, "slowed_at = slowed_at - interval '10 minutes',"
                         " slowed_until = slowed_until - interval '10 minutes'")  # fmt: skip
    assert wait(pool, limiter) < 60
