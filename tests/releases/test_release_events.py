"""What Dagster's page of promoted_database shows of a promotion, a rollback and a retraction by job."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import dagster as dg  # noqa: TID251 - it is Dagster's view that is tried here
import pytest

from museum_assets.releases.assets.jobs import retract_museum, roll_back_release
from museum_assets.releases.assets.metadata import promoted_metadata
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.exports.archive import export, restore
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.rollback import roll_back
from museum_assets.releases.record import find
from museum_assets.releases.staging.candidate import stage_candidate
from resources.dagster_resources import configured_resources
from resources.platform import Platform
from tests.support.release_fixtures import Publish, add_demo_vector
from tests.support.release_tables import stage

pytestmark = pytest.mark.integration


def shown(instance: dg.DagsterInstance) -> dict[str, Any]:
    event = instance.get_latest_materialization_event(dg.AssetKey("promoted_database"))
    assert event
    made = event.asset_materialization
    assert made
    assert made.partition == "smk"
    return {name: value.value for name, value in made.metadata.items()}


def run(instance: dg.DagsterInstance, job: dg.JobDefinition, op: str) -> None:
    config = {"ops": {op: {"config": {"museum": "smk", "by": "Ida", "why": "wrong titles"}}}}
    assert job.execute_in_process(resources=configured_resources(), run_config=config, instance=instance).success


def test_a_rollback_and_a_retraction_by_job_leave_their_events(desk: ReleaseDesk, publish: Publish) -> None:
    publish(works=3)
    publish(works=3, say=" v2")
    who = {"by": "Ida", "why": "wrong titles"}
    with dg.DagsterInstance.ephemeral() as instance:
        run(instance, roll_back_release, "roll_back")
        assert shown(instance) == {"verb": "roll back", "release": 1, "release before": 2, **who}
        run(instance, retract_museum, "retract")
        assert shown(instance) == {"verb": "retract", "release": "none", "release before": 1, **who}


def test_a_promotion_says_what_it_pruned(desk: ReleaseDesk, publish: Publish) -> None:
    for number in range(1, desk.kept + 1):
        publish(works=3, say=f" v{number}")
    done = publish(works=3, say=" the last")
    assert done.pruned == [1]
    shown = promoted_metadata(done, PromotionRequest("smk", "Ida", "test"))
    assert (shown["pruned"], shown["verb"], shown["by"], shown["why"]) == ("1", "promote", "Ida", "test")


def test_vectors_of_the_demos_model_go_along_with_a_release_by_name(desk: ReleaseDesk, platform: Platform) -> None:
    stage(desk.platform, "smk", 3, bucket=platform.thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")
    desk = replace(desk, demo=False)
    add_demo_vector(desk)
    request = PromotionRequest("smk", "Ida", "a demo")
    done = promote(desk, request)
    (warning,) = done.warnings
    assert "1 vectors are of the demo's model" in warning
    assert "CLIP_WEIGHTS" in warning
    shown = promoted_metadata(done, request)
    assert shown["warnings"] == warning
    assert shown["promoted over"] == "nothing", "a warning is nothing that had to be forced"
    assert shown["summary"].value.startswith("**Warning:** 1 vectors")
    with desk.production.connect() as conn:
        release = find(conn, "smk", done.release.id)
    assert (release["warnings"], release["message"], release["forced"]) == ([warning], None, {})


def test_a_release_with_a_warning_is_one_to_go_back_to(desk: ReleaseDesk, publish: Publish, platform: Platform) -> None:
    stage(desk.platform, "smk", 3, bucket=platform.thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")
    desk = replace(desk, demo=False)
    add_demo_vector(desk)
    assert promote(desk, PromotionRequest("smk", "Ida", "a demo")).warnings
    publish(works=3, say=" v2")
    assert roll_back(desk.production, "smk", by="Ida", why="wrong titles") == (2, 1)


def test_a_restored_release_has_the_warnings_of_the_exported_one(desk: ReleaseDesk, platform: Platform) -> None:
    platform.release_archive().ensure_bucket()
    stage(desk.platform, "smk", 3, bucket=platform.thumbnails())
    stage_candidate(desk.platform, desk.production, "smk")
    desk = replace(desk, demo=False)
    add_demo_vector(desk)
    done = promote(desk, PromotionRequest("smk", "Ida", "a demo"))
    buckets = platform.production_thumbnails(), platform.release_archive()
    assert export(desk, *buckets, "smk", done.release.id).warnings == done.warnings
    restored = restore(desk, *buckets, ("smk", done.release.id), by="Ida", why="lost")
    with desk.production.connect() as conn:
        assert find(conn, "smk", restored.id)["warnings"] == done.warnings
