"""A page with a record that cannot be stored is stored without it, and the harvest goes on."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from museum_assets.collection.harvest.books import HarvestReport
from museum_assets.collection.harvest.harvest import failures
from museum_assets.core.failures import Malformed
from museum_assets.loop.isolation import STALLED_AFTER
from museum_assets.museums.entries import sort_out
from museum_assets.museums.keys import LONGEST_KEY, shortened
from museum_assets.museums.museum import BadEntry, Page, RawRecord
from resources.postgres import Database
from tests.support.planned_museum import Planned, live, page, walk


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def with_payload(id_: str, **more: Any) -> Page:
    return Page("all", [RawRecord(each, {"id": each, **(more if each == id_ else {})}) for each in "abcd"], {}, 4, 4)


def letters(database: Database) -> list[tuple[str, list[str], bytes]]:
    with database.connect() as conn:
        found = conn.execute("SELECT place, reasons, body FROM ops.dead_letter WHERE state = 'open' ORDER BY 1")
        return [(row["place"], row["reasons"], row["body"]) for row in found]


@pytest.mark.parametrize("again", [False, True], ids=["first harvest", "later one"])
@pytest.mark.parametrize("more", [{"x": nested(300)}, {"x": 10**400}, {"x": "\ud800"}], ids=["deep", "huge", "alone"])
def test_a_record_that_is_no_json_fails_alone(database: Database, again: bool, more: dict[str, Any]) -> None:
    if again:
        walk(database, Planned(page(*"abcd")))
    report = walk(database, Planned(with_payload("c", **more), page("e")))
    assert (report.listed, report.records, report.failed, report.state) == (5, 4, 1, "complete")
    assert live(database) == set("abcde" if again else "abde"), "listed and not readable is not withdrawn"
    ((place, reasons, body),) = letters(database)
    assert (place, reasons) == ("c", ["malformed_record"])
    assert body.startswith(b'{"id": "c", "x": ')
    healed = walk(database, Planned(page(*"abcde")))
    assert (healed.state, healed.failed, letters(database)) == ("complete", 0, [])


@pytest.mark.parametrize("again", [False, True], ids=["first harvest", "later one"])
def test_a_record_that_postgres_refuses_fails_alone(database: Database, again: bool) -> None:
    if again:
        walk(database, Planned(page(*"abcd")))
    with database.connect() as conn:
        conn.execute("ALTER TABLE raw.record ADD CHECK (payload ->> 'x' IS DISTINCT FROM 'poison')")
    report = walk(database, Planned(with_payload("c", x="poison"), page("e")))
    assert (report.listed, report.records, report.failed) == (5, 4, 1)
    with database.connect() as conn:
        (found,) = failures(conn, "smk")
    assert (found["code"], found["example"], found["permanent"]) == ("refused_by_database", "c", True)
    assert "violates check constraint" in found["message"]
    assert letters(database) == [("c", ["refused_by_database"], b'{"id":"c","x":"poison"}')]


def test_a_database_that_takes_nothing_stops_the_harvest(database: Database) -> None:
    with database.connect() as conn:
        conn.execute("ALTER TABLE raw.record ADD CHECK (payload IS NULL)")
    with pytest.raises(psycopg.errors.CheckViolation):
        walk(database, Planned(page(*(f"r{n}" for n in range(STALLED_AFTER)))))


def test_a_long_id_is_refused_by_the_record_itself() -> None:
    assert RawRecord("x" * LONGEST_KEY, {}).id
    with pytest.raises(BadEntry, match="has 501 characters, beyond 1,000 bytes") as refused:
        RawRecord("é" * 501, {})
    assert (refused.value.code, refused.value.permanent) == ("id_too_long", True)
    assert refused.value.name == shortened("é" * 501)
    assert len(shortened("é" * 501).encode()) < 300


def test_whatever_an_entry_raises_is_its_own_failure() -> None:
    def shape(entry: Any) -> RawRecord:
        return RawRecord(entry["id"], {"year": 1 / entry["n"]})

    records, failed = sort_out([{"id": "a", "n": 1}, {"id": "b", "n": 0}, None, {"id": "c", "n": 2}], "all@0", shape)
    assert [record.id for record in records] == ["a", "c"]
    assert {name: f.code for name, f in failed.items()} == {"all@0+1": "internal", "all@0+2": "internal"}
    assert "ZeroDivisionError" in str(failed["all@0+1"].trace)
    assert failed["all@0+1"].evidence == b'{"id": "b", "n": 0}'


def test_a_page_of_which_nothing_is_a_record_is_a_changed_api() -> None:
    with pytest.raises(Malformed, match="none of the 50 entries at all@0 is a record"):
        sort_out([None] * 50, "all@0", lambda entry: RawRecord(entry["id"], entry))


def test_the_books_are_told_while_pages_are_stored() -> None:
    """Progress is told by one thread while another may meet a new scope (seed 145 of the robustness suite)."""
    report, ended = HarvestReport(1), threading.Event()

    def meet_scopes() -> None:
        for number in range(50_000):
            report.scopes[str(number)] = {"listed": 1, "total": 1}
        ended.set()

    thread = threading.Thread(target=meet_scopes)
    thread.start()
    while not ended.is_set():
        assert report.listed <= 50_000
        assert (report.total or 0) <= 50_000
    thread.join()
