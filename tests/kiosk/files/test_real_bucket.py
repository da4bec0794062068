"""The real bucket, to counts that a reader can verify by hand."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from museum_assets.kiosk import checks
from museum_assets.kiosk.report.report import read_report
from tests.support.kiosk_files import Kiosks
from tests.support.kiosk_tables import presses

EXHIBITIONS = [
    ("EXH_00", "Measureless to Man", "Geology", "1"),
    ("EXH_01", "Adaptation", "Entomology", "Vault"),
    ("EXH_02", "The Crenshaw Collection", "Zoology", "2"),
    ("EXH_03", "Cetacean Sensations", "Zoology", "1"),
    ("EXH_04", "Our Polluted World", "Ecology", "3"),
    ("EXH_05", "Thunder Lizards", "Paleontology", "1"),
]


@pytest.fixture
def bucket(shared: Path, lmnh: Kiosks) -> Kiosks:
    """The real bucket, its decoys with it."""
    for file in sorted((shared / "data" / "kiosk_bucket").iterdir()):
        lmnh.put({file.name: file.read_bytes()})
    return lmnh


def test_it_loads_to_counts_that_a_reader_can_verify(bucket: Kiosks) -> None:
    """2,137 rows are 2,064 ratings and 73 incidents. Four ratings are in two files each: 2,060 (decision 0007)."""
    loaded = bucket.load()
    assert (loaded.rows_read, loaded.loaded, loaded.duplicate, loaded.rejected) == (2137 + 6, 2133, 4, 0)
    assert loaded.exhibitions == 6
    with bucket.database.connect() as conn:
        counts = {
            table: conn.execute(f"SELECT count(*) AS n FROM kiosk.{table} WHERE museum = 'lmnh'").fetchone()
            for table in ("review", "incident", "exhibition", "department", "floor", "floor_assignment")
        }
        report = read_report(conn, "lmnh")
        kinds = Counter(
            {row["incident"]: row["incidents"] for row in conn.execute(
                "SELECT incident, sum(incidents)::int AS incidents FROM kiosk.exhibition_incidents GROUP BY 1")}
        )  # fmt: skip
        shown = [(row["code"], row["exhibition"], row["department"], row["floors"]) for row in
                 sorted(report.tables["exhibitions"], key=lambda row: row["code"])]  # fmt: skip
    assert {table: row and row["n"] for table, row in counts.items()} == {
        "review": 2060, "incident": 73, "exhibition": 6, "department": 5, "floor": 4, "floor_assignment": 6,
    }  # fmt: skip
    assert kinds == {"assistance": 71, "emergency": 2}
    assert shown == EXHIBITIONS
    assert bucket.outcomes() == {
        "lmnh_hist_data_0.csv": ("loaded", 535, 535, 0, 0),
        "lmnh_hist_data_1.csv": ("loaded", 534, 533, 1, 0),
        "lmnh_hist_data_2.csv": ("loaded", 534, 533, 1, 0),
        "lmnh_hist_data_3.csv": ("loaded", 534, 532, 2, 0),
    }


def test_every_rating_is_at_the_exhibition_of_its_site(bucket: Kiosks, shared: Path) -> None:
    """The system this replaces swapped the best exhibition with the worst."""
    bucket.load()
    largest: Counter[tuple[str, ...]] = Counter()
    for file in (shared / "data" / "kiosk_bucket").glob("lmnh_hist_data_*.csv"):
        with file.open() as lines:
            counted = Counter(tuple(row.values()) for row in csv.DictReader(lines))
        largest |= counted  # of identical rows in several files the most of one file
    expected = Counter((f"EXH_0{site}", int(val)) for _, site, val, _ in largest.elements() if val != "-1")
    with bucket.database.connect() as conn:
        rows = conn.execute("SELECT exhibition_code, rating, reviews FROM kiosk.rating_distribution").fetchall()
    assert {(row["exhibition_code"], row["rating"]): row["reviews"] for row in rows if row["reviews"]} == expected


def test_loading_it_again_changes_nothing(bucket: Kiosks) -> None:
    bucket.load()

    def state() -> Any:
        with bucket.database.connect() as conn:
            tables = ("exhibition", "department", "floor", "floor_assignment", "file")
            return (presses(conn, "lmnh"), [conn.execute(f"SELECT * FROM kiosk.{t} ORDER BY 1, 2, 3").fetchall()
                                            for t in tables])  # fmt: skip

    before = state()
    again = bucket.load()
    assert (again.files, again.loaded, again.duplicate, again.exhibitions, again.replayed) == ([], 0, 0, 0, 0)
    assert state() == before


def test_every_check_passes(bucket: Kiosks) -> None:
    bucket.load()
    with bucket.database.connect() as conn:
        for check in (checks.presses_have_exhibitions, checks.plausible_times, checks.books_agree, checks.sites_known,
                      checks.open_days_have_data, checks.one_origin_a_day):  # fmt: skip
            found = check(conn, "lmnh")
            assert found.passed, found.description
