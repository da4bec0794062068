"""A history file that holds its own rows many times over is held until a person decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from museum_assets.catalogue import letter_sources
from museum_assets.dead_letters.letters import LetterFilter, close_letters, list_letters
from museum_assets.dead_letters.replay import replay_letters
from museum_assets.kiosk import checks
from museum_assets.kiosk.files.combine_history import FEWEST_HELD_ROWS
from museum_assets.kiosk.files.history import read_history
from tests.support.kiosk_files import HEADER, NOW, Kiosks

KEY = "lmnh_hist_data_0.csv"
HELD = LetterFilter("kiosk_file", "lmnh", "rows_recur")
ROWS = [f"2023-03-06 10:{n // 60:02}:{n % 60:02},0,{n % 5},\n" for n in range(100)]


def file_of(rows: list[str]) -> str:
    return HEADER + "".join(rows)


def test_rows_32_times_over_are_held_as_a_finding_and_the_books_balance(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({KEY: file_of(32 * ROWS), "lmnh_hist_data_1.csv": file_of(ROWS[:50])})
    report = lmnh.load()
    assert (report.rows_read - 1, report.loaded, report.rejected) == (3250, 50, 3200)
    assert lmnh.outcomes() == {KEY: ("held", 3200, 0, 0, 3200), "lmnh_hist_data_1.csv": ("loaded", 50, 50, 0, 0)}
    with lmnh.database.connect() as conn:
        (letter,) = list_letters(conn, HELD, 10)
        found = checks.no_file_held(conn, "lmnh")
        assert checks.books_agree(conn, "lmnh").passed
    assert letter["message"].startswith("3,200 of its 3,200 rows stand in the file more than once")
    assert (found.passed, found.warn, found.metadata["files"]) == (False, True, 1)
    assert KEY in found.description
    again = lmnh.load()
    assert (again.files, again.loaded) == ([], 0), "it is neither loaded nor asked about twice"


def test_a_person_has_it_loaded_all_the_same(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({KEY: file_of(2 * ROWS)})
    lmnh.load()
    assert replay_letters(lmnh.database, letter_sources(), HELD, "ann").due == 1
    assert lmnh.load().loaded == 200
    assert lmnh.outcomes() == {KEY: ("loaded", 200, 200, 0, 0)}
    with lmnh.database.connect() as conn:
        assert list_letters(conn, HELD, 10) == []
        assert checks.no_file_held(conn, "lmnh").passed
        assert checks.books_agree(conn, "lmnh").passed
    assert lmnh.load().files == []


def test_a_person_leaves_it_out(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({KEY: file_of(2 * ROWS)})
    lmnh.load()
    with lmnh.database.connect() as conn:
        assert close_letters(conn, HELD, "ann", "the export was made twice") == 1
        assert checks.no_file_held(conn, "lmnh").passed
    lmnh.load()
    assert lmnh.outcomes() == {KEY: ("held", 200, 0, 0, 200)}


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        (ROWS, "loaded"),
        (ROWS + ROWS[:80], "loaded"),
        (ROWS + ROWS[:90], "held"),
        (ROWS[:1] * (FEWEST_HELD_ROWS - 1), "loaded"),
        (ROWS[:1] * FEWEST_HELD_ROWS, "held"),
        (2 * [row.replace(",0,", ",9,") for row in ROWS], "held"),
    ],
    ids=["each once", "most twice", "nearly all twice", "a child", "one row only", "rows that would be refused"],
)
def test_what_is_held(lmnh: Kiosks, rows: list[str], outcome: str) -> None:
    lmnh.exhibitions(0)
    lmnh.put({KEY: file_of(rows)})
    lmnh.load()
    assert lmnh.outcomes()[KEY][0] == outcome


def test_a_version_that_was_loaded_before_is_not_judged_again(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    lmnh.exhibitions(0)
    lmnh.put({KEY: file_of(2 * ROWS)})
    with monkeypatch.context() as before:
        before.setattr("museum_assets.kiosk.files.combine_history.HELD_SHARE", 2.0)
        lmnh.load()
    assert lmnh.combine()[1].rows == 200
    assert lmnh.load().files == []


def test_a_new_version_that_is_right_settles_it(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({KEY: file_of(2 * ROWS)})
    lmnh.load()
    lmnh.put({KEY: file_of(ROWS)})
    assert lmnh.load().loaded == 100
    with lmnh.database.connect() as conn:
        assert checks.no_file_held(conn, "lmnh").passed


def test_the_real_files_are_far_from_being_held_and_32_of_one_are_held(shared: Path, lmnh: Kiosks) -> None:
    files = sorted((shared / "data" / "kiosk_bucket").glob("lmnh_hist_data_*.csv"))
    for file in files:
        read = read_history(file.read_bytes(), lmnh.museum, frozenset(range(6)), NOW)
        assert read.recurring <= 0.008 * read.rows
    rows = [line for file in files for line in file.read_text().splitlines(keepends=True)[1:]]
    lmnh.put({KEY: file_of(32 * rows)})
    lmnh.load()
    assert lmnh.outcomes() == {KEY: ("held", 68_384, 0, 0, 68_384)}
