"""Reading a file at once gives what reading it carefully gives, whatever the file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.kiosk import histories
from museum_assets.kiosk.files import history_text
from museum_assets.kiosk.files.history import HistoryFile, read_history
from museum_assets.kiosk.files.history_text import UnreadableFile
from museum_assets.museums import kiosks

LMNH = kiosks("lmnh")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SITES = frozenset(range(6))
HEADER = b"at,site,val,type\n"
GOOD = b"2023-03-06 10:00:00,1,0,\n"

FIRST, LAST = (datetime.fromisoformat(day) for day in ("0001-01-01", "9999-01-01"))
CHANGE, AFTER = (datetime.fromisoformat(day) for day in ("2023-03-25", "2023-03-27"))  # the clock changes in between

times = st.one_of(
    st.datetimes(FIRST, LAST).map(str),
    st.datetimes(CHANGE, AFTER).map(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}"),
    st.sampled_from(["2023-03-06 10:00:00", "2023-03-06 10:00", "2023-03-06T10:00:00.123456", "2023-03-06 10:00:60"]),
)
odd_times = st.sampled_from([
    "", "at", "2023-03-06", "2023-03-06 10", "2023-03-06 10:00:00Z", "2023-03-06 10:00:00+01:00", "06/03/2023 10:00",
    " 2023-03-06 10:00:00", "2023-03-06 10:00:00 ", '"2023-03-06 10:00:00"', "2023-03-06 10:00:00.1234567",
    "20230306 100000", "2023-03-06 10:00:00\t", "NULL", "9999-12-31 23:59:59.999999", "1900-02-29 10:00:00",
])  # fmt: skip
values = st.sampled_from(["", "0", "1", "4", "-1", "5", "0.0", "1.5", " 1", "1 ", '"1"', '"', "12345", "x"])
odd_values = st.one_of(
    st.sampled_from(["\t1", "1\t", "1\r", "\r", "\u00a01", "1\u3000", "é", "NULL", "nan", '"a,b"', "\x1c1", "\x001"]),
    st.text(max_size=3),
)
ends = st.sampled_from(["\n", "\r\n"])
odd_ends = st.sampled_from(
    ["\r", "\n\n", "\n \n", "\r\r\n", " \n", "\t\n", ",\n", "\nat,site,val,type\n", "\u2028", "\x0b\n"]
)
headers = st.sampled_from(["at,site,val,type", '"at","site","val","type"', " AT, site ,val,Type ", "type,val,site,at"])
odd_headers = st.sampled_from([
    "at,site,val,type,extra", "at,site,val", "at,at,val,type", "\nat,site,val,type", "at,site,val,type\t", "",
    "\ufeffat,site,val,type", "at,site,val,type" + 1000 * " " + ",extra", "at,site,val,type\x1c",
])  # fmt: skip


def mostly(good: st.SearchStrategy[str], odd: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A file of many fields is plain now and then only if each of them hardly ever is not."""
    return st.integers(0, 40).flatmap(lambda n: good if n else odd)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    end = draw(ends)
    text = draw(st.sampled_from(["", "", "", "\ufeff"])) + draw(mostly(headers, odd_headers)) + end
    for _ in range(draw(st.integers(0, 6))):
        row = [draw(mostly(times, odd_times)), *(draw(mostly(values, odd_values)) for _ in range(3))]
        text += ",".join(row) + draw(mostly(st.just(end), odd_ends))
    body = text.encode()
    cut = draw(st.integers(-3, 30))
    return body[:cut] if cut < 0 else body


def found(body: bytes) -> Any:
    """Everything that reading a file tells, arrays as lists."""
    try:
        history: HistoryFile = read_history(body, LMNH, SITES, NOW)
    except UnreadableFile as error:
        return error.reason, str(error)
    presses = {field.name: getattr(history.presses, field.name).tolist() for field in fields(history.presses)}
    return history.header, presses, history.refused, history.repeated_headers


def carefully(body: bytes) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(history_text, "_read_plain", lambda _: None)
        return found(body)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None)
@given(files())
@example(HEADER + GOOD + b"2023-03-06 10:00:00,1,0,\xff\n")
@example(b"at,site,val,type,extra\n2023-03-06 10:00:00,1,0,,\xff\n")
@example(HEADER + b"2023-03-06,1,0,\n")
def test_both_readers_agree(body: bytes) -> None:
    assert found(body) == carefully(body)


@given(st.binary(max_size=60))
def test_both_readers_agree_on_anything(body: bytes) -> None:
    assert found(HEADER + GOOD + body) == carefully(HEADER + GOOD + body)


@pytest.fixture
def at_once() -> Callable[[bytes], bool]:
    """Whether a file is read at once."""
    return lambda body: history_text._read_plain(body.removeprefix(history_text.BOM)) is not None


@pytest.mark.parametrize(
    "body",
    [HEADER + GOOD, HEADER + GOOD.rstrip(), (HEADER + GOOD).replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + HEADER + GOOD,
     HEADER + b'2023-03-06T10:00,"1", 0.0 ,\n', HEADER + b"2023-03-06 10:00:00,x,99,7\n"],
)  # fmt: skip
def test_a_plain_file_is_read_at_once(body: bytes, at_once: Callable[[bytes], bool]) -> None:
    assert at_once(body)


def test_a_large_file_with_refused_rows(at_once: Callable[[bytes], bool]) -> None:
    [(_, body)] = histories(1, 20_000)
    assert at_once(body)
    assert (history := found(body)) == carefully(body)
    assert len(history[2]) > 5


def test_the_real_files(shared: Path, at_once: Callable[[bytes], bool]) -> None:
    for file in sorted((shared / "data" / "kiosk_bucket").glob("lmnh_hist_data_*.csv")):
        body = file.read_bytes()
        assert at_once(body)
        assert found(body) == carefully(body)
        # Line by line, as numpy never reads it.
        shuffled = np.random.default_rng(1).permutation(body.splitlines(keepends=True)[1:]).tolist()
        assert found(HEADER + b"".join(shuffled))[1]["at"] == found(body)[1]["at"]
