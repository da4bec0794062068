"""Whatever a stored record holds in any place, reading it gives an artwork or a rejection, and never a crash."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.collection.artworks.mapping import read_records
from museum_assets.core.crashes import Crash
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.keys import LONGEST_KEY
from museum_assets.simulator.hostile import Poison, poisoned
from museum_assets.simulator.server import Simulator
from tests.support.museum_records import WILD

SIMULATOR = Simulator(60)
STORABLE = WILD | st.sampled_from(
    [2**63, -(2**63), 1e308, "9" * 5_000, "\x92", "x" * 5_000, "1000000000", "http://xn--/"]
)


def good_record(slug: str) -> dict[str, Any]:
    """A record of the simulator that is read as an artwork."""
    collection = SIMULATOR.collections[slug]
    for n in range(collection.source.count):
        record = collection.source.record(n, "http://127.0.0.1:1")
        if slug == "rma":
            record = {"identifier": f"https://id.rijksmuseum.nl/{record.id}", "edm": record.rdf("flat")}
        if isinstance(outcome(slug, record)[1], bytes):
            return dict(record)
    raise AssertionError(f"no work of {slug} is good")


def outcome(slug: str, record: Any) -> Any:
    (result,) = read_records(museum(slug), ["1"], [1], [orjson.dumps(record)])
    assert not isinstance(result[1], Crash), result[1].traceback
    return result


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) within a value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


RECORDS = {slug: good_record(slug) for slug in MUSEUMS}


@pytest.mark.parametrize("slug", MUSEUMS)
@given(data=st.data())
def test_any_value_in_any_place_is_an_artwork_or_rejected(slug: str, data: st.DataObject) -> None:
    record = copy.deepcopy(RECORDS[slug])
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(record)))
        value = data.draw(STORABLE)
        try:
            orjson.dumps(value)
        except TypeError:
            continue  # never stored: the harvest fails it
        container[key] = value
    outcome(slug, record)


@pytest.mark.parametrize("slug", [slug for slug in MUSEUMS if slug != "rma"])
@pytest.mark.parametrize("poison", Poison)
def test_every_poison_that_can_be_stored_is_read_or_rejected(slug: str, poison: Poison) -> None:
    record = poisoned(slug, RECORDS[slug], poison)
    try:
        orjson.dumps(record)
    except TypeError:
        return
    code = outcome(slug, record)[0]
    if poison is Poison.LONG_NUMBER:
        assert code == "object_number_too_long"


@pytest.mark.parametrize(("letter", "bytes_each"), [("x", 1), ("é", 2), ("𝄞", 4)])
def test_an_object_number_is_bounded_in_bytes(letter: str, bytes_each: int) -> None:
    most = LONGEST_KEY // bytes_each
    number, row, _ = outcome("smk", RECORDS["smk"] | {"object_number": letter * most})
    assert (number, type(row)) == (letter * most, bytes)
    code, message = outcome("smk", RECORDS["smk"] | {"object_number": letter * (most + 1)})
    assert code == "object_number_too_long"
    assert f"has {most + 1:,} characters" in message
