"""A museum's own word means what a person says it does, in every record, until that is taken back."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.collection.artworks.mapping import read_records
from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.corrections.listing import corrections
from museum_assets.collection.corrections.make import correct, drop
from museum_assets.collection.corrections.request import from_text, requested
from museum_assets.core.failures import MuseumError
from museum_assets.loop.books import books
from museum_assets.museums import museum
from museum_assets.museums.work_types import SEARCHABLE, shipped, standardise
from resources.platform import Platform
from resources.postgres import scalar
from tests.support.transforms import fate, payload, put
from tests.support.whole_pipeline import run

WORD = "Lysbillede"


def slide(record_id: str, number: str) -> dict[str, Any]:
    return payload(record_id, number) | {"object_names": [{"name": WORD}]}


def transformed(platform: Platform) -> int:
    """Run the transform; return how many records it took."""
    count = run(platform, "smk", transformed_artworks.name).processed
    with platform.database().connect() as conn:
        contract = transformed_artworks.contract(platform, "smk")
        found = books(conn, "smk", transformed_artworks, contract)
    assert (found.accounted, found.pending, found.made) == (found.inputs, 0, found.stored)
    return count


def test_a_mapped_term_brings_records_in_and_out_again(platform: Platform) -> None:
    database = platform.database()
    put(database, slide("a", "1"), payload("b", "2"))
    assert transformed(platform) == 2
    assert fate(database, "a")[:2] == ("rejected", "work_type_out_of_scope")
    asked = requested("smk", f"term:{WORD}", from_text(f"term:{WORD}", "painting; drawing"), why="seen", until=None)
    with database.connect() as conn:
        (made,) = correct(conn, [asked], by="Ida")
        assert (made.field, made.replaced, made.value) == ("lysbillede", [], ["drawing", "painting"])
        assert [each.unchanged for each in correct(conn, [asked], by="Ida")] == [True]
    assert (transformed(platform), transformed(platform)) == (2, 0)
    with database.connect() as conn:
        statement = "SELECT searchable_work_types FROM staging.artwork WHERE record_id = 'a'"
        assert scalar(conn, statement) == ["drawing", "painting"]
        (found,) = corrections(conn, ["smk"])
        assert (found.source, found.changed, found.state) == ([], False, "in effect")
        (field,) = correct(conn, [requested("smk:1", "title", "A slide", why="seen", until=None)], by="Ida")
        drop(conn, [made.id or 0, field.id or 0], by="Ida")
    assert transformed(platform) == 2
    assert fate(database, "a")[:2] == ("rejected", "work_type_out_of_scope")


def test_what_is_remembered_of_other_terms_is_forgotten() -> None:
    smk = museum("smk")
    assert (standardise([WORD]), standardise(["maleri"])) == ((), ("painting",))
    try:
        read_records(smk, ["1"], [1], [b"{}"], terms={"lysbillede": "print", "maleri": ""})
        assert (standardise([WORD]), standardise(["maleri"]), shipped("Maleri")) == (("print",), (), ("painting",))
    finally:
        read_records(smk, ["1"], [1], [b"{}"])
    assert (standardise([WORD]), standardise(["maleri"])) == ((), ("painting",))


@pytest.mark.parametrize(
    ("artwork", "field", "value", "told"),
    [
        ("smk", "term:altertavle", ["boat"], "'boat' cannot be searched for: give some of drawing, painting"),
        ("smk", "term:altertavle", "painting", "'painting' cannot be searched for"),
        ("smk:KMS1", "term:altertavle", ["painting"], "'smk:KMS1' is no museum whose term could be mapped"),
        ("smk", "term: ", ["painting"], "is no museum whose term"),
    ],
)
def test_what_is_wrong_with_a_term(artwork: str, field: str, value: Any, told: str) -> None:
    with pytest.raises(MuseumError, match=told):
        requested(artwork, field, value, why="x", until=None)


def test_several_types_stand_in_the_order_of_a_search() -> None:
    asked = requested("smk", "term:  Alter  Tavle", ["print", "painting"], why="x", until=None)
    assert (asked.field, asked.value) == ("alter tavle", sorted(["print", "painting"], key=SEARCHABLE.index))
