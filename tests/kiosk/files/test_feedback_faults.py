"""A load that fails leaves the tables as they were and says why."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.core.failures import Failure, MuseumError, Unavailable
from museum_assets.kiosk import checks
from museum_assets.kiosk.files import feedback
from museum_assets.kiosk.files.combined import combined_keys, open_combined
from museum_assets.kiosk.files.feedback import load_combined
from museum_assets.kiosk.load import load_staged
from resources.postgres import Busy, Database
from tests.support.feedback import HISTORY, THREE, letters, stored
from tests.support.kiosk_files import HEADER, NOW, Kiosks


def test_a_failure_at_any_point_leaves_the_tables_as_they_were(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY + "2023-03-06 10:00:09,0,77,\n"})
    for name in ("_record", "_settle_letters", "write_letters"):
        with monkeypatch.context() as patch:
            patch.setattr(feedback, name, _explode)
            with pytest.raises(ZeroDivisionError):
                lmnh.load()
        assert stored(lmnh) == []
        assert (letters(lmnh), lmnh.outcomes()) == ([], {})
    assert (lmnh.load().loaded, stored(lmnh)) == (3, THREE)


def _explode(*_: Any, **__: Any) -> None:
    raise ZeroDivisionError


@pytest.mark.usefixtures("impatient")
def test_two_loads_at_a_time(lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    with lmnh.database.lock("lmnh", "visitor_feedback"), pytest.raises(Busy):
        lmnh.load()


def test_combined_files_that_do_not_belong_together(lmnh: Kiosks, database: Database) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})
    lmnh.combine()
    lmnh.source.delete_many(["lmnh_exhibition_1.json"])
    lmnh.combine()
    good, bad = combined_keys("lmnh", "history")
    with open_combined(lmnh.combined, "lmnh", "exhibition") as exhibitions:
        lmnh.exhibitions(1)
        lmnh.combine()
        with (
            open_combined(lmnh.combined, "lmnh", "history") as history,
            pytest.raises(MuseumError, match=r"sites \[1\]"),
        ):
            load_combined(database, lmnh.museum, exhibitions, history)
    half = lmnh.combined.get(bad)
    lmnh.combine()
    lmnh.combined.put(bad, half, content_type="")
    with pytest.raises(MuseumError, match="half written"), open_combined(lmnh.combined, "lmnh", "history"):
        pass
    lmnh.combined.delete_many([good])
    with (
        pytest.raises(MuseumError, match="materialize combined_kiosk_data"),
        open_combined(lmnh.combined, "lmnh", "history"),
    ):
        pass


def test_a_file_that_cannot_be_fetched_is_reported_and_holds_up_no_other(
    lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY, "lmnh_hist_data_1.csv": HEADER + "2023-03-07 10:00:00,0,4,\n"})
    fetch = type(lmnh.source).fetch

    def denied(self: Any, key: str, max_bytes: int) -> Any:
        if key == "lmnh_hist_data_0.csv":
            raise Failure("lmnh_hist_data_0.csv may not be read", code="denied")
        return fetch(self, key, max_bytes)

    with monkeypatch.context() as patch:
        patch.setattr(type(lmnh.source), "fetch", denied)
        _, made = lmnh.combine()
        assert made.unreadable == {"lmnh_hist_data_0.csv": "lmnh_hist_data_0.csv may not be read"}
        assert lmnh.load().loaded == 1
        lmnh.source.delete_many(["lmnh_hist_data_1.csv"])
        with pytest.raises(Unavailable, match="none of 1 history files could be fetched"):
            lmnh.combine()
    with lmnh.database.connect() as conn:
        found = checks.files_accounted(conn, lmnh.museum, lmnh.source)
    assert (found.passed, found.metadata["first"]) == (False, ["lmnh_hist_data_0.csv"])
    assert lmnh.load().loaded == 3


def test_a_bucket_that_is_not_there(lmnh: Kiosks) -> None:
    lmnh.source.bucket = "no-such-bucket"
    with pytest.raises(MuseumError, match="no-such-bucket"):
        lmnh.combine()


def test_what_other_code_inserts_is_noticed(lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files' books are compared with what was inserted before anything is committed."""
    lmnh.exhibitions(0, 1)
    lmnh.put({"lmnh_hist_data_0.csv": HISTORY})

    def short(conn: Any, staged: Any) -> Any:
        conn.execute(
            "DELETE FROM kiosk_staged_review AS s USING kiosk_staged_kind AS k WHERE k.kind = s.kind AND k.button = 4"
        )
        return load_staged(conn, staged)

    monkeypatch.setattr(feedback, "load_staged", short)
    with pytest.raises(MuseumError, match="books say otherwise"):
        lmnh.load(NOW)
    assert stored(lmnh) == []
