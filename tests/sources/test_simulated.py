from __future__ import annotations

import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from museum_assets.sources.connector import SourceRecord
from museum_assets.sources.registry import make_connector
from museum_assets.sources.rehearsal import RehearsalBooks, rehearse
from museum_assets.sources.simulated import MARK, SIMULATED, SimulatedSource
from resources.platform import Platform
from resources.postgres import Database


def values(source: SimulatedSource) -> list[dict]:
    return [dict(record.value) for record in source.extract() if isinstance(record, SourceRecord)]


@pytest.mark.parametrize("kind", SIMULATED)
def test_a_seed_gives_the_same_records_whatever_share_fails(kind: str) -> None:
    plain, failing = SIMULATED[kind](50, 7), SIMULATED[kind](50, 7, 30)
    assert values(failing) == values(failing) != values(SIMULATED[kind](50, 8, 30))
    unmarked = [v | {failing.marked: v[failing.marked].removeprefix(MARK)} for v in values(failing)]
    assert unmarked == values(plain)
    assert sum(v[failing.marked].startswith(MARK) for v in values(failing)) == 15


@pytest.mark.parametrize(("size", "share", "failing"), [(10, 5, 1), (3, 33, 1), (3, 34, 2), (10, 0, 0), (10, 100, 10),
                                                        (0, 50, 0)])  # fmt: skip
def test_whoever_asks_for_failures_gets_at_least_one(size: int, share: float, failing: int) -> None:
    assert sum(v["message"].startswith(MARK) for v in values(SIMULATED["simulated_logs"](size, 1, share))) == failing


@pytest.mark.parametrize("share", [-1, 101])
def test_an_impossible_share_is_refused(share: float) -> None:
    with pytest.raises(MuseumError, match="0 to 100"):
        SIMULATED["simulated_logs"](1, 1, share)


def test_unknown_kinds_and_options_are_refused_with_the_known_ones() -> None:
    with pytest.raises(MuseumError, match="choose from museum_api, s3, kafka, simulated_blobs"):
        make_connector(Platform(Settings()), "ftp")
    with pytest.raises(MuseumError, match="of which address must be given"):
        make_connector(Platform(Settings()), "s3")
    with pytest.raises(MuseumError, match="batch_size, fail_percentage, seed"):
        make_connector(Platform(Settings()), "simulated_logs", size=3)
    assert make_connector(Platform(Settings()), "simulated_events", batch_size=3).kind == "simulated_events"


@pytest.mark.parametrize("kind", SIMULATED)
def test_marked_records_come_out_as_dead_letters_once(kind: str, database: Database) -> None:
    source = SIMULATED[kind](20, 3, 25)
    with database.connect() as conn:
        assert rehearse(conn, source) == RehearsalBooks(20, 15, 5, 5)
        assert rehearse(conn, source) == RehearsalBooks(20, 15, 5, 0)
        rows = conn.execute("SELECT source, museum, reasons, convert_from(body, 'UTF8') AS b FROM ops.dead_letter")
        found = rows.fetchall()
    assert {(r["source"], r["museum"], *r["reasons"]) for r in found} == {(kind, "rehearsal", "simulated_failure")}
    assert len(found) == 5
    assert all(MARK in r["b"] for r in found)
