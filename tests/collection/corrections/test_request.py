"""Corrections as people write them: arguments, and files of many in which each error has its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from museum_assets.collection.corrections.request import NotCorrected, from_text, read_file, requested
from museum_assets.core.failures import MuseumError


def test_texts_stand_for_values() -> None:
    assert from_text("title", " Winter; or spring ") == "Winter; or spring"
    assert from_text("artists", "Anna Ancher; ;Michael Ancher") == ["Anna Ancher", "Michael Ancher"]
    assert (from_text("title", ""), from_text("artists", "")) == (None, [])


def test_an_unknown_field_is_refused_with_those_there_are() -> None:
    with pytest.raises(MuseumError, match=r"'titel' is no field .*: choose from object_number, title, artists"):
        requested("smk:KMS1", "titel", "x", why="x", until=None)
    for field in ("museum", "museum_db_id", "text_repairs"):
        with pytest.raises(MuseumError, match="is no field"):
            requested("smk:KMS1", field, "x", why="x", until=None)


@pytest.mark.parametrize(
    ("artwork", "field", "value", "why", "until", "told"),
    [
        ("KMS1", "title", "x", "x", None, "'KMS1' is not museum:object_number"),
        ("louvre:1", "title", "x", "x", None, "museums: smk"),
        ("smk:1", "title", "x", " ", None, "does not say why"),
        ("smk:1", "title", "x", "x", "next year", "write it as 2027-06-30"),
        ("smk:1", "exclude", "yes", "x", None, "exclude takes no value"),
    ],
)
def test_what_is_wrong_is_said(artwork: str, field: str, value: str, why: str, until: str | None, told: str) -> None:
    with pytest.raises(MuseumError, match=told):
        requested(artwork, field, value, why=why, until=until)


def test_a_file_of_many(tmp_path: Path) -> None:
    table, listing = tmp_path / "many.csv", tmp_path / "many.json"
    table.write_text(
        "artwork,field,value,why,until\nsmk:KMS1,title,\"Winter, at sea\",the frame says so,2027-06-30\n"
        "met:1,artists,A; B,,\nmet:2,exclude,,,\n"
    )  # fmt: skip
    listing.write_text(
        '[{"artwork": "smk:KMS1", "field": "title", "value": "Winter, at sea", "why": "the frame says so",'
        ' "until": "2027-06-30"}, {"artwork": "met:1", "field": "artists", "value": ["A", "B"]},'
        ' {"artwork": "met:2", "field": "exclude"}]'
    )
    for file in (table, listing):
        found = read_file(file, why="list of June", until=None)
        assert [(each.name, each.kind, each.field, each.value, each.why, each.until) for each in found] == [
            ("smk:KMS1", "field", "title", "Winter, at sea", "the frame says so", date(2027, 6, 30)),
            ("met:1", "field", "artists", ["A", "B"], "list of June", None),
            ("met:2", "exclude", "", None, "list of June", None),
        ]


def test_each_error_of_a_file_has_its_line(tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    file.write_text(
        "artwork,field,value,why\nsmk:KMS1,title,Winter,x\nKMS2,title,Winter,x\nsmk:KMS3,titel,Winter,x\n"
        "smk:KMS4,title,Winter\nsmk:KMS1,title,Frost,x\n"
    )
    with pytest.raises(NotCorrected) as refused:
        read_file(file, why="", until=None)
    lines = [problem.partition(":")[0] for problem in refused.value.problems]
    assert lines == ["line 3", "line 4", "line 5", "line 6"]
    assert "quote a text with commas" in refused.value.problems[2]
    assert refused.value.problems[3] == "line 6: smk:KMS1 title stands in line 2 already"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("many.csv", "artwork;field;value\n", "no column artwork, field, value"),
        ("many.csv", "artwork,field,value\n", "holds no corrections"),
        ("many.json", '{"artwork": "smk:KMS1"}', "should be a list of objects"),
        ("many.json", "[", "is no JSON"),
        ("many.json", '[{"artwork": "smk:KMS1", "feld": "title"}]', "entry 1: unknown: feld"),
        ("many.json", '[{"artwork": 5}]', "entry 1: artwork should be text and is 5"),
        ("many.txt", "", "neither .csv nor .json"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, name: str, text: str, told: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    with pytest.raises(MuseumError, match=told):
        read_file(file, why="x", until=None)
