"""`museum backup` and `museum restore` as a person types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from museum_assets.cli.app import app
from museum_assets.operations.backup.manifest import NoBackup
from museum_assets.operations.backup.restore import NotEmpty
from resources.platform import Platform
from tests.support.backups import Empty, dagster_url, empty, little, settled

__all__ = ["dagster_url", "empty", "little", "settled"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def answer(*arguments: str, code: int = 0) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == code, (result.output, result.exception)
    return json.loads(result.stdout)


def test_backed_up_verified_and_restored(little: Platform, empty: Empty, tmp_path: Path) -> None:
    target = str(tmp_path / "target")
    assert isinstance(invoke("backup", "--verify", target).exception, NoBackup)
    said = invoke("backup", target)
    assert said.exit_code == 0
    assert "database platform" in said.output
    made = answer("backup", target)
    assert made["findings"] == []
    assert made["index"]["production"]["smk"]["1"]["points"] == 10
    verified = answer("backup", "--verify", target)
    assert (verified["backup"], verified["damaged"]) == (made["backup"], [])
    assert "every file is the one that was written" in invoke("backup", "--verify", target).output
    assert isinstance(invoke("restore", target).exception, NotEmpty)

    restored = empty()
    back = answer("restore", target)
    assert (back["backup"], back["home"]) == (made["backup"], str(restored.settings.home))
    assert back["databases"] == made["databases"]
    assert answer("release", "list", "smk")["releases"][0]["live"]
    assert "every count and checksum is equal" in (empty(), invoke("restore", target))[1].output


def test_exit_codes_say_what_is_wrong(little: Platform, tmp_path: Path) -> None:
    target = tmp_path / "target"
    little.thumbnails().delete_many(["smk_N3.jpg"])
    made = answer("backup", str(target), code=1)
    assert "smk_N3.jpg" in made["findings"][0]
    assert "finding: 1 recorded thumbnails" in invoke("backup", "--verify", made["backup"]).output
    file = Path(made["backup"]) / "databases/platform.dump.00001"
    file.write_bytes(b"")
    assert "platform.dump.00001" in answer("backup", "--verify", str(target), code=1)["damaged"][0]
    assert "damaged: databases/platform.dump.00001" in invoke("backup", "--verify", str(target)).output


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_without_a_place_it_is_no_command(command: str) -> None:
    assert invoke(command).exit_code == 2
