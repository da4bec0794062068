"""Harvests: of a museum of the test's own for what can go wrong, and of all of them over the simulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
import whole_pipeline

from museum_assets.failures import CheckpointExpired, Failure, MuseumError, Unavailable
from museum_assets.museums import museum
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Museum, Page, RawRecord
from museum_assets.settings import Settings
from museum_assets.simulator.server import Running, Simulator, running
from museum_assets.stages.harvest import HarvestInterrupted, failures, harvest
from museum_assets.stages.harvest_books import HarvestReport
from resources.postgres import Busy, Connection, Database, scalar

pytestmark = pytest.mark.integration


def page(*ids: str, total: int | None = None, **more: Any) -> Page:
    return Page("all", [RawRecord(id_, {"id": id_}) for id_ in ids], {}, len(ids), total, **more)


class Planned(Museum):
    """A museum whose listing is a list of pages; an exception among them is raised in its place."""

    slug: ClassVar[str] = "smk"
    name: ClassVar[str] = "Planned"
    api_base: ClassVar[str] = "http://127.0.0.1"
    image_hosts: ClassVar[tuple[str, ...]] = ()
    requests_per_second: ClassVar[float] = 1
    incremental: ClassVar[bool] = True

    def __init__(self, *pages: Page | Exception) -> None:
        self.pages = list(pages)
        self.began: list[int] = []
        self.since: datetime | None = None

    def harvest(self, api: Any, *, checkpoint: Any = None, since: Any = None, limit: Any = None) -> Iterator[Page]:
        start = checkpoint["next"] if checkpoint else 0
        self.began.append(start)
        self.since = since
        for number, found in enumerate(self.pages[start:], start + 1):
            if isinstance(found, Exception):
                raise found
            yield replace(found, checkpoint={"next": number})

    def read(self, payload: dict[str, Any]) -> Artwork:
        raise NotImplementedError


API: Any = None
"""A planned museum asks nobody."""


def walk(database: Database, museum: Planned, **kwargs: Any) -> HarvestReport:
    return harvest(database, museum, API, **kwargs)


def live(database: Database) -> set[str]:
    with database.connect() as conn:
        return {row["record_id"] for row in conn.execute("SELECT record_id FROM raw.record WHERE withdrawn_at IS NULL")}


def state(conn: Connection) -> str:
    return str(scalar(conn, "SELECT state FROM ops.harvest ORDER BY id DESC LIMIT 1"))


def test_a_complete_harvest_counts_what_it_did(database: Database) -> None:
    first = walk(database, Planned(page("a", "b", total=3), page("c", total=3)))
    assert (first.state, first.listed, first.total, first.new) == ("complete", 3, 3, 3)
    changed = replace(
        page("a", "b", "d", total=4),
        records=[RawRecord("a", {"id": "a", "t": 1}), RawRecord("b", {"id": "b"}), RawRecord("d", {})],
    )
    second = walk(database, Planned(changed, page("c", total=4)))
    assert (second.new, second.changed, second.unchanged, second.withdrawn) == (1, 1, 2, 0)
    with database.connect() as conn:
        assert scalar(conn, "SELECT count(*) FROM ops.harvest_page") == 0
        assert scalar(conn, "SELECT counts ->> 'changed' FROM ops.harvest ORDER BY id DESC LIMIT 1") == "1"


def test_a_complete_harvest_withdraws_what_it_did_not_meet(database: Database) -> None:
    walk(database, Planned(page("a", "b", "c")))
    assert walk(database, Planned(page("a", "b"))).withdrawn == 1
    assert live(database) == {"a", "b"}
    with database.connect() as conn:
        assert scalar(conn, "SELECT withdrawn_reason FROM raw.record WHERE record_id = 'c'") == (
            "absent from a complete harvest, or listed and not found"
        )
    back = walk(database, Planned(page("a", "b", "c")))
    assert (back.changed, back.unchanged) == (1, 2)
    assert live(database) == {"a", "b", "c"}


def test_a_short_listing_withdraws_nothing(database: Database) -> None:
    walk(database, Planned(page("a", "b", "c")))
    report = walk(database, Planned(page("a", total=3)))
    assert (report.state, report.withdrawn, report.missing()) == ("short", 0, {"all": 2})
    assert live(database) == {"a", "b", "c"}


def test_an_interrupted_harvest_goes_on_from_its_checkpoint(database: Database) -> None:
    walk(database, Planned(page("a", "x")))
    plan = Planned(page("a"), page("b"), Unavailable("503 from the museum"), page("d"))
    with pytest.raises(HarvestInterrupted, match=r"smk stopped after 2 entries: 503 .*\[unavailable\].*run again"):
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


def test_what_failed_is_a_row_and_is_never_withdrawn(database: Database) -> None:
    walk(database, Planned(page("a", "b", "c")))
    report = walk(database, Planned(page("a", failed={"b": Failure("cut off", code="malformed")})))
    assert (report.state, report.failed, report.withdrawn) == ("short", 1, 0)
    assert live(database) == {"a", "b", "c"}
    with database.connect() as conn:
        (row,) = failures(conn, "smk")
        assert (row["code"], row["example"], row["message"]) == ("malformed", "b", "cut off")
    # An entry without an id fails under its place in the listing, which no later harvest meets again.
    walk(database, Planned(page("a", failed={"all@0+1": Failure("no id", code="no_id")})))
    assert walk(database, Planned(page("a", "b", "c"))).state == "complete"
    with database.connect() as conn:
        assert failures(conn, "smk") == []


def test_a_failed_record_that_turns_out_to_be_gone_is_settled(database: Database) -> None:
    walk(database, Planned(page("a", failed={"b": Failure("cut off"), "c": Failure("cut off")})))
    walk(database, Planned(page("a", gone=["b"], failed={"c": Failure("cut off")})))
    with database.connect() as conn:
        assert [row["example"] for row in failures(conn, "smk")] == ["c"]


def test_gone_and_deleted_records_are_withdrawn_at_once_with_the_reason(database: Database) -> None:
    walk(database, Planned(page("a", "b", "c")))
    report = walk(database, Planned(page("a", gone=["b"], withdrawn=["c", "never seen"])))
    assert (report.gone, report.withdrawn) == (1, 2)
    with database.connect() as conn:
        reasons = {r["record_id"]: r["withdrawn_reason"] for r in conn.execute("SELECT * FROM raw.record")}
    assert reasons == {
        "a": None,
        "b": "absent from a complete harvest, or listed and not found",
        "c": "deleted by the museum",
    }


@pytest.mark.parametrize(("before", "after", "withheld"), [(100, 79, 21), (100, 80, 0), (11, 1, 0), (12, 1, 11)])
def test_more_than_a_fifth_missing_is_not_believed(database: Database, before: int, after: int, withheld: int) -> None:
    ids = [f"{n:03}" for n in range(before)]
    walk(database, Planned(page(*ids)))
    report = walk(database, Planned(page(*ids[:after])))
    assert (report.withheld, report.withdrawn) == (withheld, 0 if withheld else before - after)
    assert report.state == ("short" if withheld else "complete")


def test_a_limit_leaves_the_harvest_open_for_the_next_run(database: Database) -> None:
    walk(database, Planned(page("x")))
    plan = Planned(page("a"), page("b"), page("c"))
    assert walk(database, plan, limit=2).state == "limited"
    with database.connect() as conn:
        assert state(conn) == "open"
    assert live(database) == {"a", "b", "x"}
    report = walk(database, plan, limit=2)
    assert (plan.began, report.state, report.new, report.withdrawn) == ([0, 2], "complete", 3, 1)


def test_force_starts_over(database: Database) -> None:
    plan = Planned(page("a"), page("b"))
    walk(database, plan, limit=1)
    assert walk(database, plan, force=True).new == 1
    assert plan.began == [0, 0]
    with database.connect() as conn:
        rows = conn.execute("SELECT state FROM ops.harvest ORDER BY id").fetchall()
    assert [row["state"] for row in rows] == ["restarted", "complete"]


def test_since_is_passed_on_and_withdraws_nothing(database: Database) -> None:
    walk(database, Planned(page("a", "b")))
    since = datetime.now(UTC) - timedelta(days=1)
    report = walk(database, plan := Planned(page("a")), since=since)
    assert plan.since == since
    assert (report.state, report.withdrawn) == ("complete", 0)
    assert live(database) == {"a", "b"}


def test_an_open_full_harvest_is_not_finished_by_an_incremental_one(database: Database) -> None:
    plan = Planned(page("a"), page("b"))
    walk(database, plan, limit=1)
    walk(database, plan, since=datetime.now(UTC))
    assert plan.began == [0, 0]


def test_an_old_open_harvest_starts_over(database: Database) -> None:
    plan = Planned(page("a"), page("b"))
    walk(database, plan, limit=1)
    with database.connect() as conn:
        conn.execute("UPDATE ops.harvest SET started_at = now() - interval '8 days'")
    walk(database, plan)
    assert plan.began == [0, 0]


def test_a_museum_that_answers_404_to_everything_loses_nobody(database: Database) -> None:
    names = [f"r{n}" for n in range(30)]
    walk(database, Planned(page(*names)))
    report = walk(database, Planned(page(gone=names)))
    assert (report.state, report.withheld, report.withdrawn) == ("short", 30, 0)
    assert live(database) == set(names)


def test_an_expired_checkpoint_restarts_with_the_next_run(database: Database) -> None:
    plan = Planned(page("a"), CheckpointExpired("resumption token unknown"))
    with pytest.raises(HarvestInterrupted, match=r"resumption token unknown.*run again, it starts from the beginning"):
        walk(database, plan)
    plan.pages[1] = page("b")
    assert walk(database, plan).state == "complete"
    assert plan.began == [0, 0]


def test_a_museum_without_dates_says_so(database: Database) -> None:
    with pytest.raises(MuseumError, match=r"smk cannot be harvested incrementally: run without"):
        harvest(database, museum("smk"), API, since=datetime.now(UTC))


@pytest.mark.usefixtures("impatient")
def test_one_harvest_at_a_time(database: Database) -> None:
    with database.lock("smk", "raw_metadata"), pytest.raises(Busy):
        walk(database, Planned(page("a")))


KILLED = """
import sys, time
from resources.postgres import Database
from test_harvest import Planned, page, walk

class Slow(Planned):
    def harvest(self, api, **kwargs):
        for found in super().harvest(api, **kwargs):
            yield found
            print(found.checkpoint["next"], flush=True)
            time.sleep(60 if found.checkpoint["next"] == 2 else 0)

walk(Database(sys.argv[1]), Slow(page("a"), page("b"), page("c")))
"""


def test_after_sigkill_it_goes_on_from_the_last_page_stored(database: Database) -> None:
    here = Path(__file__)
    paths = f"{here.parents[2]}:{here.parents[1]}:{here.parent}"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, database.url],
        cwd=here.parents[2], env={**os.environ, "PYTHONPATH": paths}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout
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


@pytest.mark.parametrize("slug", ["met", "rma"])
def test_through_a_bad_network(platform: Settings, simulator: Running, slug: str) -> None:
    """5xx, cut and broken bodies: after some runs the same records as from a healthy server."""
    whole_pipeline.gather(platform, slug)
    database = whole_pipeline.platform.database(platform)
    with database.connect() as conn:
        healthy = conn.execute("SELECT record_id, payload_hash FROM raw.record ORDER BY record_id").fetchall()
        conn.execute("TRUNCATE raw.record, ops.ledger, ops.harvest CASCADE")
    simulator.set_faults(slug, server_errors=0.05, truncated=0.1, malformed=0.1)
    for _ in range(15):
        try:
            if whole_pipeline.gather(platform, slug).state == "complete":
                break
        except HarvestInterrupted:
            continue
    with database.connect() as conn:
        assert state(conn) == "complete"
        assert conn.execute("SELECT record_id, payload_hash FROM raw.record ORDER BY record_id").fetchall() == healthy


@pytest.mark.parametrize("slug", ["smk", "cma"])
def test_a_listing_that_moves_under_the_walk_loses_nobody(
    platform: Settings, slug: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that repeat the entry before them, as when works are added during the walk."""
    with running(Simulator({slug: 60})) as simulator:
        for name, value in simulator.environment.items():
            monkeypatch.setenv(name, value)
        _move(platform, simulator, slug)


def _move(platform: Settings, simulator: Running, slug: str) -> None:
    whole_pipeline.gather(platform, slug)
    database = whole_pipeline.platform.database(platform)
    before = live(database)
    simulator.set_faults(slug, duplicates=1.0)
    report = whole_pipeline.gather(platform, slug, limit=3)
    while report.state == "limited":
        report = whole_pipeline.gather(platform, slug, limit=3)
    assert live(database) == before
