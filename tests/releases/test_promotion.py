"""A promotion from staging to what readers see, what stands against it, and what it leaves when it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.preview import preview
from museum_assets.releases.promotion.promote import CanaryFailed, promote
from museum_assets.releases.promotion.request import NotValid, PromotionRequest
from museum_assets.releases.promotion.rollback import retract, roll_back
from museum_assets.releases.record import PointerMoved, live
from museum_assets.releases.staging.acceptances import accept
from museum_assets.releases.staging.candidate import NoCandidate, stage_candidate
from resources.platform import Platform
from resources.postgres import Busy
from tests.support.release_fixtures import Publish
from tests.support.release_tables import shown, stage, titles


def stage_again(desk: ReleaseDesk, platform: Platform, works: int) -> None:
    stage(desk.platform, "smk", works, bucket=platform.thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")


def state(desk: ReleaseDesk, museum: str = "smk") -> list[tuple[int, str]]:
    with desk.production.connect() as conn:
        rows = conn.execute(
            "SELECT release_id, state FROM production.release WHERE museum = %s ORDER BY 1", (museum,)
        ).fetchall()
    return [(row["release_id"], row["state"]) for row in rows]


def test_staging_becomes_what_readers_see(desk: ReleaseDesk, publish: Publish) -> None:
    done = publish(works=10)
    assert done.previous is None
    assert {c.table: (c.added, c.changed, c.removed) for c in done.changes} == {
        "artwork": (10, 0, 0), "artist": (8, 0, 0), "artwork_artist": (20, 0, 0), "thumbnail": (10, 0, 0),
        "index_status": (10, 0, 0), "artist_identity": (8, 0, 0), "artwork_identity": (20, 0, 0),
        "artwork_place": (10, 0, 0), "artwork_material": (10, 0, 0),
        "artwork_subject": (10, 0, 0)}  # fmt: skip
    with desk.production.connect() as conn:
        assert shown(conn, "smk")["artwork"] == 10
        row = conn.execute("SELECT counts, checksums, made_by, why FROM production.release").fetchone()
        assert row
        assert row["counts"]["artwork_artist"] == 20
        assert set(row["checksums"]) == set(row["counts"])
        assert (row["made_by"], row["why"]) == ("Ida", "test")


def test_the_second_release_says_what_it_changes(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=10)
    with desk.platform.connect() as conn:
        conn.execute("UPDATE staging.artwork SET title = 'Renamed' WHERE object_number = 'N3'")
        conn.execute("DELETE FROM staging.thumbnail WHERE record_id = 'r10'")
        conn.execute("DELETE FROM staging.artwork WHERE record_id = 'r10'")
    stage_candidate(desk.platform, desk.production, "smk")
    seen = preview(desk, "smk")
    artwork = next(change for change in seen.changes if change.table == "artwork")
    assert (artwork.added, artwork.changed, artwork.removed, artwork.unchanged) == (0, 1, 1, 8)
    assert artwork.examples["changed"] == [{"object_number": "N3", "columns": {"title": ["Work 3", "Renamed"]}}]
    assert artwork.examples["removed"] == [{"object_number": "N10"}]
    with desk.production.connect() as conn:
        assert "Renamed" not in titles(conn, "smk"), "a preview publishes nothing"
    promote(desk, PromotionRequest("smk", "Ida", "correction"))
    with desk.production.connect() as conn:
        assert "Renamed" in titles(conn, "smk")


def test_there_is_nothing_to_promote_before_staging_database_was_made(desk: ReleaseDesk) -> None:
    with pytest.raises(NoCandidate, match="smk has no candidate"):
        promote(desk, PromotionRequest("smk", "Ida", "test"))


def test_who_and_why_are_needed(desk: ReleaseDesk) -> None:
    with pytest.raises(MuseumError, match="who and why"):
        PromotionRequest("smk", "Ida", " ")
    with pytest.raises(MuseumError, match="who and why"):
        roll_back(desk.production, "smk", by="", why="because")


def test_drift_blocks_until_forced_or_accepted(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=10)
    with pytest.raises(NotValid, match=r"fewer_rows: .*artwork from 10 to 5") as stopped:
        publish(works=5)
    assert {verdict.rule.name for verdict in stopped.value.failed} == {"fewer_rows"}
    assert state(desk) == [(1, "ready")]
    with desk.platform.connect() as conn:
        accept(conn, "smk", "fewer_rows", by="Bo", why="half was lent", until=datetime.now(UTC) + timedelta(days=1))
        accept(conn, "met", "fewer_rows", by="Bo", why="not this one", until=datetime.now(UTC) + timedelta(days=1))
    publish(works=5)
    with desk.production.connect() as conn:
        row = conn.execute("SELECT forced FROM production.release WHERE release_id = 2").fetchone()
        assert row
        assert row["forced"]["fewer_rows"]["accepted_by"] == "Bo"
    with pytest.raises(NotValid, match="fewer_rows"):
        publish(works=2)  # an acceptance is for one release
    publish(works=2, force=True)
    with desk.production.connect() as conn:
        row = conn.execute("SELECT forced FROM production.release WHERE release_id = 3").fetchone()
        assert row
        assert row["forced"]["fewer_rows"]["forced_by"] == "Ida"


def test_an_acceptance_expires(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=10)
    with desk.platform.connect() as conn:
        accept(conn, "smk", "fewer_rows", by="Bo", why="lent", until=datetime.now(UTC) + timedelta(days=1))
        conn.execute("UPDATE ops.drift_acceptance SET until = now() - interval '1 second'")
        with pytest.raises(MuseumError, match="is over"):
            accept(conn, "smk", "fewer_rows", by="Bo", why="late", until=datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(NotValid, match="fewer_rows"):
        publish(works=5)


def test_force_does_not_publish_duplicates_and_force_invalid_does(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3)
    with desk.platform.connect() as conn:
        conn.execute("UPDATE staging.artwork SET museum_db_id = 'r1' WHERE object_number = 'N2'")
    stage_candidate(desk.platform, desk.production, "smk")
    with pytest.raises(NotValid, match=r"duplicate_museum_ids: 1 ids of the museum are used twice: r1, 2"):
        promote(desk, PromotionRequest("smk", "Ida", "hurry", force=True))
    promote(desk, PromotionRequest("smk", "Ida", "they are right", force_invalid=True))
    with desk.production.connect() as conn:
        row = conn.execute("SELECT forced FROM production.release WHERE release_id = 2").fetchone()
        assert row
        assert row["forced"]["duplicate_museum_ids"] == {
            "forced_by": "Ida", "why": "they are right",
            "finding": row["forced"]["duplicate_museum_ids"]["finding"]}  # fmt: skip


def test_a_failing_build_is_undone_at_once(desk: ReleaseDesk, publish: Publish, platform: Platform) -> None:
    publish(works=4)

    class Down:
        def add(self, *_: object, **__: object) -> dict[str, int]:
            raise Unavailable("the index is away")

        def __getattr__(self, name: str) -> object:
            return getattr(desk.outside, name)

    stage_again(desk, platform, 5)
    with pytest.raises(Unavailable):
        promote(replace(desk, outside=Down()), PromotionRequest("smk", "Ida", "test"))  # type: ignore[arg-type]
    assert state(desk) == [(1, "ready"), (2, "failed")]
    with desk.production.connect() as conn:
        assert len(titles(conn, "smk")) == 4
        assert conn.execute("SELECT count(*) AS n FROM production.artwork_release").fetchone() == {"n": 4}


def test_a_failing_canary_rolls_back_by_itself(desk: ReleaseDesk, publish: Publish, platform: Platform) -> None:
    publish(works=4)
    stage_again(desk, platform, 5)
    picky = replace(desk, canary=lambda museum: [f"{museum}: 'ships' finds nothing"])
    with pytest.raises(CanaryFailed, match=r"'ships' finds nothing.* release 1 is live again"):
        promote(picky, PromotionRequest("smk", "Ida", "test"))
    with desk.production.connect() as conn:
        assert live(conn, "smk") == 1
        row = conn.execute("SELECT action, by, why FROM production.promotion ORDER BY id DESC LIMIT 1").fetchone()
        assert row
        assert row["action"] == "automatic_rollback"
        assert "finds nothing" in row["why"]
    promote(desk, PromotionRequest("smk", "Ida", "mended"))
    assert roll_back(desk.production, "smk", by="Ida", why="never to a release whose canary failed") == (3, 1)


def test_a_first_release_whose_canary_fails_is_retracted(desk: ReleaseDesk) -> None:
    stage(desk.platform, "lmnh", 0)
    with desk.platform.connect() as conn:
        conn.execute("INSERT INTO kiosk.department (museum, name) VALUES ('lmnh', 'Zoology')")
        conn.execute(
            "INSERT INTO kiosk.exhibition (museum, exhibition_id, site, exhibition_code, name, department_id)"
            " SELECT museum, 1, 0, 'EXH_00', 'Insects', department_id FROM kiosk.department"
        )
    stage_candidate(desk.platform, desk.production, "lmnh")
    with pytest.raises(CanaryFailed, match="retracted"):
        promote(replace(desk, canary=lambda _: ["nothing there"]), PromotionRequest("lmnh", "Ida", "test"))
    with desk.production.connect() as conn:
        assert live(conn, "lmnh") is None


def test_a_promotion_killed_before_its_canary_has_it_asked_by_the_next(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=4)
    publish(works=4, say=" bad")
    with desk.production.connect() as conn:
        conn.execute("UPDATE production.release SET watched_at = NULL WHERE release_id = 2")
    asked: list[str] = []

    def canary(museum: str) -> list[str]:
        asked.append(museum)
        return ["'ships' finds nothing"] if len(asked) == 1 else []

    told: list[str] = []
    promote(replace(desk, canary=canary), PromotionRequest("smk", "Ida", "the next"), told.append)
    assert any("release 2 of smk was rolled back by itself" in line for line in told)
    with desk.production.connect() as conn:
        rows = conn.execute("SELECT action, from_release, to_release FROM production.promotion ORDER BY id").fetchall()
    assert [(row["action"], row["from_release"], row["to_release"]) for row in rows[-2:]] == [
        ("automatic_rollback", 2, 1),
        ("promote", 1, 3),
    ]


def test_a_canary_that_cannot_ask_is_one_that_failed(desk: ReleaseDesk, publish: Publish, platform: Platform) -> None:
    publish(works=4)
    stage_again(desk, platform, 4)

    def broken(_: str) -> list[str]:
        raise ValueError("nonsense")

    with pytest.raises(CanaryFailed, match="could not ask: nonsense"):
        promote(replace(desk, canary=broken), PromotionRequest("smk", "Ida", "test"))
    with desk.production.connect() as conn:
        assert live(conn, "smk") == 1


def test_rollback_goes_back_and_further_back(desk: ReleaseDesk, publish: Publish) -> None:
    for number in (1, 2, 3):
        publish(works=10, say=f" v{number}")
    assert roll_back(desk.production, "smk", by="Ida", why="wrong") == (3, 2)
    assert roll_back(desk.production, "smk", by="Ida", why="still wrong") == (2, 1)
    with pytest.raises(MuseumError, match="no earlier release of smk was live"):
        roll_back(desk.production, "smk", by="Ida", why="further")
    with desk.production.connect() as conn:
        assert titles(conn, "smk")[0].endswith(" v1")
    assert roll_back(desk.production, "smk", to=3, by="Ida", why="it was right") == (1, 3)
    with pytest.raises(MuseumError, match="is live already"):
        roll_back(desk.production, "smk", to=3, by="Ida", why="again")
    with pytest.raises(MuseumError, match="has no release 9"):
        roll_back(desk.production, "smk", to=9, by="Ida", why="again")


def test_a_museum_is_retracted_alone_and_comes_back(desk: ReleaseDesk, publish: Publish) -> None:
    publish("smk", works=3)
    publish("met", works=4)
    assert retract(desk.production, "smk", by="Ida", why="rights") == 1
    with desk.production.connect() as conn:
        assert titles(conn, "smk") == []
        assert len(titles(conn, "met")) == 4
    with pytest.raises(MuseumError, match="no release of smk is live"):
        retract(desk.production, "smk", by="Ida", why="rights")
    assert roll_back(desk.production, "smk", by="Ida", why="cleared") == (None, 1)


@pytest.mark.usefixtures("impatient")
def test_two_promotions_of_one_museum_exclude_each_other_and_those_of_two_do_not(
    desk: ReleaseDesk, publish: Publish
) -> None:
    publish("smk", works=3)
    with desk.locked("smk"):
        with pytest.raises(Busy, match="release of smk"):
            promote(desk, PromotionRequest("smk", "Ida", "test"))
        publish("met", works=3)


def test_a_pointer_moved_meanwhile_is_not_moved_again(desk: ReleaseDesk, publish: Publish, platform: Platform) -> None:
    publish(works=3)
    publish(works=3, say=" again")
    stage_again(desk, platform, 4)

    class Slow:
        def add(self, *args: object, **kwargs: object) -> dict[str, int]:
            roll_back(desk.production, "smk", by="Bo", why="meanwhile")
            return desk.outside.add(*args, **kwargs)  # type: ignore[arg-type]

        def __getattr__(self, name: str) -> object:
            return getattr(desk.outside, name)

    with pytest.raises(PointerMoved, match="release 3 of smk was not made live"):
        promote(replace(desk, outside=Slow()), PromotionRequest("smk", "Ida", "test"))  # type: ignore[arg-type]
    with desk.production.connect() as conn:
        assert live(conn, "smk") == 1
