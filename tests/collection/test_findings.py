"""Each check passes on a good museum and fails, saying what to do, once something is broken behind its back."""

from __future__ import annotations

import re

import pytest

from museum_assets.collection.stages import STAGES
from museum_assets.collection.thumbnails.thumbnails import recent_thumbnails
from museum_assets.collection.where import where
from museum_assets.core.failures import MuseumError
from museum_assets.loop.books import books
from museum_assets.loop.checks import checks_of
from museum_assets.loop.stage import Options
from museum_assets.loop.status import status
from museum_assets.museums import MUSEUMS
from museum_assets.simulator.server import Running
from resources.platform import Platform
from tests.support import whole_pipeline
from tests.support.damages import CHECKS, DAMAGES, MUSEUM, OUTSIDE, SPECS, SQL, Museum, drop_object


def test_every_check_passes_when_good_and_fails_when_broken(platform: Platform, simulator: Running) -> None:
    """One museum is made, and each damage repaired by making it again, since building one takes seconds."""
    whole_pipeline.run_all(platform, [MUSEUM])
    database = platform.database()
    with database.connect(autocommit=False) as conn:
        museum = Museum(platform, conn)
        inputs = books(conn, MUSEUM, SPECS["stored_thumbnails"]).inputs
        for name, check in CHECKS.items():
            finding = check(museum)
            assert finding.passed, (name, finding.description)
        museum.sql(SQL["a failure after a success"])
        assert CHECKS["vectors"](museum).passed, "a failing record keeps its earlier vector"
        conn.rollback()
        drop_object(museum)
        assert len(recent_thumbnails(conn, museum.store, MUSEUM)) == inputs - 1
        whole_pipeline.run(platform, MUSEUM, "stored_thumbnails", Options(force=True))
        conn.rollback()
        for name, damage, break_it, told, warn in DAMAGES:
            break_it(museum)
            finding = CHECKS[name](museum)
            assert not finding.passed, (name, damage)
            assert finding.warn == warn, (name, damage)
            expected = told.replace("6", str(inputs)).replace("5 ", f"{inputs - 1} ")
            assert re.search(expected, finding.description), (name, damage, finding.description)
            conn.rollback()
            if break_it not in OUTSIDE:
                continue
            museum.store.delete_many([f"{MUSEUM}_nobody.jpg"])
            with museum.index.open() as session:
                session.delete_points(["00000000-0000-5000-8000-000000000000"])
            for stage in ("indexed_artworks", "stored_thumbnails", "image_clip"):
                whole_pipeline.run(platform, MUSEUM, stage, Options(force=True))


@pytest.mark.parametrize("stage, setting", [("image_jina", "JINA_API_KEY"), ("text_siglip", "SIGLIP_WEIGHTS")])
def test_a_stage_that_is_not_active_passes_no_check_and_says_what_would_change_that(
    platform: Platform, stage: str, setting: str
) -> None:
    checks = checks_of(SPECS[stage])
    assert {check.name for check in checks} >= {"books_balance", "vectors_match_ledger"}
    with platform.database().connect() as conn:
        for check in checks:
            finding = check.evaluate(platform, conn, MUSEUM)
            assert (finding.passed, finding.warn) == (False, True), check.name
            assert f"set {setting}" in finding.description


def test_where_and_status_tell_each_state(platform: Platform, simulator: Running) -> None:
    whole_pipeline.gather(platform, MUSEUM)
    whole_pipeline.run(platform, MUSEUM, "transformed_artworks")
    whole_pipeline.run(platform, MUSEUM, "indexed_artworks")
    simulator.set_faults(MUSEUM, redirected_images=1.0)
    whole_pipeline.run(platform, MUSEUM, "stored_thumbnails")
    with platform.database().connect() as conn:
        row = conn.execute("SELECT record_id, object_number FROM staging.artwork ORDER BY 1 LIMIT 1").fetchone()
        assert row
        (story,) = where(conn, f"{MUSEUM}:{row['object_number']}", STAGES)
        states = {step["stage"]: (step["state"], step["next_action"]) for step in story["steps"]}
        assert story["record_id"] == row["record_id"]
        assert states["raw_metadata"] == ("done", "")
        assert states["indexed_artworks"] == ("done", "")
        assert states["stored_thumbnails"] == (
            "failed for good", "`museum run stored_thumbnails --museum smk --retry-failed`",
        )  # fmt: skip
        assert states["image_clip"] == ("no input", "an earlier stage comes first")
        assert states["text_clip"][0] == "pending"
        conn.execute("UPDATE raw.record SET payload_hash = 'new' WHERE record_id = %s", (row["record_id"],))
        (story,) = where(conn, f"{MUSEUM}:{row['record_id']}", STAGES)
        assert story["steps"][1]["state"] == "changed since it was done"
        rows = {(r["museum"], r["stage"]): r for r in status(platform, conn, STAGES, MUSEUMS)}
        failed = rows[MUSEUM, "stored_thumbnails"]
        assert failed["failed_by_code"] == {"host_not_allowed": failed["inputs"]}
        assert rows[MUSEUM, "raw_metadata"]["harvest"] == "complete"
        assert rows["met", "raw_metadata"]["harvest"] == "never"
        conn.execute(
            "INSERT INTO ops.ledger (museum, stage, record_id, input_hash, contract, outcome, code)"
            " VALUES ('smk', 'raw_metadata', 'unfetched', '', '', 'failed', 'unavailable')"
        )
        (story,) = where(conn, f"{MUSEUM}:unfetched", STAGES)
        assert story["steps"][0]["state"] == "failed"
        unknown = {"smk:nobody": "no record of smk is called 'nobody'", "smk": "is not museum:object_number"}
        for name, told in unknown.items():
            with pytest.raises(MuseumError, match=told):
                where(conn, name, STAGES)
