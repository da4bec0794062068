"""Harvests: of a museum of the test's own for what can go wrong, and of all of them over the simulator."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from museum_assets.collection.harvest.checks import harvest_complete
from museum_assets.collection.harvest.harvest import failures, harvest, harvest_start
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.core.failures import Failure, MuseumError
from museum_assets.museums import museum
from museum_assets.museums.museum import Place, RawRecord
from resources.postgres import Database, scalar
from tests.support.planned_museum import API, Planned, live, page, state, walk


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


def test_a_record_that_stays_bad_does_not_keep_others_from_being_withdrawn(database: Database) -> None:
    bad = Failure("no JSON", code="malformed_record", permanent=True)
    walk(database, Planned(page("a", "b", "c")))
    report = walk(database, Planned(page("a", failed={"b": bad})))
    assert (report.state, report.failed, report.withdrawn) == ("complete", 1, 1)
    assert live(database) == {"a", "b"}
    with database.connect() as conn:
        assert harvest_start(conn, "smk", "last") is not None


def test_any_missing_record_may_be_an_entry_that_has_no_id(database: Database) -> None:
    bad = Failure("no id", code="no_id", permanent=True)
    walk(database, Planned(page("a", "b")))
    plan = Planned(page("a", failed={Place("all@0+1"): bad}))
    report = walk(database, plan)
    assert (report.state, report.withheld, report.withdrawn) == ("short", 1, 0)
    with database.connect() as conn:
        found = harvest_complete(conn, "smk", raw_metadata)
    assert "1 records are missing, any of which may be among the entries without an id" in found.description
    assert walk(database, plan, force=True).withdrawn == 1
    assert walk(database, plan).state == "complete", "nothing is missing any more"


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


def test_a_museum_that_answers_404_to_everything_loses_nobody(database: Database) -> None:
    names = [f"r{n}" for n in range(30)]
    walk(database, Planned(page(*names)))
    report = walk(database, Planned(page(gone=names)))
    assert (report.state, report.withheld, report.withdrawn) == ("short", 30, 0)
    assert live(database) == set(names)


def test_a_museum_without_dates_says_so(database: Database) -> None:
    with pytest.raises(MuseumError, match=r"smk cannot be harvested incrementally: run without"):
        harvest(database, museum("smk"), API, since=datetime.now(UTC))
