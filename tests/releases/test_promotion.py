"""A promotion from staging to what readers see, what stands against it, and what it leaves when it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from museum_assets.failures import MuseumError, Unavailable
from museum_assets.releases.acceptances import accept
from museum_assets.releases.candidate import NoCandidate, make_candidate
from museum_assets.releases.promotion import CanaryFailed, NotValid, Request, preview, promote
from museum_assets.releases.record import PointerMoved, live
from museum_assets.releases.rollback import retract, rollback
from museum_assets.releases.workplace import Workplace
from museum_assets.settings import Settings
from resources.platform import thumbnails
from resources.postgres import Busy
from tests.release_fixtures import Publish
from tests.release_tables import shown, stage, titles

pytestmark = pytest.mark.integration


def stage_again(work: Workplace, platform: Settings, works: int) -> None:
    stage(work.platform, "smk", works, bucket=thumbnails(platform))
    make_candidate(work.platform, work.production, "smk")


def state(work: Workplace, museum: str = "smk") -> list[tuple[int, str]]:
    with work.production.connect() as conn:
        rows = conn.execute(
            "SELECT release_id, state FROM production.release WHERE museum = %s ORDER BY 1", (museum,)
        ).fetchall()
    return [(row["release_id"], row["state"]) for row in rows]


def test_staging_becomes_what_readers_see(work: Workplace, publish: Publish) -> None:
    done = publish(works=10)
    assert done.previous is None
    assert {c.table: (c.added, c.changed, c.removed) for c in done.changes} == {
        "artwork": (10, 0, 0), "artist": (8, 0, 0), "artwork_artist": (20, 0, 0), "thumbnail": (10, 0, 0),
        "index_status": (10, 0, 0)}  # fmt: skip
    with work.production.connect() as conn:
        assert shown(conn, "smk")["artwork"] == 10
        row = conn.execute("SELECT counts, checksums, made_by, why FROM production.release").fetchone()
        assert row
        assert row["counts"]["artwork_artist"] == 20
        assert set(row["checksums"]) == set(row["counts"])
        assert (row["made_by"], row["why"]) == ("Ida", "test")


def test_the_second_release_says_what_it_changes(work: Workplace, publish: Publish) -> None:
    publish(works=10)
    with work.platform.connect() as conn:
        conn.execute("UPDATE staging.artwork SET title = 'Renamed' WHERE object_number = 'N3'")
        conn.execute("DELETE FROM staging.thumbnail WHERE record_id = 'r10'")
        conn.execute("DELETE FROM staging.artwork WHERE record_id = 'r10'")
    make_candidate(work.platform, work.production, "smk")
    seen = preview(work, "smk")
    artwork = next(change for change in seen.changes if change.table == "artwork")
    assert (artwork.added, artwork.changed, artwork.removed, artwork.unchanged) == (0, 1, 1, 8)
    assert artwork.examples["changed"] == [{"object_number": "N3", "columns": {"title": ["Work 3", "Renamed"]}}]
    assert artwork.examples["removed"] == [{"object_number": "N10"}]
    with work.production.connect() as conn:
        assert "Renamed" not in titles(conn, "smk"), "a preview publishes nothing"
    promote(work, Request("smk", "Ida", "correction"))
    with work.production.connect() as conn:
        assert "Renamed" in titles(conn, "smk")


def test_there_is_nothing_to_promote_before_staging_database_was_made(work: Workplace) -> None:
    with pytest.raises(NoCandidate, match="smk has no candidate"):
        promote(work, Request("smk", "Ida", "test"))


def test_who_and_why_are_needed(work: Workplace) -> None:
    with pytest.raises(MuseumError, match="who and why"):
        Request("smk", "Ida", " ")
    with pytest.raises(MuseumError, match="who and why"):
        rollback(work.production, "smk", by="", why="because")


def test_drift_blocks_until_forced_or_accepted(work: Workplace, publish: Publish) -> None:
    publish(works=10)
    with pytest.raises(NotValid, match=r"fewer_rows: .*artwork from 10 to 5") as stopped:
        publish(works=5)
    assert {verdict.rule.name for verdict in stopped.value.failed} == {"fewer_rows"}
    assert state(work) == [(1, "ready")]
    with work.platform.connect() as conn:
        accept(conn, "smk", "fewer_rows", by="Bo", why="half was lent", until=datetime.now(UTC) + timedelta(days=1))
        accept(conn, "met", "fewer_rows", by="Bo", why="not this one", until=datetime.now(UTC) + timedelta(days=1))
    publish(works=5)
    with work.production.connect() as conn:
        row = conn.execute("SELECT forced FROM production.release WHERE release_id = 2").fetchone()
        assert row
        assert row["forced"]["fewer_rows"]["accepted_by"] == "Bo"
    with pytest.raises(NotValid, match="fewer_rows"):
        publish(works=2)  # an acceptance is for one release
    publish(works=2, force=True)
    with work.production.connect() as conn:
        row = conn.execute("SELECT forced FROM production.release WHERE release_id = 3").fetchone()
        assert row
        assert row["forced"]["fewer_rows"]["forced_by"] == "Ida"


def test_an_acceptance_expires(work: Workplace, publish: Publish) -> None:
    publish(works=10)
    with work.platform.connect() as conn:
        accept(conn, "smk", "fewer_rows", by="Bo", why="lent", until=datetime.now(UTC) + timedelta(days=1))
        conn.execute("UPDATE ops.drift_acceptance SET until = now() - interval '1 second'")
        with pytest.raises(MuseumError, match="is over"):
            accept(conn, "smk", "fewer_rows", by="Bo", why="late", until=datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(NotValid, match="fewer_rows"):
        publish(works=5)


def test_force_does_not_publish_duplicates_and_force_invalid_does(work: Workplace, publish: Publish) -> None:
    publish(works=3)
    with work.platform.connect() as conn:
        conn.execute("UPDATE staging.artwork SET museum_db_id = 'r1' WHERE object_number = 'N2'")
    make_candidate(work.platform, work.production, "smk")
    with pytest.raises(NotValid, match=r"duplicate_museum_ids: 1 ids of the museum are used twice: r1, 2"):
        promote(work, Request("smk", "Ida", "hurry", force=True))
    promote(work, Request("smk", "Ida", "they are right", force_invalid=True))
    with work.production.connect() as conn:
        row = conn.execute("SELECT forced FROM production.release WHERE release_id = 2").fetchone()
        assert row
        assert row["forced"]["duplicate_museum_ids"] == {
            "forced_by": "Ida", "why": "they are right",
            "finding": row["forced"]["duplicate_museum_ids"]["finding"]}  # fmt: skip


def test_a_failing_build_is_undone_at_once(work: Workplace, publish: Publish, platform: Settings) -> None:
    publish(works=4)

    class Down:
        def publish(self, *_: object, **__: object) -> dict[str, int]:
            raise Unavailable("the index is away")

        def __getattr__(self, name: str) -> object:
            return getattr(work.outside, name)

    stage_again(work, platform, 5)
    with pytest.raises(Unavailable):
        promote(replace(work, outside=Down()), Request("smk", "Ida", "test"))  # type: ignore[arg-type]
    assert state(work) == [(1, "ready"), (2, "failed")]
    with work.production.connect() as conn:
        assert len(titles(conn, "smk")) == 4
        assert conn.execute("SELECT count(*) AS n FROM production.artwork_release").fetchone() == {"n": 4}


def test_a_failing_canary_rolls_back_by_itself(work: Workplace, publish: Publish, platform: Settings) -> None:
    publish(works=4)
    stage_again(work, platform, 5)
    picky = replace(work, canary=lambda museum: [f"{museum}: 'ships' finds nothing"])
    with pytest.raises(CanaryFailed, match=r"'ships' finds nothing.* release 1 is live again"):
        promote(picky, Request("smk", "Ida", "test"))
    with work.production.connect() as conn:
        assert live(conn, "smk") == 1
        row = conn.execute("SELECT action, by, why FROM production.promotion ORDER BY id DESC LIMIT 1").fetchone()
        assert row
        assert row["action"] == "automatic_rollback"
        assert "finds nothing" in row["why"]
    promote(work, Request("smk", "Ida", "mended"))
    assert rollback(work.production, "smk", by="Ida", why="never to a release whose canary failed") == (3, 1)


def test_a_first_release_whose_canary_fails_is_retracted(work: Workplace) -> None:
    stage(work.platform, "lmnh", 0)
    with work.platform.connect() as conn:
        conn.execute("INSERT INTO kiosk.department (museum, name) VALUES ('lmnh', 'Zoology')")
        conn.execute(
            "INSERT INTO kiosk.exhibition (museum, exhibition_id, site, exhibition_code, name, department_id)"
            " SELECT museum, 1, 0, 'EXH_00', 'Insects', department_id FROM kiosk.department"
        )
    make_candidate(work.platform, work.production, "lmnh")
    with pytest.raises(CanaryFailed, match="retracted"):
        promote(replace(work, canary=lambda _: ["nothing there"]), Request("lmnh", "Ida", "test"))
    with work.production.connect() as conn:
        assert live(conn, "lmnh") is None


def test_a_promotion_killed_before_its_canary_has_it_asked_by_the_next(work: Workplace, publish: Publish) -> None:
    publish(works=4)
    publish(works=4, say=" bad")
    with work.production.connect() as conn:
        conn.execute("UPDATE production.release SET watched_at = NULL WHERE release_id = 2")
    asked: list[str] = []

    def canary(museum: str) -> list[str]:
        asked.append(museum)
        return ["'ships' finds nothing"] if len(asked) == 1 else []

    told: list[str] = []
    promote(replace(work, canary=canary), Request("smk", "Ida", "the next"), told.append)
    assert any("release 2 of smk was rolled back by itself" in line for line in told)
    with work.production.connect() as conn:
        rows = conn.execute("SELECT action, from_release, to_release FROM production.promotion ORDER BY id").fetchall()
    assert [(row["action"], row["from_release"], row["to_release"]) for row in rows[-2:]] == [
        ("automatic_rollback", 2, 1),
        ("promote", 1, 3),
    ]


def test_a_canary_that_cannot_ask_is_one_that_failed(work: Workplace, publish: Publish, platform: Settings) -> None:
    publish(works=4)
    stage_again(work, platform, 4)

    def broken(_: str) -> list[str]:
        raise ValueError("nonsense")

    with pytest.raises(CanaryFailed, match="could not ask: nonsense"):
        promote(replace(work, canary=broken), Request("smk", "Ida", "test"))
    with work.production.connect() as conn:
        assert live(conn, "smk") == 1


def test_rollback_goes_back_and_further_back(work: Workplace, publish: Publish) -> None:
    for number in (1, 2, 3):
        publish(works=10, say=f" v{number}")
    assert rollback(work.production, "smk", by="Ida", why="wrong") == (3, 2)
    assert rollback(work.production, "smk", by="Ida", why="still wrong") == (2, 1)
    with pytest.raises(MuseumError, match="no earlier release of smk was live"):
        rollback(work.production, "smk", by="Ida", why="further")
    with work.production.connect() as conn:
        assert titles(conn, "smk")[0].endswith(" v1")
    assert rollback(work.production, "smk", to=3, by="Ida", why="it was right") == (1, 3)
    with pytest.raises(MuseumError, match="is live already"):
        rollback(work.production, "smk", to=3, by="Ida", why="again")
    with pytest.raises(MuseumError, match="has no release 9"):
        rollback(work.production, "smk", to=9, by="Ida", why="again")


def test_a_museum_is_retracted_alone_and_comes_back(work: Workplace, publish: Publish) -> None:
    publish("smk", works=3)
    publish("met", works=4)
    assert retract(work.production, "smk", by="Ida", why="rights") == 1
    with work.production.connect() as conn:
        assert titles(conn, "smk") == []
        assert len(titles(conn, "met")) == 4
    with pytest.raises(MuseumError, match="no release of smk is live"):
        retract(work.production, "smk", by="Ida", why="rights")
    assert rollback(work.production, "smk", by="Ida", why="cleared") == (None, 1)


@pytest.mark.usefixtures("impatient")
def test_two_promotions_of_one_museum_exclude_each_other_and_those_of_two_do_not(
    work: Workplace, publish: Publish
) -> None:
    publish("smk", works=3)
    with work.locked("smk"):
        with pytest.raises(Busy, match="release of smk"):
            promote(work, Request("smk", "Ida", "test"))
        publish("met", works=3)


def test_a_pointer_moved_meanwhile_is_not_moved_again(work: Workplace, publish: Publish, platform: Settings) -> None:
    publish(works=3)
    publish(works=3, say=" again")
    stage_again(work, platform, 4)

    class Slow:
        def publish(self, *args: object, **kwargs: object) -> dict[str, int]:
            rollback(work.production, "smk", by="Bo", why="meanwhile")
            return work.outside.publish(*args, **kwargs)  # type: ignore[arg-type]

        def __getattr__(self, name: str) -> object:
            return getattr(work.outside, name)

    with pytest.raises(PointerMoved, match="release 3 of smk was not made live"):
        promote(replace(work, outside=Slow()), Request("smk", "Ida", "test"))  # type: ignore[arg-type]
    with work.production.connect() as conn:
        assert live(conn, "smk") == 1
