from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.kiosk.files.history import ABSENT, HistoryFile, read_history
from museum_assets.kiosk.files.history_text import UnreadableFile
from museum_assets.museums import kiosks

LMNH = kiosks("lmnh")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HEADER = "at,site,val,type\n"


def read(text: str | bytes, sites: frozenset[int] = frozenset(range(6))) -> HistoryFile:
    return read_history(text if isinstance(text, bytes) else text.encode(), LMNH, sites, NOW)


def press(history: HistoryFile) -> list[tuple[str, int, int, int, int]]:
    p = history.presses
    times = [datetime.fromtimestamp(at / 1e6, UTC).isoformat() for at in p.at.tolist()]
    return list(zip(times, p.site.tolist(), p.val.tolist(), p.type.tolist(), p.occurrence.tolist(), strict=True))


@pytest.mark.parametrize(
    "text",
    [
        HEADER + "2023-03-06 10:00:00,1,0,\n",
        HEADER + "2023-03-06 10:00:00,1,0,",
        "\ufeff" + HEADER + "2023-03-06 10:00:00,1,0,\n",
        HEADER.replace("\n", "\r\n") + "\r\n2023-03-06 10:00:00,1,0.0,\r\n\r\n",
        "type,VAL,extra,site,at\n,0.0,?,1,06/03/23 10:00:00\n",
        HEADER + "06/03/2023 10:00,1,0,\n",
        HEADER + "2023-03-06T11:00:00+01:00,1,0,\n",
        HEADER + '"2023-03-06 10:00:00","1","0",""\n' + HEADER,
    ],
)
def test_one_press_however_it_is_written(text: str) -> None:
    history = read(text)
    assert press(history) == [("2023-03-06T10:00:00+00:00", 1, 0, ABSENT, 1)]
    assert history.refused == []


@pytest.mark.parametrize(
    ("row", "reasons"),
    [
        ("2023-03-06 10:00:00,9,4,", ("unknown_site",)),
        ("2023-03-06 10:00:00,x,5,", ("site_not_a_number", "val_out_of_range")),
        ("2023-03-06 10:00:00,1,-1,", ("missing_type",)),
        ("2023-03-06 10:00:00,1,-1,2", ("type_out_of_range",)),
        ("2023-03-06 10:00:00,1,3,0", ("type_on_a_rating",)),
        ("2023-03-06 10:00:00,1,3.5,", ("val_not_an_integer",)),
        ("2023-02-31 10:00:00,1,3,", ("at_not_a_time",)),
        ("2023-03-06,1,3,", ("at_not_a_time",)),
        ("2027-03-06 10:00:00,1,3,", ("in_the_future",)),
        ("9999-12-31 23:59:59,1,3,", ("in_the_future",)),
        ("1999-12-31 23:59:59,1,3,", ("before_the_kiosks",)),
        ("0001-01-01 10:00:00,1,3,", ("before_the_kiosks",)),
        ("1970-01-01T00:00:00+00:00,1,3,", ("before_the_kiosks",)),
        ("2023-03-26 01:30:00,1,3,", ("at_skipped_by_the_clock",)),
        ("1,2", ("wrong_number_of_columns",)),
        (",,,", ("missing_at", "missing_site", "missing_val")),
    ],
)
def test_every_reason_and_the_line_as_it_came(row: str, reasons: tuple[str, ...]) -> None:
    history = read(HEADER + "2023-03-06 09:00:00,0,0,\n" + row + "\n")
    assert len(history.presses) == 1
    assert [(r.line, r.text, r.reasons) for r in history.refused] == [(3, row, reasons)]


def test_the_clock_of_the_museum_across_its_changes() -> None:
    rows = "2023-07-01 10:00:00,1,1,\n2023-10-29 01:30:00,1,1,\n2023-12-01 10:00:00,1,1,\n"
    times = [at for at, *_ in press(read(HEADER + rows))]
    assert times == ["2023-07-01T09:00:00+00:00", "2023-10-29T00:30:00+00:00", "2023-12-01T10:00:00+00:00"]


def test_identical_rows_are_numbered_and_waiting_ones_with_them() -> None:
    history = read(HEADER + 2 * "2023-03-06 10:00:00,1,-1,0\n" + 2 * "2023-03-06 10:00:00,9,1,\n")
    assert [occurrence for *_, occurrence in press(history)] == [1, 2]
    assert [row.occurrence for row in history.refused] == [1, 2]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"", "empty"), (b"\n\n", "empty"), (b"at,site,val\n", "missing_column"),
     (b"at,at,site,val,type\n", "column_twice"),
     (HEADER.encode() + b"2023-03-06 10:00:00,\xff,1,\n", "not_utf8")],
)  # fmt: skip
def test_a_file_that_cannot_be_read(body: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(body)
    assert caught.value.reason == reason


@given(st.lists(st.text(alphabet="0123456789-:, .T/ab", max_size=30).map(str.strip).filter(bool)))
def test_every_row_is_a_press_or_refused(rows: list[str]) -> None:
    history = read(HEADER + "\n".join(rows))
    assert history.rows == len(rows)
    assert all(row.reasons for row in history.refused)


def test_the_real_history(shared: Path) -> None:
    plain: Counter[tuple[int, int]] = Counter()
    found: Counter[tuple[int, int]] = Counter()
    for file in sorted((shared / "data" / "kiosk_bucket").glob("lmnh_hist_data_*.csv")):
        plain.update((int(row["site"]), int(row["val"])) for row in csv.DictReader(file.open()))
        history = read(file.read_bytes())
        assert history.refused == []
        found.update(zip(history.presses.site.tolist(), history.presses.val.tolist(), strict=True))
    assert found == plain
    assert found.total() == 2137
    assert sum(n for (_, val), n in found.items() if val == -1) == 73
