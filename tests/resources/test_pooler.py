"""Postgres behind a pooler: one that keeps no session is refused, since every lock would guard nothing."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from resources.migrations import migrate_platform
from resources.postgres import PROBES, Busy, Database, NoSessions, scalar
from tests.support.pooler import pooling

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("busiest", [False, True])
@pytest.mark.parametrize("others", range(2 * PROBES))
def test_a_pooler_of_transactions_is_refused_however_many_backends_rest(
    database_url: str, others: int, busiest: bool
) -> None:
    with pooling(database_url, sessions=False, busiest=busiest) as pooler:
        for _ in range(others):
            with psycopg.connect(pooler.url, autocommit=True) as conn:
                conn.execute("SELECT 1")
        told = r"127\.0\.0\.1.*pool_mode = session.*DATABASE_URL"
        with pytest.raises(NoSessions, match=told), Database(pooler.url).connect():
            pass
        # Not only the first time.
        with pytest.raises(NoSessions), Database(pooler.url).connect():
            pass


def test_nothing_is_migrated_through_one(database_url: str) -> None:
    with pooling(database_url, sessions=False) as pooler, pytest.raises(NoSessions):
        migrate_platform(Database(pooler.url), {})


@pytest.mark.usefixtures("impatient")
def test_a_pooler_of_sessions_will_do(database_url: str, tmp_path: Path) -> None:
    with pooling(database_url, sessions=True) as pooler:
        pooled = Database(pooler.url)
        with pooled.lock("smk", "stage"), pytest.raises(Busy), pooled.lock("smk", "stage"):
            pass
        with pooled.connect(autocommit=False) as conn:
            assert [scalar(conn, "SELECT %s::int", (number,)) for number in range(20)] == list(range(20))
