"""The curator's views against what can be counted by hand, and against the real day counted anew in Python."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from museum_assets.kiosk.report.report import read_report
from museum_assets.museums import kiosks
from resources.postgres import Connection, Database
from tests.support.kiosk_presses import INCIDENT, add_presses
from tests.support.kiosk_tables import add_exhibitions


@pytest.fixture
def conn(database: Database) -> Iterator[Connection]:
    """Three exhibitions in two departments, the third without a press; site 0 on two floors."""
    add_exhibitions(database, "lmnh", range(3))
    with database.connect() as conn:
        conn.execute("INSERT INTO kiosk.department (museum, name) VALUES ('lmnh', 'Botany')")
        conn.execute(
            "UPDATE kiosk.exhibition SET department_id = (SELECT department_id FROM kiosk.department"
            " WHERE name = 'Botany') WHERE site = 2"
        )
        conn.execute("INSERT INTO kiosk.floor (museum, name) VALUES ('lmnh', '1'), ('lmnh', 'Vault'), ('lmnh', '9')")
        conn.execute(
            "INSERT INTO kiosk.floor_assignment SELECT museum, 1, floor_id FROM kiosk.floor WHERE name <> '9'"
            " UNION ALL SELECT museum, 2, floor_id FROM kiosk.floor WHERE name = '1'"
        )
        add_presses(conn, "lmnh", [
            ("2026-03-06 09:10:00", 0, 4, None), ("2026-03-06 09:20:00", 0, 1, None),
            ("2026-03-06 12:59:59", 0, 4, None), ("2026-03-06 13:00:00", 0, 3, None),
            ("2026-03-06 13:30:00", 0, INCIDENT, 0), ("2026-03-06 13:40:00", 1, INCIDENT, 1),
            ("2026-03-09 13:50:00", 1, 0, None),
        ])  # fmt: skip
        yield conn


def view(conn: Connection, name: str, *columns: str, museum: str = "lmnh") -> list[tuple[Any, ...]]:
    rows = conn.execute(f"SELECT * FROM kiosk.{name} WHERE museum = %s", (museum,)).fetchall()
    return sorted(tuple(row[column] for column in columns) for row in rows)


def by_code(conn: Connection, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return view(conn, name, "exhibition_code", *columns)


def test_every_exhibition_is_there_with_its_average_on_the_named_scale(conn: Connection) -> None:
    columns = ("exhibition_code", "floors", "reviews", "average_rating", "top_share", "positive_share", "incidents",
               "incidents_per_review")  # fmt: skip
    assert view(conn, "exhibition_feedback", *columns) == [
        ("EXH_00", "1, Vault", 4, 3.0, 0.5, 0.75, 1, 0.25),
        ("EXH_01", "1", 1, 0.0, 0.0, 0.0, 1, 1.0),
        ("EXH_02", None, 0, None, None, None, 0, None),
    ]
    assert view(conn, "exhibition_feedback", "scale")[0] == ("0 Terrible to 4 Amazing",)


def test_departments_and_floors_count_reviews_not_averages(conn: Connection) -> None:
    assert view(conn, "department_feedback", "department", "exhibitions", "reviews", "average_rating", "incidents") == [
        ("Botany", 1, 0, None, 0),
        ("Zoology", 2, 5, 2.4, 2),
    ]
    assert view(conn, "floor_feedback", "floor", "exhibitions", "reviews", "average_rating", "incidents") == [
        ("1", 2, 5, 2.4, 2),
        ("9", 0, 0, None, 0),
        ("Vault", 1, 4, 3.0, 1),
    ]


def test_the_distribution_has_every_rating_of_every_exhibition(conn: Connection) -> None:
    rows = view(conn, "rating_distribution", "exhibition_code", "rating", "label", "reviews", "share")
    assert len(rows) == 15
    assert rows[:5] == [("EXH_00", 0, "Terrible", 0, 0.0), ("EXH_00", 1, "Bad", 1, 0.25),
                        ("EXH_00", 2, "Neutral", 0, 0.0), ("EXH_00", 3, "Good", 1, 0.25),
                        ("EXH_00", 4, "Amazing", 2, 0.5)]  # fmt: skip


def test_incidents_by_type_with_those_that_never_happened(conn: Connection) -> None:
    assert view(conn, "exhibition_incidents", "exhibition_code", "incident", "incidents") == [
        ("EXH_00", "assistance", 1), ("EXH_00", "emergency", 0), ("EXH_01", "assistance", 0),
        ("EXH_01", "emergency", 1), ("EXH_02", "assistance", 0), ("EXH_02", "emergency", 0),
    ]  # fmt: skip


def test_hours_are_all_the_open_ones_and_the_busiest_comes_first(conn: Connection) -> None:
    hours = {
        hour: rest for hour, *rest in view(conn, "hour_feedback", "hour", "reviews", "average_rating", "incidents")
    }
    assert sorted(hours) == list(range(8, 19))
    assert (hours[9], hours[13], hours[18]) == ([2, 2.5, 0], [2, 1.5, 2], [0, None, 0])
    first, second, third, *_ = conn.execute("SELECT hour, presses, rank FROM kiosk.busiest_hours").fetchall()
    assert [tuple(row.values()) for row in (first, second, third)] == [(13, 4, 1), (9, 2, 2), (12, 1, 3)]
    by_type = view(conn, "hour_incidents", "hour", "incident", "incidents")
    assert [row for row in by_type if row[2]] == [(13, "assistance", 1), (13, "emergency", 1)]
    assert len(by_type) == 22


def test_the_hour_of_a_press_is_the_museums_own(conn: Connection) -> None:
    """13:00 at the kiosk is 12:00 UTC in summer, and a press after closing has its hour too."""
    add_presses(conn, "lmnh", [("2026-07-01 13:00:00", 2, 4, None), ("2026-07-01 20:00:00", 2, 4, None)])
    first = conn.execute("SELECT min(at) AS at FROM kiosk.review WHERE exhibition_id = 3").fetchone()
    assert first == {"at": datetime(2026, 7, 1, 12, tzinfo=UTC)}
    rows = [row for row in by_code(conn, "exhibition_hours", "hour", "reviews") if row[0] == "EXH_02"]
    assert rows == [("EXH_02", 13, 1), ("EXH_02", 20, 1)]
    assert ("EXH_02", "from 13:00", 2) in by_code(conn, "half_day_feedback", "half", "reviews")


def test_the_noon_divide_and_ratings_above_an_exhibitions_own_mean(conn: Connection) -> None:
    rows = by_code(conn, "half_day_feedback", "half", "reviews", "average_rating", "positive")
    assert rows[:3] == [("EXH_00", "before 13:00", 3, 3.0, 2), ("EXH_00", "from 13:00", 1, 3.0, 1),
                        ("EXH_01", "before 13:00", 0, None, 0)]  # fmt: skip
    above = by_code(conn, "exhibition_hours", "hour", "above_own_mean")
    assert above == [("EXH_00", 9, 1), ("EXH_00", 12, 1), ("EXH_00", 13, 0), ("EXH_01", 13, 0)]


def test_days_have_no_gaps_and_weeks_are_compared(conn: Connection) -> None:
    assert view(conn, "day_feedback", "day", "reviews", "incidents", "open") == [
        (date(2026, 3, 6), 4, 2, True), (date(2026, 3, 7), 0, 0, True), (date(2026, 3, 8), 0, 0, True),
        (date(2026, 3, 9), 1, 0, True),
    ]  # fmt: skip
    assert view(conn, "week_feedback", "week", "reviews", "reviews_change", "average_rating_change") == [
        (date(2026, 3, 2), 4, None, None), (date(2026, 3, 9), 1, -3, -3.0),
    ]  # fmt: skip


def test_museums_are_kept_apart(conn: Connection) -> None:
    add_exhibitions(conn_database(conn), "lms", [0])
    report = read_report(conn, "lms")
    assert (report.reviews, report.incidents, report.average) == (0, 0, None)
    assert [row["hour"] for row in report.tables["hours"]] == list(range(10, 17))
    assert read_report(conn, "lmnh").reviews == 5


def conn_database(conn: Connection) -> Database:
    return Database(f"postgresql://{conn.info.user}@/{conn.info.dbname}?host={conn.info.host}")


def test_the_real_day_counted_anew(database: Database, shared: Path) -> None:
    """2,064 ratings and 73 incidents at five sites on 6 March 2023."""
    presses = []
    for file in sorted((shared / "data/kiosk_bucket").glob("lmnh_hist_data_*.csv")):
        with file.open(newline="") as rows:
            presses += [
                (row["at"], int(row["site"]), int(row["val"]), int(float(row["type"])) if row["type"] else None)
                for row in csv.DictReader(rows)
            ]
    add_exhibitions(database, "lmnh", range(6))
    with database.connect() as conn:
        assert add_presses(conn, "lmnh", presses).loaded == len(presses) == 2137
        report = read_report(conn, "lmnh")
    assert (report.reviews, report.incidents) == (2064, 73)
    by_site: dict[int, list[int]] = defaultdict(list)
    for _, site, val, _ in presses:
        if val >= 0:
            by_site[site].append(val)
    found = {row["code"]: row["average rating"] for row in report.tables["exhibitions"]}
    assert found == {f"EXH_0{site}": pytest.approx(fmean(by_site[site])) for site in range(5)} | {"EXH_05": None}
    hours = Counter(datetime.fromisoformat(at).hour for at, *_ in presses)
    assert {row["hour"]: row["presses"] for row in report.tables["busiest hours"]} == dict(hours)
    assert [row["presses"] for row in report.tables["busiest hours"]] == sorted(hours.values(), reverse=True)
    early = sum(val > 2 for at, _, val, _ in presses if datetime.fromisoformat(at).time() < time(13))
    halves = report.tables["before and after 13:00"]
    assert sum(row["positive ratings"] for row in halves if row["half"] == "before 13:00") == early
    emergencies = [row["incidents"] for row in report.tables["incidents by type"] if row["incident"] == "emergency"]
    assert (sum(emergencies), len(emergencies)) == (2, 6)
    assert kiosks("lmnh").opens > min(datetime.fromisoformat(at).time() for at, *_ in presses)
