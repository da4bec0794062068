"""The commands over the real services: what they print and how they exit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import dagster as dg  # noqa: TID251 - its instance is replaced by one in memory
import pytest
from typer.testing import CliRunner, Result

from museum_assets.cli.app import app
from museum_assets.core.failures import MuseumError
from museum_assets.simulator.server import Running
from resources.platform import Platform
from tests.support import whole_pipeline


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin)


def answer(*arguments: str, code: int = 0) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout)


@pytest.fixture
def finished(simulator: Running, platform: Platform) -> Platform:
    whole_pipeline.run_all(platform, ["smk"])
    return platform


def test_run_status_where_search(finished: Platform, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))
    (ran,) = answer("run", "transformed_artworks", "--museum", "smk", "--force", "--limit", "2")
    assert (ran["museum"], ran["good"], ran["assets"]["transformed_artworks"]["done"]) == ("smk", True, 2)
    assert "transformed_artworks" in invoke("run", "transformed_artworks", "-m", "smk").output
    rows = {row["stage"]: row for row in answer("status", "--museum", "smk")}
    assert rows["image_clip"]["done"] == rows["image_clip"]["inputs"] > 0
    assert "image_clip" in invoke("status").output
    hits = answer("search", "ships in a storm", "--museum", "smk", "--limit", "3")
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    name = f"smk:{hits[0]['object_number']}"
    assert answer("where", name)[0]["steps"][0]["state"] == "done"
    assert len(answer("similar", name, "--limit", "2")) == 2
    page = tmp_path / "found.html"
    assert invoke("search", "ships", "--html", str(page)).exit_code == 0
    assert "data:image/jpeg" in page.read_text()


def test_a_failing_run_exits_with_1(platform: Platform, simulator: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(dg.DagsterInstance.ephemeral))
    (ran,) = answer("run", "raw_metadata", "--museum", "smk", "--since", "2026-01-01", code=1)
    assert not ran["success"]
    assert any("cannot be harvested incrementally" in error for error in ran["errors"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["run", "raw_metdata", "--museum", "smk"], "there is no asset 'raw_metdata'.*raw_metadata"),
        (["where", "smk"], "is not museum:object_number"),
        (["where", "smk:nobody"], "no record of smk is called 'nobody'"),
        (["similar", "louvre:1"], "museums: smk"),
        (["search", "ships", "--museum", "louvre"], "unknown museum 'louvre'"),
        (["search", "ships", "--work-type", "boat"], "unknown work type 'boat'"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(platform: Platform, arguments: list[str], told: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert isinstance(result.exception, MuseumError)
    assert re.search(told, str(result.exception))


def test_an_unknown_museum_is_a_usage_error() -> None:
    result = invoke("status", "--museum", "louvre")
    assert result.exit_code == 2
    assert "unknown museum 'louvre'" in result.output


def test_a_kiosk_museum_is_known_and_the_command_that_shows_it_named() -> None:
    result = invoke("status", "--museum", "lmnh")
    assert result.exit_code == 2
    assert "`museum kiosk status -m lmnh`" in re.sub(r"[\s│]+", " ", result.output)


RECORD = {
    "id": "1", "object_number": "KMS1", "public_domain": True, "object_names": [{"name": "maleri"}],
    "titles": [{"title": "Havnen"}], "image_thumbnail": "https://iip-thumb.smk.dk/1.jpg",
}  # fmt: skip


def test_try_reads_one_record_without_any_service(tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    file.write_text(json.dumps(RECORD))
    assert answer("try", "smk", str(file))["artwork"]["title"] == "Havnen"
    file.write_text(json.dumps(RECORD | {"public_domain": False}))
    assert answer("try", "smk", str(file), code=1)["rejected"] == "not_public_domain"
    assert "Havnen" in invoke("try", "smk", "-", stdin=json.dumps(RECORD)).output
    missing = invoke("try", "smk", str(tmp_path / "none.json"))
    assert "cannot be read" in str(missing.exception)
    file.write_bytes(b"\x1f\x8b\x08")
    assert "Add --all" in str(invoke("try", "smk", str(file)).exception)
