"""A harvest that breaks off goes on where it was, or says why it starts over."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from museum_assets.collection.harvest.harvest import HarvestInterrupted
from museum_assets.core.failures import CheckpointExpired, Unavailable
from museum_assets.museums.museum import Page
from resources.postgres import Busy, Database
from tests.support.killable import Killable
from tests.support.planned_museum import Planned, live, page, walk


def test_an_interrupted_harvest_goes_on_from_its_checkpoint(database: Database) -> None:
    walk(database, Planned(page("a", "x")))
    plan = Planned(page("a"), page("b"), Unavailable("503 from the museum"), page("d"))
    with pytest.raises(
        HarvestInterrupted,
        match=r"smk stopped after 2 entries: 503 .*\[unavailable\].*`museum run raw_metadata --museum smk` goes on",
    ):
        walk(database, plan)
    assert live(database) == {"a", "b", "x"}
    plan.pages[2] = page("c")
    report = walk(database, plan)
    assert plan.began == [0, 2]
    assert (report.resumed, report.state, report.listed) == (True, "complete", 4)
    assert (report.new, report.unchanged, report.withdrawn) == (3, 1, 1)
    assert live(database) == {"a", "b", "c", "d"}, "what the first half met is not absent"


def test_a_bug_in_the_museum_leaves_the_checkpoint_too(database: Database) -> None:
    plan = Planned(page("a"), KeyError("bug"))
    with pytest.raises(KeyError):
        walk(database, plan)
    plan.pages[1] = page("b")
    assert walk(database, plan).state == "complete"
    assert plan.began == [0, 1]


def test_a_harvest_ended_between_its_last_page_and_its_end_is_ended_by_the_next(database: Database) -> None:
    walk(database, Planned(page("x", "a")))
    with database.connect() as conn:
        conn.execute("INSERT INTO ops.harvest (museum) VALUES ('smk')")
    plan = Planned(page("a"))
    with pytest.raises(RuntimeError):
        walk(database, Planned(page("a"), RuntimeError("killed")))
    report = walk(database, plan)
    assert (plan.began, report.state, report.withdrawn) == ([1], "complete", 1)


def test_an_old_open_harvest_starts_over(database: Database) -> None:
    plan = Planned(page("a"), page("b"))
    walk(database, plan, limit=1)
    with database.connect() as conn:
        conn.execute("UPDATE ops.harvest SET started_at = now() - interval '8 days'")
    walk(database, plan)
    assert plan.began == [0, 0]


class Renewed(Planned):
    """A museum that accepts no checkpoint of before, as after a dump's new edition."""

    def harvest(self, api: Any, **kwargs: Any) -> Iterator[Page]:
        if kwargs["checkpoint"]:
            raise CheckpointExpired("of another edition")
        yield from super().harvest(api, **kwargs)


def test_an_open_harvest_whose_checkpoint_expired_starts_over_at_once(database: Database) -> None:
    plan = Renewed(page("a"), page("b"))
    assert walk(database, plan, limit=1).state == "limited"
    report = walk(database, plan)
    assert (report.state, report.resumed, report.new, report.unchanged) == ("complete", False, 1, 1)
    with database.connect() as conn:
        rows = conn.execute("SELECT state FROM ops.harvest ORDER BY id").fetchall()
    assert [row["state"] for row in rows] == ["restarted", "complete"]


def test_a_checkpoint_that_expires_in_its_own_run_restarts_with_the_next(database: Database) -> None:
    plan = Planned(page("a"), CheckpointExpired("resumption token unknown"))
    with pytest.raises(
        HarvestInterrupted,
        match=r"resumption token unknown.*run `museum run raw_metadata --museum .*`, it starts from the beginning",
    ):
        walk(database, plan)
    plan.pages[1] = page("b")
    assert walk(database, plan).state == "complete"
    assert plan.began == [0, 0]


@pytest.mark.usefixtures("impatient")
def test_one_harvest_at_a_time(database: Database) -> None:
    with database.lock("smk", "raw_metadata"), pytest.raises(Busy):
        walk(database, Planned(page("a")))


KILLED = """
import sys, time
from resources.postgres import Database
from tests.support.planned_museum import Planned, page, walk

class Slow(Planned):
    def harvest(self, api, **kwargs):
        for found in super().harvest(api, **kwargs):
            yield found
            print(found.checkpoint["next"], flush=True)
            time.sleep(60 if found.checkpoint["next"] == 2 else 0)

walk(Database(sys.argv[1]), Slow(page("a"), page("b"), page("c")))
"""


def test_after_sigkill_it_goes_on_from_the_last_page_stored(database: Database) -> None:
    child = Killable(KILLED, database.url)
    assert [child.stdout.readline(), child.stdout.readline()] == ["1\n", "2\n"]
    # A page is committed while the next one is asked for: wait until the second one is.
    with database.connect() as conn:
        while not conn.execute("SELECT id FROM ops.harvest WHERE checkpoint = '{\"next\": 2}'").fetchone():
            conn.execute("SELECT pg_sleep(0.05)")
    child.send_signal(signal.SIGKILL)
    child.wait()
    plan = Planned(page("a"), page("b"), page("c"))
    report = walk(database, plan)
    assert (plan.began, report.state, report.new) == ([2], "complete", 3)
