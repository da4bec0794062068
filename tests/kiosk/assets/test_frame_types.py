"""The types of the combined files: what the readers make fits, and what does not ends the run."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import dagster as dg  # noqa: TID251 - its Failure is what ends a run
import pandas as pd
import pytest

from museum_assets.kiosk.assets.frame_types import checked, exhibitions_type, presses_type
from museum_assets.museums import KIOSK_MUSEUMS, kiosks

EXHIBITION = {"exhibition_code": "EXH_00", "exhibition_name": "Moss", "floor": "Vault", "department": "Botany",
              "start_date": date(2019, 7, 1), "description": None, "file": "lmnh_exhibition_moss.json"}  # fmt: skip
PRESS = {"at": datetime(2023, 3, 6, 10, tzinfo=UTC), "site": 0, "val": -1, "type": 1.0, "occurrence": 1,
         "file": "lmnh_hist_data_0.csv", "line": 2}  # fmt: skip


def presses(*changes: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame([PRESS | change for change in changes])
    return frame.astype({"at": "datetime64[us, UTC]"})


@pytest.mark.parametrize("slug", KIOSK_MUSEUMS)
def test_good_frames_pass_and_empty_ones_too(slug: str) -> None:
    check = checked(presses_type(kiosks(slug)))
    check(presses({}, {"val": 4, "type": None}))
    check(presses({})[:0])
    checked(exhibitions_type())(pd.DataFrame([EXHIBITION]))


@pytest.mark.parametrize(
    "change", [{"val": 5}, {"type": 2}, {"site": -1}, {"occurrence": 0}, {"file": None}, {"line": 1}, {"val": 1.5}]
)
def test_a_press_that_is_none_ends_the_run(change: dict[str, Any]) -> None:
    (column,) = change
    with pytest.raises(dg.Failure, match=f"CombinedKioskData_lmnh.*{column}"):
        checked(presses_type(kiosks("lmnh")))(presses(change))


def test_a_time_without_a_zone_ends_the_run() -> None:
    frame = presses({})
    frame["at"] = frame["at"].dt.tz_localize(None)
    with pytest.raises(dg.Failure, match="at"):
        checked(presses_type(kiosks("lmnh")))(frame)


def test_exhibitions_have_their_own_codes_and_names() -> None:
    check = checked(exhibitions_type())
    with pytest.raises(dg.Failure, match="exhibition_code"):
        check(pd.DataFrame([EXHIBITION, EXHIBITION]))
    with pytest.raises(dg.Failure, match="exhibition_name"):
        check(pd.DataFrame([EXHIBITION | {"exhibition_name": None}]))
    with pytest.raises(dg.Failure, match="floor"):
        check(pd.DataFrame([EXHIBITION]).drop(columns="floor"))
