"""The assets of releases as Dagster runs them: a check that fails keeps a candidate out of production."""

from __future__ import annotations

from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here

from museum_assets.collection.stages import STAGES
from museum_assets.releases.assets.jobs import roll_back_release
from museum_assets.releases.assets.promoted_database import PromotionConfig, promoted_database
from museum_assets.releases.assets.staging_database import staging_database, staging_database_checks
from museum_assets.releases.checks import DRIFTS, RULES
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.record import live
from resources.dagster_resources import configured_resources
from resources.platform import Platform
from tests.releases.test_validation import stage_kiosks
from tests.support.release_tables import stage


def publish(museum: str, **config: Any) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [staging_database(STAGES), promoted_database, *staging_database_checks],
        resources=configured_resources(),
        partition_key=museum,
        run_config=dg.RunConfig({"promoted_database": PromotionConfig(**config)}),
        raise_on_error=False,
    )


def test_a_museum_is_published_and_a_failing_check_keeps_the_next_candidate_out(
    desk: ReleaseDesk, platform: Platform
) -> None:
    stage(desk.platform, "smk", 6, bucket=platform.thumbnails())
    done = publish("smk", by="Ida", why="first")
    assert done.success
    assert {check.check_name for check in done.get_asset_check_evaluations()} == {rule.name for rule in RULES}
    open_ = {check.check_name: check for check in done.get_asset_check_evaluations() if not check.passed}
    assert open_.keys() == {"vectors_not_kept", "vectors_not_indexed", "demo_vectors", *DRIFTS}, "nothing was live"
    assert {check.severity for check in open_.values()} == {dg.AssetCheckSeverity.WARN}
    assert all("nothing to check yet" in str(check.description) for check in open_.values())
    made = done.asset_materializations_for_node("promoted_database")[0].metadata
    assert made["release"].value == 1
    assert "| artwork | 6 | 0 | 0 | 0 |" in str(made["summary"].value)

    with desk.platform.connect() as conn:
        conn.execute("UPDATE staging.artwork SET production_date_end = -1 WHERE object_number = 'N2'")
    stopped = publish("smk", by="Ida", why="second")
    assert not stopped.success
    failed = [check for check in stopped.get_asset_check_evaluations() if not check.passed]
    assert [check.check_name for check in failed if check.severity is dg.AssetCheckSeverity.ERROR] == [
        "impossible_years"
    ]
    told = {"impossible_years", "works_before_birth"}
    assert all("nothing to check yet" in str(c.description) for c in failed if c.check_name not in told)
    assert not stopped.asset_materializations_for_node("promoted_database")
    with desk.production.connect() as conn:
        assert live(conn, "smk") == 1


def test_a_kiosk_museum_is_published_by_the_same_assets(desk: ReleaseDesk) -> None:
    with desk.platform.connect() as conn:
        stage_kiosks(conn)
    assert publish("lmnh", by="Ida", why="first").success
    assert publish("lmnh", by="Ida", why="second").success
    with desk.production.connect() as conn:
        (row,) = conn.execute("SELECT exhibition_code, rating, label, release_id FROM production.review").fetchall()
        assert row == {"exhibition_code": "EXH_00", "rating": 4, "label": "Amazing", "release_id": 2}
    back = roll_back_release.execute_in_process(
        resources=configured_resources(),
        run_config={"ops": {"roll_back": {"config": {"museum": "lmnh", "by": "Ida", "why": "wrong"}}}},
    )
    assert back.success
    with desk.production.connect() as conn:
        assert live(conn, "lmnh") == 1


def test_forcing_needs_who_and_why(desk: ReleaseDesk) -> None:
    with desk.platform.connect() as conn:
        stage_kiosks(conn)
    assert not publish("lmnh", force=True).success
