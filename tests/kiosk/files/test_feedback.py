"""Files of a bucket into the tables: what each case comes to, file by file and press by press."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from museum_assets.dead_letters.letters import LetterFilter, list_letters
from museum_assets.kiosk import checks
from museum_assets.kiosk.files import source_files
from tests.support.feedback import HISTORY, ROWS, THREE, letters, stored
from tests.support.kiosk_files import HEADER, Kiosks


@pytest.mark.parametrize(
    "body",
    [
        HISTORY,
        HISTORY.rstrip("\n"),
        "\ufeff" + HISTORY,
        HISTORY.replace("\n", "\r\n"),
        HISTORY.replace("\n", "\n\n"),
        HISTORY + HISTORY.splitlines()[0] + "\n",
        "type,val,extra,site,AT\n,4,x,0,06/03/2023 10:00:00\n0,-1.0,,1,06/03/23 10:00:01\n,0.0,,1,2023-03-06T10:00:02Z",
    ],
    ids=["plain", "no newline at the end", "byte order mark", "CRLF", "blank lines", "repeated header", "columns"],
)
def test_the_same_three_presses_however_they_are_written(lmnh: Kiosks, body: str) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": body})
    assert lmnh.load().loaded == 3
    assert stored(lmnh) == THREE
    assert lmnh.outcomes() == {"lmnh_hist_data_0.csv": ("loaded", 3, 3, 0, 0)}


def test_every_file_has_a_stated_outcome_and_decoys_have_none(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(source_files.LARGEST_BYTES, "history", 10_000)
    lmnh.exhibitions(0, 1)
    files: dict[str, str | bytes] = {
        "lmnh_hist_data_0.csv": HISTORY,
        "lmnh_hist_data_1.csv": "",
        "lmnh_hist_data_2.csv": HEADER,
        "lmnh_hist_data_3.csv": "when,where\n1,2\n",
        "lmnh_hist_data_4.csv": HEADER.encode() + b"2023-03-06 10:00:00,\xff,1,\n",
        "lmnh_hist_data_5.csv": HEADER + ROWS * 200,
        "lmnh_hist_data_6.csv": HEADER + "2023-03-06 10:00:00,0,9,\n2023-03-06 10:00:05,0,1,\n",
        "lmnh_hist_data_7.csv": HISTORY,
    }
    lmnh.put(files)
    lmnh.put({"lmnh_hist_data_8.csv.bak": HISTORY, "lmnh_exhibition": "", "archive/lmnh_hist_data_9.csv": HISTORY,
              "chipotle_stores.csv": HISTORY, "lms_hist_data_0.csv": HISTORY})  # fmt: skip
    report = lmnh.load()
    assert lmnh.outcomes() == {
        "lmnh_hist_data_0.csv": ("loaded", 3, 3, 0, 0),
        "lmnh_hist_data_1.csv": ("empty", 0, 0, 0, 0),
        "lmnh_hist_data_2.csv": ("empty", 0, 0, 0, 0),
        "lmnh_hist_data_3.csv": ("refused", 0, 0, 0, 0),
        "lmnh_hist_data_4.csv": ("refused", 0, 0, 0, 0),
        "lmnh_hist_data_5.csv": ("refused", 0, 0, 0, 0),
        "lmnh_hist_data_6.csv": ("loaded", 2, 1, 0, 1),
        "lmnh_hist_data_7.csv": ("same_content", 0, 0, 0, 0),
    }
    assert {letter.place.partition("@")[0]: letter.reasons for letter in letters(lmnh)} == {
        "lmnh_hist_data_3.csv": ["missing_column"],
        "lmnh_hist_data_4.csv": ["not_utf8"],
        "lmnh_hist_data_6.csv": ["val_out_of_range"],
    }
    messages = {file.key: file.message for file in report.files}
    assert messages["lmnh_hist_data_7.csv"] == "its content is that of lmnh_hist_data_0.csv"
    assert "split it" in (messages["lmnh_hist_data_5.csv"] or "")
    with lmnh.database.connect() as conn:
        assert checks.files_accounted(conn, lmnh.museum, lmnh.source).passed


def test_a_rejected_row_is_kept_as_it_came_with_every_reason(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "\n2023-03-06 10:00:00,x,-1,7\n"})
    lmnh.load()
    (letter,) = letters(lmnh)
    assert letter.body == b"2023-03-06 10:00:00,x,-1,7"
    assert letter.reasons == ["site_not_a_number", "type_out_of_range"]
    assert (letter.context["file"], letter.context["line"]) == ("lmnh_hist_data_0.csv", 3)


def test_the_content_of_a_loaded_file_under_another_name_is_not_loaded_again(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    lmnh.source.delete_many(["lmnh_hist_data_0.csv"])
    lmnh.put({"lmnh_hist_data_1.csv": HISTORY})
    lmnh.load()
    assert lmnh.outcomes()["lmnh_hist_data_1.csv"] == ("same_content", 0, 0, 0, 0)
    assert stored(lmnh) == THREE


def test_overlapping_files_count_a_press_once_at_a_time_and_in_one_load(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    more = "2023-03-07 10:00:00,0,4,\n"
    lmnh.put({"lmnh_hist_data_1.csv": HISTORY + more, "lmnh_hist_data_2.csv": HEADER + more + ROWS})
    assert (lmnh.load().loaded, len(stored(lmnh))) == (1, 4)
    outcomes = lmnh.outcomes()
    assert outcomes["lmnh_hist_data_1.csv"] == ("loaded", 4, 1, 3, 0)
    assert outcomes["lmnh_hist_data_2.csv"] == ("loaded", 4, 0, 4, 0)


def test_identical_rows_of_a_file_are_presses_of_their_own_and_of_several_files_the_same(lmnh: Kiosks) -> None:
    """Decision 0007: a file is one export, in which a row that comes twice was pressed twice."""
    lmnh.exhibitions(0)
    twice = 2 * "2023-03-06 10:00:00,0,4,\n"
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + twice, "lmnh_hist_data_1.csv": HEADER + twice + twice.splitlines()[0]})
    lmnh.load()
    assert stored(lmnh) == 3 * [("03-06 10:00:00", 0, 4, None)]
    assert lmnh.outcomes() == {
        "lmnh_hist_data_0.csv": ("loaded", 2, 2, 0, 0),
        "lmnh_hist_data_1.csv": ("loaded", 3, 1, 2, 0),
    }


def test_a_replaced_file_adds_what_is_new_and_takes_nothing_away(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY + "2023-03-06 10:00:09,0,77,\n2023-03-06 11:00:00,5,1,\n"})
    lmnh.load()
    assert sorted(letter.reasons for letter in letters(lmnh)) == [["unknown_site"], ["val_out_of_range"]]
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:09,0,2,\n"})
    assert lmnh.load().loaded == 1
    assert stored(lmnh) == [*THREE, ("03-06 10:00:09", 0, 2, None)]
    # What was wrong in the old version is settled; a press that waits for its exhibition goes on waiting.
    assert [letter.reasons for letter in letters(lmnh)] == [["unknown_site"]]
    with lmnh.database.connect() as conn:
        (closed,) = list_letters(conn, LetterFilter("kiosk_file", "lmnh", state="closed"), 9)
    assert "replaced by version" in closed["note"]
    lmnh.exhibitions(5)
    assert lmnh.load().replayed == 1
    assert ("03-06 11:00:00", 5, 1, None) in stored(lmnh)


def test_clock_changes_and_dates_are_those_of_the_museum(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    times = ["01/07/19 10:00:00", "2023-03-26 00:59:59", "2023-03-26 01:30:00", "2023-03-26 02:00:00",
             "2023-10-29 01:30:00", "2023-10-29 02:00:00"]  # fmt: skip
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "".join(f"{at},0,1,\n" for at in times)})
    lmnh.load()
    assert [at for at, *_ in stored(lmnh)] == [
        "07-01 09:00:00", "03-26 00:59:59", "03-26 01:00:00", "10-29 00:30:00", "10-29 02:00:00",
    ]  # fmt: skip
    assert [letter.reasons for letter in letters(lmnh)] == [["at_skipped_by_the_clock"]]


def test_a_second_museum_needs_no_code_of_its_own_and_touches_nobody_elses_rows(lmnh: Kiosks, lms: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.load()
    lms.exhibitions(0)
    lms.put({"lms_hist_data_0.csv": HISTORY})
    report = lms.load()
    assert (report.loaded, report.rejected) == (1, 2)
    assert stored(lms) == [THREE[0]]
    assert stored(lmnh) == THREE
    assert {letter.reasons[0] for letter in letters(lms)} == {"unknown_site"}


def test_a_row_of_the_future_is_rejected_beyond_the_tolerance(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_0.csv": HEADER + "2026-01-01 00:00:04,0,1,\n2026-01-01 00:00:06,0,1,\n"})
    lmnh.load(datetime(2026, 1, 1, tzinfo=UTC))
    assert lmnh.outcomes()["lmnh_hist_data_0.csv"] == ("loaded", 2, 1, 0, 1)
    assert [letter.reasons for letter in letters(lmnh)] == [["in_the_future"]]
