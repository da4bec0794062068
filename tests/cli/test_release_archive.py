"""`museum release export`, `restore`, `exports`, `canary`, and `museum similar --production`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from museum_assets.cli.app import app
from museum_assets.core.failures import MuseumError
from museum_assets.releases.desk import ReleaseDesk
from resources.platform import Platform
from tests.support.little_production import LittleProduction, Work
from tests.support.release_fixtures import desk
from tests.support.release_tables import stage

__all__ = ["desk"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def answer(*arguments: str, code: int = 0) -> Any:
    result = invoke("release", *arguments, "--json")
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture
def promoted(desk: ReleaseDesk, platform: Platform) -> ReleaseDesk:
    platform.release_archive().ensure_bucket()
    stage(desk.platform, "smk", 6, bucket=platform.thumbnails())
    answer("stage", "smk")
    assert answer("promote", "smk", "--why", "first")["release"] == 1
    return desk


def test_a_release_is_exported_and_restored(promoted: ReleaseDesk) -> None:
    assert answer("exports", "smk") == []
    manifest = answer("export", "smk", "1")
    assert (manifest["release"], manifest["thumbnails"]) == (1, 6)
    assert {table["name"]: table["rows"] for table in manifest["tables"]}["artwork"] == 6
    assert "6 thumbnails" in invoke("release", "export", "smk", "1").output
    assert "first" in invoke("release", "exports", "smk").output
    assert invoke("release", "restore", "smk", "1").exit_code == 2, "without --why"
    assert answer("restore", "smk", "1", "--why", "a rehearsal", "--by", "Bo")["release"] == 2
    (restored, live) = answer("list", "smk")["releases"]
    assert (restored["state"], restored["live"], restored["made_by"]) == ("ready", False, "Bo")
    assert restored["why"] == "restored from the export of release 1: a rehearsal"
    assert live["live"]
    assert answer("show", "smk", "2")["checksums"] == answer("show", "smk", "1")["checksums"]
    assert answer("rollback", "smk", "--to", "2", "--why", "shown")["release"] == 2
    lost = invoke("release", "restore", "smk", "9", "--why", "x")
    assert isinstance(lost.exception, MuseumError)
    assert "no export of release 9 of smk" in str(lost.exception)


def test_a_canary_is_noted_asked_and_sends_a_promotion_back(promoted: ReleaseDesk, platform: Platform) -> None:
    answer("canary", "add", "smk", "count", "artwork", "--at-least", "6", "--by", "Bo")
    answer("canary", "add", "smk", "object", "N6")
    assert [row["subject"] for row in answer("canary", "list", "smk")] == ["artwork", "N6"]
    assert "Bo" in invoke("release", "canary", "list", "smk").output
    assert answer("canary", "ask", "smk") == {"museum": "smk", "problems": []}

    stage(promoted.platform, "smk", 5, say=" [b]", bucket=platform.thumbnails())
    answer("stage", "smk")
    refused = invoke("release", "promote", "smk", "--why", "fewer", "--force")
    assert isinstance(refused.exception, MuseumError)
    for words in ("rolled back by itself", "fewer than 6", "smk:N6 is missing", "release 1 is live again"):
        assert words in str(refused.exception)
    assert answer("canary", "ask", "smk")["problems"] == []

    assert answer("canary", "remove", "smk", "object", "N6") == {"removed": 1}
    assert answer("canary", "remove", "smk", "object", "N6", code=1) == {"removed": 0}
    assert invoke("release", "canary", "add", "smk", "wish", "x").exit_code == 2


def test_likeness_in_production_shows_the_live_release_and_its_thumbnails(platform: Platform, tmp_path: Path) -> None:
    little = LittleProduction(platform)
    little.promote("smk", 1, {"KMS1": Work("Winter", image=0), "KMS2": Work("Winter too", image=0)})
    little.promote("smk", 2, {"KMS1": Work("Winter", image=0), "KMS3": Work("Winter again", image=0)})
    page = tmp_path / "page.html"
    found = json.loads(invoke("similar", "smk:KMS1", "--production", "--json", "--html", str(page)).stdout)
    assert [(hit["object_number"], hit["release"]) for hit in found] == [("KMS3", 2)]
    assert "data:image/jpeg;base64," in page.read_text()
    little.commit("smk", 1)
    assert "Winter too" in invoke("similar", "smk:KMS1", "--production").output
    missing = invoke("similar", "smk:KMS3", "--production")
    assert isinstance(missing.exception, MuseumError)
    assert "smk:KMS3 is not in production" in str(missing.exception)
