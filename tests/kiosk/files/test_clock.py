"""Local times to instants, against the calendar of the standard library."""

# ruff: noqa: DTZ001 - what a clock on a wall shows has no zone
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from museum_assets.kiosk.files.clock import LOCAL_EPOCH, to_utc

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")


def expected(wall: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)  # a wall shows no fold, and Hypothesis draws one
    return at, at.astimezone(zone).replace(tzinfo=None) == wall


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2037, 12, 31)), max_size=40), st.sampled_from(ZONES))
@example([datetime(2023, 3, 26, 1, 30), datetime(2023, 3, 26, 2), datetime(2023, 10, 29, 1, 30)], "Europe/London")
@example([datetime(2011, 12, 30, 12), datetime(2011, 12, 29, 23, 59), datetime(2011, 12, 31)], "Pacific/Apia")
def test_times_are_those_of_the_calendar(walls: list[datetime], name: str) -> None:
    zone = ZoneInfo(name)
    local = np.array([(wall - LOCAL_EPOCH) // timedelta(microseconds=1) for wall in walls], np.int64)
    at, shown = to_utc(local, zone)
    found = [LOCAL_EPOCH.replace(tzinfo=UTC) + timedelta(microseconds=each) for each in at.tolist()]
    for wall, instant, was in zip(walls, found, shown.tolist(), strict=True):
        then, real = expected(wall, zone)
        assert was == real
        assert instant == then or not real


@pytest.mark.parametrize("microseconds", [2**62, -(2**62)])
def test_years_that_no_calendar_has(microseconds: int) -> None:
    _, shown = to_utc(np.array([microseconds], np.int64), ZoneInfo("Europe/London"))
    assert not shown.any()
