"""Progress lines: they come in time, and give a rate only once it was measured."""

from __future__ import annotations

import pytest

from museum_assets.core import progress as module
from museum_assets.core.progress import Progress
from tests.support.clock import StoppedClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StoppedClock:
    clock = StoppedClock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def test_the_first_line_has_no_rate_and_later_ones_have_that_of_this_run(clock: StoppedClock) -> None:
    lines: list[str] = []
    progress = Progress("rows of aic", lines.append)
    clock.now += 20
    progress(5_000_000, 6_000_000)  # a resumed import: the earlier run had read nearly all of them
    clock.now += 20
    progress(5_002_000, 6_000_000)
    assert lines == [
        "rows of aic: 5,000,000 of 6,000,000",
        "rows of aic: 5,002,000 of 6,000,000, 100.0/s, 9,980 s left",
    ]


def test_lines_are_ten_seconds_apart_and_a_total_need_not_be_known(clock: StoppedClock) -> None:
    lines: list[str] = []
    progress = Progress("presses", lines.append)
    for finished in range(1, 31):
        clock.now += 1
        progress(finished, None)
    assert lines == ["presses: 10 records, 1.0/s", "presses: 20 records, 1.0/s", "presses: 30 records, 1.0/s"]


def test_what_arrived_at_once_gives_no_rate(clock: StoppedClock) -> None:
    lines: list[str] = []
    progress = Progress("presses", lines.append, every=0)
    progress(10, 100)
    clock.now += 0.001
    progress(20, 100)
    assert lines == ["presses: 10 of 100", "presses: 20 of 100"]
