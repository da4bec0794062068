"""Correcting on the command line: made, listed, seen by `where`, reviewed, kept and dropped."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from museum_assets.cli.app import app
from museum_assets.collection.corrections.request import NotCorrected
from resources.platform import Platform
from tests.support.transforms import payload, put, run


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def answer(*arguments: str) -> Any:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def test_a_correction_from_beginning_to_end(platform: Platform, tmp_path: Path) -> None:
    database = platform.database()
    put(database, payload("a", "KMS1", title="Vinter"), payload("b", "KMS2"))
    run(database)
    told = invoke("correct", "smk:KMS1", "title=Winter", "artists=Anna Ancher; Michael Ancher", "--why", "the frame")
    assert told.exit_code == 0, told.exception
    assert re.search(r"correction \d+: smk:KMS1 title: Vinter → Winter", told.stdout)
    assert "`museum run transformed_artworks --museum smk` applies it at once" in told.stdout
    run(database)
    put(database, payload("a", "KMS1", title="Vinteren"))
    run(database)

    (story,) = answer("where", "smk:KMS1")
    title, artists = sorted(story["corrections"], key=lambda each: each["field"], reverse=True)
    assert (story["title"], title["source"], title["value"], title["why"]) == (
        "Winter", "Vinteren", "Winter", "the frame"
    )  # fmt: skip
    assert [maker["name"] for maker in story["makers"]] == ["Anna Ancher", "Michael Ancher"]
    shown = invoke("where", "smk:KMS1").stdout
    assert "Corrections of smk:KMS1" in shown
    assert "Makers of smk:KMS1" in shown
    (changed,) = answer("corrections", "list", "--changed", "-m", "smk")
    assert changed["id"] == title["id"]
    assert "the museum now says Vinteren" in " ".join(invoke("corrections", "review", str(title["id"])).stdout.split())
    assert answer("corrections", "keep", str(title["id"])) == [{"id": title["id"], "seen": "Vinteren"}]
    assert answer("corrections", "list", "--changed") == []
    dropped = answer("corrections", "drop", str(title["id"]), str(artists["id"]), "--by", "Ida")
    assert {each["id"] for each in dropped} == {title["id"], artists["id"]}
    assert answer("corrections", "list") == []
    assert {each["dropped_by"] for each in answer("corrections", "list", "--all")} == {"Ida"}

    file = tmp_path / "many.csv"
    file.write_text("artwork,field,value\nsmk:KMS2,title,Spring\nsmk:KMS9,title,Summer\n")
    refused = invoke("correct", "--file", str(file), "--why", "list of June")
    assert isinstance(refused.exception, NotCorrected)
    assert "line 3: smk:KMS9: no record has this object number" in str(refused.exception)
    assert answer("corrections", "list") == []


def test_what_is_left_out_is_asked_for() -> None:
    for arguments in ([], ["smk:KMS1"], ["smk:KMS1", "title"], ["smk:KMS1", "title=a", "title=b"]):
        assert invoke("correct", *arguments, "--why", "x").exit_code == 2, arguments
