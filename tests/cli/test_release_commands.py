"""`museum release`: what is printed, for people and as JSON, and how it exits."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg  # noqa: TID251 - what the UI shows
import pytest
from typer.testing import CliRunner, Result

from museum_assets.cli.app import app
from museum_assets.cli.session import connected
from museum_assets.failures import MuseumError
from museum_assets.releases.workplace import Workplace
from museum_assets.settings import Settings
from resources.platform import thumbnails
from resources.postgres import scalar
from tests.release_fixtures import work
from tests.release_tables import stage

__all__ = ["work"]

pytestmark = pytest.mark.integration


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["release", *arguments])


def answer(*arguments: str, code: int = 0) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout)


def test_from_staging_to_rollback(work: Workplace, platform: Settings) -> None:
    stage(work.platform, "smk", 6, bucket=thumbnails(platform))
    assert answer("stage", "smk")["artwork"] == 6
    seen = answer("promote", "smk", "--dry-run")
    assert seen["would_promote"]
    assert seen["changes"]["artwork"]["added"] == 6
    assert answer("list")["releases"] == []
    assert invoke("promote", "smk").exit_code == 2, "without --why"
    assert answer("promote", "smk", "--why", "first")["release"] == 1

    stage(work.platform, "smk", 3, say=" [b]", bucket=thumbnails(platform))
    invoke("stage", "smk")
    shown = invoke("diff", "smk").output
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

    (two, one) = answer("list", "--museum", "smk")["releases"]
    assert (two["release_id"], two["live"], one["live"]) == (2, True, False)
    assert answer("diff", "smk", "2", "1")["artwork"]["removed"] == 3
    assert answer("rollback", "smk", "--why", "wrong half") == {"museum": "smk", "previous": 2, "release": 1}
    assert "wrong half" in invoke("show", "smk", "1").output
    assert answer("show", "smk", "2")["forced"]["fewer_rows"]["why"] == "half was lent"
    assert "out of production" in invoke("retract", "smk", "--why", "rights").output
    assert "nothing to prune" in invoke("prune", "--museum", "smk").output


def test_the_ui_shows_what_commands_made(work: Workplace, platform: Settings) -> None:
    stage(work.platform, "smk", 2, bucket=thumbnails(platform))
    answer("stage", "smk")
    answer("promote", "smk", "--why", "first")
    with connected(for_runs=True), dg.DagsterInstance.get() as instance:
        for asset, told in (("staging_database", {"artwork": 2}), ("promoted_database", {"release": 1})):
            event = instance.get_latest_materialization_event(dg.AssetKey(asset))
            assert event
            assert (made := event.asset_materialization)
            assert made.partition == "smk"
            assert {name: made.metadata[name].value for name in told} == told


def test_what_dagster_cannot_be_told_stands(work: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise dg.DagsterInvariantViolationError("no storage")

    monkeypatch.setattr(dg.DagsterInstance, "get", away)
    stage(work.platform, "smk", 2)
    told = invoke("stage", "smk")
    assert isinstance(told.exception, MuseumError)
    assert "staging_database of smk is made and stands" in str(told.exception)
    assert "DAGSTER_POSTGRES_URL" in str(told.exception)
    with work.platform.connect() as conn:
        assert scalar(conn, "SELECT count(*) FROM candidate.artwork") == 2


def test_the_candidate_follows_a_migration_of_production(work: Workplace) -> None:
    assert answer("sync-schema") == {"differed": []}
    with work.production.connect() as conn:
        conn.execute("ALTER TABLE production.artwork_release ADD COLUMN credit text")
    blocked = invoke("stage", "smk")
    assert isinstance(blocked.exception, MuseumError)
    assert "artwork.credit is missing, production has text" in str(blocked.exception)
    assert "museum release sync-schema" in str(blocked.exception)
    assert "made anew" in invoke("sync-schema").output
    assert answer("sync-schema") == {"differed": []}


def test_an_unknown_museum_is_named() -> None:
    result = invoke("diff", "louvre")
    assert result.exit_code == 2
    assert "louvre" in result.output
