"""pgbouncer before Postgres: one that shares connections between transactions is refused, one by sessions will do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from museum_assets.museums import BY_KIND
from resources.migrations import migrate_platform
from resources.postgres import Busy, Database, NoSessions
from tests.servers import postgres
from tests.servers.plugin import Servers
from tests.servers.process import Missing, ServerProcess
from tests.support.new_database import at, new_database

Through = Callable[[str], str]


@pytest.fixture
def through(servers: Servers) -> Iterator[Through]:
    """The address of an empty database behind pgbouncer in this mode."""
    url, started = os.environ.get("DATABASE_TEST_URL"), list[ServerProcess]()
    if not url:
        pytest.skip(servers.missing["postgres"])
    with new_database(at(url, "postgres"), template="template0") as empty:

        def pooled(mode: str) -> str:
            try:
                pooler, address = postgres.pgbouncer(servers.place(f"pgbouncer-{mode}"), url, mode)
                pooler.start()
            except Missing as why:
                pytest.skip(str(why))
            started.append(pooler)
            return at(address, empty.rpartition("/")[2])

        yield pooled
        for pooler in started:
            pooler.stop()


def test_transaction_mode_is_refused_before_anything_is_made(through: Through) -> None:
    url = through("transaction")
    for _ in range(2):
        with pytest.raises(NoSessions, match=r"pool_mode = session.*DATABASE_URL"):
            migrate_platform(Database(url), BY_KIND)


@pytest.mark.usefixtures("impatient")
def test_session_mode_migrates_and_locks(through: Through) -> None:
    pooled = Database(through("session"))
    migrate_platform(pooled, BY_KIND)
    with pooled.lock("smk", "stage"), pytest.raises(Busy), pooled.lock("smk", "stage"):
        pass
