"""The kiosks' checks: each passes on good tables and names what is wrong in bad ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from museum_assets.dead_letters.letters import Letter, write_letters
from museum_assets.kiosk import checks
from museum_assets.kiosk.register import register
from museum_assets.museums import kiosks
from resources.postgres import Connection, Database
from tests.support.kiosk_presses import INCIDENT, add_file, add_presses
from tests.support.kiosk_tables import add_exhibitions


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    """Three presses of one file on three days in a row, at two of three exhibitions."""
    add_exhibitions(database, "lmnh", range(3))
    with database.connect() as conn:
        add_presses(conn, "lmnh", [("2026-03-06 10:00:00", 0, 4, None), ("2026-03-07 10:00:00", 1, 0, None),
                                   ("2026-03-08 10:00:00", 1, INCIDENT, 0)])  # fmt: skip
        add_file(conn, "lmnh", "lmnh_hist_data_0.csv", 3)
        yield conn


def without_triggers(conn: Connection, statement: str) -> None:
    """Write as somebody who may switch the triggers off."""
    with conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute(statement)


CHECKS = ("presses_have_exhibitions", "plausible_times", "books_agree", "sites_known", "open_days_have_data",
          "one_origin_a_day")  # fmt: skip


@pytest.mark.parametrize("name", CHECKS)
def test_good_tables_pass(conn: Connection, name: str) -> None:
    assert getattr(checks, name)(conn, "lmnh").passed


@pytest.mark.parametrize("name", CHECKS)
def test_a_museum_without_presses_passes_nothing_and_fails_nothing(conn: Connection, name: str) -> None:
    found = getattr(checks, name)(conn, "lms")
    assert (found.passed, found.warn, found.empty) == (False, True, True)
    assert "nothing to check yet: no press of lms was read" in found.description
    assert "museum kiosk load --museum lms" in found.description


def test_a_press_without_an_exhibition_is_named(conn: Connection) -> None:
    without_triggers(conn, "DELETE FROM kiosk.exhibition WHERE museum = 'lmnh' AND site = 1")
    found = checks.presses_have_exhibitions(conn, "lmnh")
    assert (found.passed, found.warn, found.metadata["presses"]) == (False, False, 2)
    assert "2 presses belong to no exhibition (ids 2)" in found.description


def test_a_press_from_the_future_is_named_and_a_clock_may_run_ahead(conn: Connection) -> None:
    conn.execute("UPDATE kiosk.review SET at = now() + interval '3 seconds' WHERE exhibition_id = 1")
    assert checks.plausible_times(conn, "lmnh").passed
    conn.execute("UPDATE kiosk.review SET at = '2999-01-01 10:00+00' WHERE exhibition_id = 1")
    found = checks.plausible_times(conn, "lmnh")
    assert (found.passed, found.warn, found.metadata["presses"]) == (False, False, 1)
    assert "the latest at 2999-01-01" in found.description


def test_a_press_of_the_year_1_is_named_and_makes_no_days(conn: Connection) -> None:
    for at in ("0001-01-02 10:00+00", "2999-01-01 10:00+00"):
        add_presses(conn, "lmnh", [("2026-03-06 11:00:00", 0, 4, None)])
        conn.execute("UPDATE kiosk.review SET at = %s WHERE at = '2026-03-06 11:00+00'", (at,))
    found = checks.plausible_times(conn, "lmnh")
    assert (found.passed, found.metadata["presses"]) == (False, 2)
    assert "`museum kiosk unload FILE --museum lmnh`" in found.description
    assert checks.open_days_have_data(conn, "lmnh").passed
    days = conn.execute("SELECT day FROM kiosk.day_feedback WHERE museum = 'lmnh'").fetchall()
    assert len(days) == 3, "from the first plausible press to the last; it was 739,179 days, and then 355,000 more"


def test_a_press_that_no_file_loaded_and_one_that_is_gone_break_the_books(conn: Connection) -> None:
    assert checks.books_agree(conn, "lmnh").metadata["books"][0]["stored"] == 3
    conn.execute("DELETE FROM kiosk.incident")
    found = checks.books_agree(conn, "lmnh")
    assert not found.passed
    assert "files: 3 were loaded but the tables hold 2" in found.description
    add_presses(conn, "lmnh", [("2026-03-09 10:00:00", 0, 4, None)], origin="s")
    assert "stream: 0 were loaded but the tables hold 1" in checks.books_agree(conn, "lmnh").description


def test_rows_that_nobody_accounts_for_break_the_books(conn: Connection) -> None:
    """The table's own constraint keeps this out, for as long as it is there."""
    conn.execute("ALTER TABLE kiosk.file DROP CONSTRAINT file_check")
    conn.execute("UPDATE kiosk.file SET rows_read = 5")
    assert "files: 5 read but 3 accounted for" in checks.books_agree(conn, "lmnh").description


def test_unknown_sites_are_named_with_how_many_wait_and_only_warn(conn: Connection) -> None:
    with conn.transaction():
        write_letters(conn, [
            Letter("kiosk_stream", "lmnh", f"lmnh[0]@{n}", ("unknown_site",), b"{}", context={"site": site})
            for n, site in enumerate((9, 9, 7))
        ])  # fmt: skip
    found = checks.sites_known(conn, "lmnh")
    assert (found.passed, found.warn) == (False, True)
    assert found.metadata == {"presses": 3, "sites": {"9": 2, "7": 1}}
    assert "2 unknown sites: 9 (2), 7 (1)" in found.description
    assert "lmnh_exhibition_*.json" in found.description
    assert checks.sites_known(conn, "lms").empty
    conn.execute("UPDATE ops.dead_letter SET state = 'closed', settled_at = now()")
    assert checks.sites_known(conn, "lmnh").passed


def test_a_silent_open_day_warns_and_a_closed_one_does_not(conn: Connection) -> None:
    conn.execute("DELETE FROM kiosk.review WHERE exhibition_id = 2")  # Saturday's only press
    found = checks.open_days_have_data(conn, "lmnh")
    assert (found.passed, found.warn, found.metadata["first"]) == (False, True, ["2026-03-07"])
    register(conn, replace(kiosks("lmnh"), closed_on=frozenset({6})))
    assert checks.open_days_have_data(conn, "lmnh").passed


def test_a_day_of_both_origins_warns(conn: Connection) -> None:
    add_presses(conn, "lmnh", [("2026-03-07 16:00:00", 0, 4, None), ("2026-03-09 16:00:00", 0, 4, None)], origin="s")
    found = checks.one_origin_a_day(conn, "lmnh")
    assert (found.passed, found.warn) == (False, True)
    assert found.metadata == {"days": 1, "first": [{"day": "2026-03-07", "files": 1, "stream": 1}]}


def test_a_day_is_the_museums_own(conn: Connection) -> None:
    """Half past midnight in British Summer Time is the evening before in UTC."""
    add_presses(conn, "lmnh", [("2026-07-01 00:30:00", 0, 4, None)], origin="s")
    add_presses(conn, "lmnh", [("2026-06-30 12:00:00", 0, 4, None)])
    assert checks.one_origin_a_day(conn, "lmnh").passed
