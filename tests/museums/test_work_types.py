import csv
from pathlib import Path

import pytest

from museum_assets.museums import work_types
from museum_assets.museums.work_types import SEARCHABLE, standardise


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("Painting", ("painting",)),
        ("paintings", ("painting",)),
        ("prints and drawings", ("drawing", "print")),
        ("Drawing and Watercolor", ("drawing", "watercolor")),
        ("Miniature Painting", ("painting", "miniature")),
        ("watercolour", ("watercolor",)),
        ("Watercolours", ("watercolor",)),
        ("gouache", ("gouache",)),
        ("Gouaches", ("gouache",)),
        ("busts", ("bust",)),
        ("blueprint", ()),
        ("combustion", ()),
        ("Designer", ()),
        ("fingerprints", ()),
        ("Photograph", ()),
        ("", ()),
        ("maleri", ("painting",)),
        ("  MALERI ", ("painting",)),
        ("tegning", ("drawing",)),
        ("Buste", ("bust",)),
        ("akvarel", ("watercolor",)),
        ("akvatinte", ("aquatint",)),
        ("pastel", ("pastel",)),
        ("grafik", ("print",)),
        ("schilderij", ("painting",)),
        ("tekening", ("drawing",)),
        ("aquarel", ("watercolor",)),
        ("prent", ("print",)),
        ("ornamenttekening", ("drawing",)),
        ("ornamental drawing", ("drawing",)),
        ("Kopie naar prent", ("print",)),
        ("copy after print", ("print",)),
        ("waterverftekening", ("drawing", "watercolor")),
        ("altertavle (maleri)", ("painting",)),
    ],
)
def test_one_term(term: str, expected: tuple[str, ...]) -> None:
    assert standardise([term]) == expected


def test_several_terms_come_once_each_and_in_the_standard_order() -> None:
    assert standardise(["gouache", "tegning", "Drawings", "maleri", "unknown"]) == (
        "drawing",
        "painting",
        "gouache",
    )


@pytest.mark.parametrize("searchable", SEARCHABLE)
def test_every_searchable_type_is_found_singular_and_plural(searchable: str) -> None:
    assert standardise([searchable]) == standardise([f"{searchable}s"]) == (searchable,)


def test_the_table_is_fit_for_a_curator() -> None:
    table = Path(work_types.__file__).with_name("work_types.csv")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {tuple(row) for row in rows} == {("term", "language", "standard")}
    assert {row["language"] for row in rows} == {"da", "nl", "en"}
    assert all(value == value.strip() and value for row in rows for value in row.values())
    terms = [row["term"].lower() for row in rows]
    assert sorted(terms) == sorted(set(terms)), "a term stands twice: only the last row would count"
