"""Building a release: filled, verified, committed by the pointer alone, and shown through the views."""

from __future__ import annotations

import pytest

from museum_assets.releases.promotion.build import NotArrived, build
from museum_assets.releases.record import Release, begin, move_pointer, set_state
from museum_assets.releases.rows import connected
from museum_assets.releases.schema import tables_of
from museum_assets.releases.staging.candidate import stage_candidate
from resources.postgres import Database
from tests.support.release_tables import shown, stage, titles


def built(database: Database, museum: str) -> Release:
    """Build what is staged and make it live."""
    stage_candidate(database, database, museum)
    with connected(database) as conn, connected(database) as source:
        release = begin(conn, museum, by="Ida", why="test")
        build(source, conn, tables_of(conn, museum), release, same=True)
        set_state(conn, release, "ready", was=["building"])
        before = conn.execute(
            "SELECT release_id FROM production.current_release WHERE museum = %s", (museum,)
        ).fetchone()
        move_pointer(
            conn, museum, "promote", from_=before["release_id"] if before else None, to=release.id, by="Ida", why="test"
        )
    return release


def test_a_release_shows_what_was_staged(database: Database) -> None:
    stage(database, "smk", 20)
    first = built(database, "smk")
    with database.connect() as conn:
        assert shown(conn, "smk") == {"artwork": 20, "artist": 8, "artwork_artist": 40, "thumbnail": 20,
                                      "index_status": 20, "releases": [first.id]}  # fmt: skip
        assert shown(conn, "met")["artwork"] == 0
    stage(database, "smk", 21, say=" again")
    built(database, "smk")
    with database.connect() as conn:
        assert len(titles(conn, "smk")) == 21
        assert all(title.endswith(" again") for title in titles(conn, "smk"))


def test_slots_are_used_again_and_old_rows_are_gone(database: Database) -> None:
    with database.connect() as conn:
        for number in range(1, 5):
            stage(database, "smk", number)
            release = built(database, "smk")
            conn.execute(
                "UPDATE production.release SET state = 'pruned' WHERE museum = 'smk' AND release_id < %s", (release.id,)
            )
            assert len(titles(conn, "smk")) == number
        assert conn.execute("SELECT count(DISTINCT slot) AS n FROM production.release").fetchone() == {"n": 2}


def test_a_candidate_changed_by_hand_does_not_arrive(database: Database) -> None:
    stage(database, "smk", 5)
    stage_candidate(database, database, "smk")
    with connected(database) as conn, connected(database) as source:
        conn.execute("UPDATE candidate.artwork SET title = 'forged' WHERE object_number = 'N3'")
        release = begin(conn, "smk", by="Ida", why="test")
        with pytest.raises(NotArrived, match="artwork of release 1 of smk"):
            build(source, conn, tables_of(conn, "smk"), release, same=True)
