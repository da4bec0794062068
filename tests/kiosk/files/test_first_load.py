"""A museum's first load takes the keys of its tables away and builds them behind the presses, if nobody is there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.kiosk.files import feedback
from museum_assets.kiosk.load import StagedPresses, encode_presses, load_staged
from tests.support.kiosk_files import HEADER, Kiosks
from tests.support.kiosk_tables import presses

FIRST = HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-06 10:00:01,1,-1,0.0\n"
SECOND = HEADER + "2023-03-06 10:00:00,0,4,\n2023-03-07 11:00:00,1,2,\n"


def keys(kiosks: Kiosks) -> list[str]:
    with kiosks.database.connect() as conn:
        found = conn.execute(
            "SELECT indexrelid::regclass::text AS name FROM pg_index WHERE indisunique AND indrelid IN"
            " ('kiosk.lmnh_review'::regclass, 'kiosk.lmnh_incident'::regclass) ORDER BY 1"
        )
        return [row["name"] for row in found]


BOTH = ["kiosk.lmnh_incident_key", "kiosk.lmnh_review_key"]


def test_the_keys_are_there_again_and_a_second_load_finds_what_the_first_loaded(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": FIRST})
    assert lmnh.load().loaded == 2
    assert keys(lmnh) == BOTH
    lmnh.put({"lmnh_hist_data_1.csv": SECOND})
    report = lmnh.load()
    assert (report.loaded, report.duplicate) == (1, 1)


@pytest.mark.parametrize(
    "lock", ["SELECT count(*) FROM kiosk.lmnh_review", "LOCK kiosk.incident IN ROW EXCLUSIVE MODE"]
)
def test_whoever_uses_the_tables_is_not_waited_for(lmnh: Kiosks, lock: Any) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": FIRST})
    with lmnh.database.connect() as other, other.transaction():
        other.execute(lock)
        other.execute("SET LOCAL idle_in_transaction_session_timeout = '20s'")  # a wait would end as a lost connection
        assert lmnh.load().loaded == 2
    assert keys(lmnh) == BOTH


def test_a_first_load_that_fails_leaves_the_tables_with_their_keys(
    lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(conn: Any, staged: StagedPresses) -> Any:
        assert keys_gone(conn)
        load_staged(conn, staged)
        raise MuseumError("stopped on purpose")

    monkeypatch.setattr(feedback, "load_staged", failing)
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": FIRST})
    with pytest.raises(MuseumError, match="on purpose"):
        lmnh.load()
    assert keys(lmnh) == BOTH
    with lmnh.database.connect() as conn:
        assert presses(conn, "lmnh") == []


def keys_gone(conn: Any) -> bool:
    return conn.execute("SELECT to_regclass('kiosk.lmnh_review_key') IS NULL AS gone").fetchone()["gone"] is True


def test_a_press_that_comes_twice_fails_the_load_instead_of_standing_there_twice(
    lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "encode_presses", lambda rows: encode_presses(np.repeat(rows, 2)))
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": FIRST})
    with pytest.raises(MuseumError, match="was loaded twice"):
        lmnh.load()
    assert keys(lmnh) == BOTH
