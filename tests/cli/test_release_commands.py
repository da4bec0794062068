"""`museum release`: what is printed, for people and as JSON, and how it exits."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg  # noqa: TID251 - what the UI shows
import pytest
from typer.testing import CliRunner, Result

from museum_assets.cli.app import app
from museum_assets.cli.session import connected
from museum_assets.core.failures import MuseumError
from museum_assets.releases.desk import ReleaseDesk
from resources.platform import Platform
from resources.postgres import scalar
from tests.support.release_fixtures import add_demo_vector, desk
from tests.support.release_tables import stage

__all__ = ["desk"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["release", *arguments])


def answer(*arguments: str, code: int = 0) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout)


def test_from_staging_to_rollback(desk: ReleaseDesk, platform: Platform) -> None:
    stage(desk.platform, "smk", 6, bucket=platform.thumbnails())
    assert answer("stage", "smk")["artwork"] == 6
    seen = answer("promote", "smk", "--dry-run")
    assert seen["would_promote"]
    assert seen["changes"]["artwork"]["added"] == 6
    assert answer("list")["releases"] == []
    assert invoke("promote", "smk").exit_code == 2, "without --why"
    assert answer("promote", "smk", "--why", "first")["release"] == 1

    stage(desk.platform, "smk", 3, say=" [b]", bucket=platform.thumbnails())
    invoke("stage", "smk")
    shown = invoke("compare", "smk").output
    assert "title: Work 1 → Work 1 [b]" in shown
    dry = invoke("promote", "smk", "--dry-run")
    assert dry.exit_code == 1
    assert "fewer_rows" in dry.output
    blocked = invoke("promote", "smk", "--why", "half")
    assert isinstance(blocked.exception, MuseumError)
    assert "museum release accept" in str(blocked.exception)
    assert invoke("accept", "smk", "empty_text", "--why", "x", "--until", "2999-01-01").exit_code == 2
    answer("accept", "smk", "fewer_rows", "--why", "half was lent", "--until", "2999-01-01", "--by", "Bo")
    assert answer("list")["accepted"][0]["accepted_by"] == "Bo"
    assert "half was lent" in invoke("list").output
    assert "Accepted by Bo" in invoke("promote", "smk", "--why", "half").output

    (two, one) = answer("list", "smk")["releases"]
    assert (two["release_id"], two["live"], one["live"]) == (2, True, False)
    assert answer("compare", "smk", "2", "1")["artwork"]["removed"] == 3
    assert answer("rollback", "smk", "--why", "wrong half") == {"museum": "smk", "previous": 2, "release": 1}
    assert "wrong half" in invoke("show", "smk", "1").output
    assert answer("show", "smk", "2")["forced"]["fewer_rows"]["why"] == "half was lent"
    assert answer("show", "smk")["release_id"] == 1, "without a number it is the live one"
    assert "out of production" in invoke("retract", "smk", "--why", "rights").output
    nothing = invoke("show", "smk")
    assert "no release of smk is live: see `museum release list smk`" in str(nothing.exception)
    assert "nothing to prune" in invoke("prune", "smk").output


def test_the_ui_shows_what_commands_made(desk: ReleaseDesk, platform: Platform) -> None:
    stage(desk.platform, "smk", 2, bucket=platform.thumbnails())
    answer("stage", "smk")
    answer("promote", "smk", "--why", "first")
    with connected(for_runs=True), dg.DagsterInstance.get() as instance:
        for asset, told in (("staging_database", {"artwork": 2}), ("promoted_database", {"release": 1})):
            event = instance.get_latest_materialization_event(dg.AssetKey(asset))
            assert event
            assert (made := event.asset_materialization)
            assert made.partition == "smk"
            assert {name: made.metadata[name].value for name in told} == told


def test_the_candidate_is_validated_and_previewed_before_it_is_promoted(desk: ReleaseDesk, platform: Platform) -> None:
    missing = invoke("validate", "smk")
    assert "smk has no candidate: run `museum release stage smk`" in str(missing.exception)
    stage(desk.platform, "smk", 4, bucket=platform.thumbnails())
    answer("stage", "smk")
    good = answer("validate", "smk")
    assert good["valid"]
    assert good["rules"]["duplicate_museum_ids"]["result"] == "passed"
    assert good["rules"]["demo_vectors"]["result"] == "nothing to check"
    with desk.platform.connect() as conn:
        conn.execute("UPDATE candidate.artwork SET museum_db_id = 'r1' WHERE object_number = 'N2'")
    bad = answer("validate", "smk", code=1)
    assert (bad["valid"], bad["rules"]["duplicate_museum_ids"]["result"]) == (False, "fails")
    shown = invoke("validate", "smk")
    assert shown.exit_code == 1
    assert "Every artwork has a searchable work type" in shown.output, "what holds is listed too"
    previewed = answer("preview", "smk", code=1)
    assert previewed == answer("promote", "smk", "--dry-run", code=1)
    assert not previewed["would_promote"]
    assert answer("preview", "smk", "--force-invalid")["would_promote"]
    assert answer("list", "smk", "lmnh")["releases"] == [], "nothing was done"


def test_a_promotion_prints_what_it_pruned(desk: ReleaseDesk, platform: Platform) -> None:
    for number in range(desk.kept + 1):
        stage(desk.platform, "smk", 2, say=f" v{number}", bucket=platform.thumbnails())
        answer("stage", "smk")
        last = invoke("promote", "smk", "--why", "again").output
        assert ("pruned: release 1" if number == desk.kept else "pruned: nothing") in last


def test_vectors_of_the_demos_model_are_said_where_a_release_is_made_listed_and_shown(
    desk: ReleaseDesk, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSEUM_PROFILE", "dev")
    stage(desk.platform, "smk", 3, bucket=platform.thumbnails())
    answer("stage", "smk")
    add_demo_vector(desk)
    assert answer("validate", "smk")["rules"]["demo_vectors"]["result"] == "warns", "and it is valid"
    for command in (("promote", "smk", "--why", "a demo"), ("list", "smk"), ("show", "smk")):
        said = " ".join(invoke(*command).output.replace("│", " ").split())
        assert "of the demo's model" in said, command


def test_rollbacks_and_retractions_are_shown_by_the_ui(desk: ReleaseDesk, platform: Platform) -> None:
    for say in ("", " v2"):
        stage(desk.platform, "smk", 2, say=say, bucket=platform.thumbnails())
        answer("stage", "smk")
        answer("promote", "smk", "--why", "again")
    moves = {
        ("rollback", "smk"): {"verb": "roll back", "release": 1, "release before": 2},
        ("retract", "smk"): {"verb": "retract", "release": "none", "release before": 1},
    }
    for command, facts in moves.items():
        answer(*command, "--why", "wrong titles", "--by", "Bo")
        with connected(for_runs=True), dg.DagsterInstance.get() as instance:
            event = instance.get_latest_materialization_event(dg.AssetKey("promoted_database"))
            assert event
            made = event.asset_materialization
        assert made
        assert made.partition == "smk"
        assert {name: value.value for name, value in made.metadata.items()} == {
            **facts, "by": "Bo", "why": "wrong titles"}  # fmt: skip


def test_what_is_left_out_is_named_with_what_to_add(desk: ReleaseDesk) -> None:
    for command in (("promote", "smk"), ("rollback", "smk"), ("retract", "smk")):
        result = invoke(*command)
        assert result.exit_code == 2
        assert "--why" in result.output


def test_what_dagster_cannot_be_told_stands(desk: ReleaseDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise dg.DagsterInvariantViolationError("no storage")

    monkeypatch.setattr(dg.DagsterInstance, "get", away)
    stage(desk.platform, "smk", 2)
    told = invoke("stage", "smk")
    assert isinstance(told.exception, MuseumError)
    assert "staging_database of smk is made and stands" in str(told.exception)
    assert "DAGSTER_POSTGRES_URL" in str(told.exception)
    with desk.platform.connect() as conn:
        assert scalar(conn, "SELECT count(*) FROM candidate.artwork") == 2


def test_the_candidate_follows_a_migration_of_production(desk: ReleaseDesk) -> None:
    assert answer("sync-schema") == {"differed": []}
    with desk.production.connect() as conn:
        conn.execute("ALTER TABLE production.artwork_release ADD COLUMN credit text")
    blocked = invoke("stage", "smk")
    assert isinstance(blocked.exception, MuseumError)
    assert "artwork.credit is missing, production has text" in str(blocked.exception)
    assert "museum release sync-schema" in str(blocked.exception)
    assert "made anew" in invoke("sync-schema").output
    assert answer("sync-schema") == {"differed": []}


def test_an_unknown_museum_is_named() -> None:
    result = invoke("compare", "louvre")
    assert result.exit_code == 2
    assert "louvre" in result.output
