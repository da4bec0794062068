"""The assets of releases as Dagster runs them: a check that fails keeps a candidate out of production."""

from __future__ import annotations

from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here
import pytest

from museum_assets.releases.assets.jobs import rollback_release
from museum_assets.releases.assets.promoted_database import PromotionConfig, promoted_database
from museum_assets.releases.assets.staging_database import staging_database, staging_database_checks
from museum_assets.releases.record import live
from museum_assets.releases.validation import RULES
from museum_assets.releases.workplace import Workplace
from museum_assets.settings import Settings
from resources.configured import Releases
from resources.platform import thumbnails
from tests.release_tables import stage
from tests.releases.test_validation import stage_kiosks

pytestmark = pytest.mark.integration


def publish(museum: str, **config: Any) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [staging_database, promoted_database, *staging_database_checks],
        resources={"releases": Releases()},
        partition_key=museum,
        run_config=dg.RunConfig({"promoted_database": PromotionConfig(**config)}),
        raise_on_error=False,
    )


def test_a_museum_is_published_and_a_failing_check_keeps_the_next_candidate_out(
    work: Workplace, platform: Settings
) -> None:
    stage(work.platform, "smk", 6, bucket=thumbnails(platform))
    done = publish("smk", by="Ida", why="first")
    assert done.success
    assert {check.check_name for check in done.get_asset_check_evaluations()} == {rule.name for rule in RULES}
    assert all(check.passed for check in done.get_asset_check_evaluations())
    made = done.asset_materializations_for_node("promoted_database")[0].metadata
    assert made["release"].value == 1
    assert "| artwork | 6 | 0 | 0 | 0 |" in str(made["summary"].value)

    with work.platform.connect() as conn:
        conn.execute("UPDATE staging.artwork SET production_date_end = -1 WHERE object_number = 'N2'")
    stopped = publish("smk", by="Ida", why="second")
    assert not stopped.success
    assert [check.check_name for check in stopped.get_asset_check_evaluations() if not check.passed] == [
        "impossible_years"
    ]
    assert not stopped.asset_materializations_for_node("promoted_database")
    with work.production.connect() as conn:
        assert live(conn, "smk") == 1


def test_a_kiosk_museum_is_published_by_the_same_assets(work: Workplace) -> None:
    with work.platform.connect() as conn:
        stage_kiosks(conn)
    assert publish("lmnh", by="Ida", why="first").success
    assert publish("lmnh", by="Ida", why="second").success
    with work.production.connect() as conn:
        (row,) = conn.execute("SELECT exhibition_code, rating, label, release_id FROM production.review").fetchall()
        assert row == {"exhibition_code": "EXH_00", "rating": 4, "label": "Amazing", "release_id": 2}
    back = rollback_release.execute_in_process(
        resources={"releases": Releases()},
        run_config={"ops": {"roll_back": {"config": {"museum": "lmnh", "by": "Ida", "why": "wrong"}}}},
    )
    assert back.success
    with work.production.connect() as conn:
        assert live(conn, "lmnh") == 1


def test_forcing_needs_who_and_why(work: Workplace) -> None:
    with work.platform.connect() as conn:
        stage_kiosks(conn)
    assert not publish("lmnh", force=True).success
