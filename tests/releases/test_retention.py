"""Old releases go, the right ones stay, and no reader waits or loses what it reads."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from museum_assets.core.failures import Unavailable
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.retention import prune, surplus
from museum_assets.releases.promotion.rollback import retract, roll_back
from museum_assets.releases.record import add_slot, begin, free_slot, live
from museum_assets.releases.staging.candidate import stage_candidate
from resources.platform import Platform
from resources.postgres import scalar
from resources.vector_index.index import SearchFilter
from tests.support.release_fixtures import Publish
from tests.support.release_tables import stage, titles


def row(number: int, **facts: bool) -> dict[str, Any]:
    return {"release_id": number, "live": False, "before": False, **facts}


@pytest.mark.parametrize(
    ("rows", "gone"),
    [
        ([row(3, live=True), row(2, before=True), row(1)], [1]),
        ([row(4), row(3), row(2, live=True), row(1, before=True)], []),
        ([row(5), row(4), row(3), row(2), row(1, live=True)], [3, 2]),
        ([row(4), row(3), row(2, before=True), row(1)], [1]),
        ([row(1, live=True)], []),
    ],
)
def test_neither_the_live_nor_the_last_good_release_goes(rows: list[dict[str, Any]], gone: list[int]) -> None:
    assert [found["release_id"] for found in surplus(rows, 2)] == gone


def ready(desk: ReleaseDesk, museum: str = "smk") -> list[int]:
    with desk.production.connect() as conn:
        rows = conn.execute(
            "SELECT release_id FROM production.release WHERE museum = %s AND state = 'ready' ORDER BY 1", (museum,)
        )
        return [row["release_id"] for row in rows]


def again(desk: ReleaseDesk, works: int, say: str) -> None:
    stage(desk.platform, "smk", works, say=say, bucket=Platform.from_settings().thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")


def test_releases_beyond_those_to_keep_are_pruned_with_their_points(desk: ReleaseDesk, publish: Publish) -> None:
    for number in range(1, 6):
        publish(works=3, say=f" v{number}")
    assert ready(desk) == [2, 3, 4, 5], "RELEASES_KEPT is 4"
    roll_back(desk.production, "smk", to=2, by="Ida", why="test")
    assert prune(replace(desk, kept=2), "smk") == [3]
    assert ready(desk) == [2, 4, 5]
    with desk.production.connect() as conn:
        assert titles(conn, "smk")[0].endswith(" v2")
        assert conn.execute("SELECT count(*) AS n FROM production.artwork_release").fetchone() == {"n": 9}
    assert desk.outside.verify("smk", 2) == []


def test_a_retracted_museum_keeps_its_last_good_release(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3)
    publish(works=3, say=" again")
    roll_back(desk.production, "smk", by="Ida", why="test")
    retract(desk.production, "smk", by="Ida", why="test")
    prune(replace(desk, kept=1), "smk")
    assert roll_back(desk.production, "smk", by="Ida", why="back") == (None, 1)


def test_a_release_that_an_open_transaction_may_read_stays(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3, say=" v1")
    with psycopg.connect(desk.production.url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        statement = "SELECT release_id FROM production.current_release WHERE museum = 'smk'"
        [(before,)] = reader.execute(statement).fetchall()
        for number in (2, 3, 4):
            publish(works=3, say=f" v{number}")
        told: list[str] = []
        assert prune(replace(desk, kept=2), "smk", told.append) == []
        assert "a transaction is open" in told[0]
        rows = reader.execute("SELECT release_id, title FROM production.artwork WHERE museum = 'smk'").fetchall()
        assert {found for found, _ in rows} == {before}
        assert all(title.endswith(" v1") for _, title in rows)
    assert prune(replace(desk, kept=2), "smk") == [2, 1]


def test_what_could_not_be_pruned_outside_is_pruned_by_the_next(desk: ReleaseDesk, publish: Publish) -> None:
    class Away:
        def prune(self, *_: object) -> dict[str, int]:
            raise Unavailable("the index is away")

        def __getattr__(self, name: str) -> object:
            return getattr(desk.outside, name)

    for number in range(1, 4):
        publish(works=3, say=f" v{number}")
    again(desk, 3, " v4")
    told: list[str] = []
    broken = replace(desk, outside=Away(), kept=2)  # type: ignore[arg-type]
    done = promote(broken, PromotionRequest("smk", "Ida", "test"), told.append)
    assert "the index is away" in done.left
    assert done.left in told
    assert ready(desk) == [3, 4], "the release is live nevertheless"
    assert prune(replace(desk, kept=2), "smk") == []
    with Platform.from_settings().production_index().open() as session:
        assert session.count(SearchFilter(museum="smk", until_release=(None, 3))) == 0


def test_rows_that_were_pruned_are_still_read_by_an_old_snapshot(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3, say=" v1")
    publish(works=3, say=" v2")
    with psycopg.connect(desk.production.url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT")
        with desk.production.connect() as conn:
            conn.execute("DELETE FROM production.artwork_release WHERE museum = 'smk'")
            conn.execute("VACUUM production.smk_artwork_release_2")
        assert len(reader.execute("SELECT FROM production.artwork WHERE museum = 'smk'").fetchall()) == 3


def test_a_slot_is_not_used_while_a_plan_from_before_it_may_live(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3)
    with psycopg.connect(desk.production.url) as reader, desk.production.connect() as conn:
        for _ in range(3):
            reader.execute("SELECT title FROM production.artwork WHERE museum = 'smk'", prepare=True)
        while (slot := free_slot(conn, "smk")) is not None:
            conn.execute(
                "INSERT INTO production.release (museum, release_id, slot, state, made_by, why)"
                " SELECT 'smk', max(release_id) + 1, %s, 'ready', 'Ida', 'test' FROM production.release",
                (slot,),
            )
        add_slot(conn, "smk")
        assert free_slot(conn, "smk") is None, "the reader's plan does not know it"
        reader.commit()
        assert free_slot(conn, "smk") is not None
        assert live(conn, "smk") == 1


def test_a_promotion_waits_for_readers_with_plans_from_before_its_slot(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3)
    with psycopg.connect(desk.production.url) as reader, desk.production.connect() as conn:
        reader.execute("SELECT title FROM production.artwork WHERE museum = 'smk'")
        while free_slot(conn, "smk") is not None:
            begin(conn, "smk", by="Ida", why="takes a slot")
        add_slot(conn, "smk")
        ended = threading.Timer(1.0, reader.commit)
        ended.start()
        assert begin(conn, "smk", by="Ida", why="waits").slot is not None
        ended.join()
        slots = scalar(conn, "SELECT count(*) FROM production.slot WHERE museum = 'smk'")
        assert slots == scalar(conn, "SELECT count(*) FROM production.release WHERE museum = 'smk'"), "and adds none"
