"""Dead letters of kiosk files, replayed by the rules of another day."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from museum_assets.catalogue import letter_sources
from museum_assets.dead_letters.letters import LetterFilter, open_letters
from museum_assets.dead_letters.replay import ReplayCounts, replay_letters
from museum_assets.kiosk import checks
from museum_assets.kiosk.files import replay as file_replay
from museum_assets.museums.kiosk_museum import RATINGS, KioskMuseum
from tests.support.kiosk_files import HEADER, Kiosks
from tests.support.kiosk_tables import presses

WAITING = LetterFilter("kiosk_file", "lmnh")


def replayed(kiosks: Kiosks, museum: KioskMuseum, monkeypatch: pytest.MonkeyPatch) -> ReplayCounts:
    monkeypatch.setattr(file_replay, "kiosks", lambda _: museum)
    return replay_letters(kiosks.database, letter_sources(), WAITING, "a test")


def state(kiosks: Kiosks) -> tuple[list[Any], list[list[str]]]:
    with kiosks.database.connect() as conn:
        found, stored = checks.books_agree(conn, "lmnh"), presses(conn, "lmnh")
        assert found.passed or (found.empty and not stored), found.description
        return [row[1:] for row in stored], [letter.reasons for letter in open_letters(conn)]


def test_a_button_that_the_registry_learns_of_later(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    lmnh.exhibitions(0)
    twice = 2 * "2023-03-06 10:00:00,0,5,\n"
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + twice + "2023-03-06 10:00:01,0,6,\n"})
    lmnh.load()
    assert replayed(lmnh, lmnh.museum, monkeypatch) == ReplayCounts(refused=3)
    wider = replace(lmnh.museum, ratings={**RATINGS, 5: "Beyond words"})
    assert replayed(lmnh, wider, monkeypatch) == ReplayCounts(replayed=2, refused=1)
    assert state(lmnh) == (2 * [(0, 5, None)], [["val_out_of_range"]])
    assert lmnh.outcomes() == {"lmnh_hist_data_0.csv": ("loaded", 3, 2, 0, 1)}
    assert replayed(lmnh, wider, monkeypatch) == ReplayCounts(refused=1)


def test_a_row_that_another_file_brought_meanwhile_is_a_duplicate(lmnh: Kiosks) -> None:
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "2023-03-06 10:00:00,0,4,\n"})
    lmnh.load()
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_1.csv": HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:01,0,4,\n"})
    assert lmnh.load().replayed == 1
    assert lmnh.outcomes() == {
        "lmnh_hist_data_0.csv": ("loaded", 1, 0, 1, 0),
        "lmnh_hist_data_1.csv": ("loaded", 2, 2, 0, 0),
    }
    assert len(state(lmnh)[0]) == 2


def test_a_refused_file_and_a_refused_exhibition_stay_until_another_version_comes(lmnh: Kiosks) -> None:
    lmnh.put({"lmnh_hist_data_0.csv": "a,b\n1,2\n", "lmnh_exhibition_x.json": '{"EXHIBITION_ID": "EXH_00"}'})
    lmnh.load()
    assert replay_letters(lmnh.database, letter_sources(), WAITING, "a test") == ReplayCounts(refused=2)
    lmnh.put({"lmnh_hist_data_0.csv": HEADER})
    lmnh.exhibitions(0)
    lmnh.source.delete_many(["lmnh_exhibition_x.json"])
    lmnh.load()
    assert state(lmnh)[1] == [["missing_exhibition_name", "missing_floor", "missing_department"]]
