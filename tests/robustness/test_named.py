"""The model of makers and places agrees with what the simulator serves, whichever museum's words it is in."""

from __future__ import annotations

import json

import pytest

from museum_assets.simulator.server import Simulator
from museum_assets.simulator.towns import TOWNS
from museum_assets.simulator.works import ARTISTS
from tests.robustness.named import PLACES, NamedMaker, NamedPlace, makers_of, place_of
from tests.robustness.plan import SLUGS
from tests.robustness.truth import works_of

NEWPORT = next(town for town in TOWNS if town.name == "Newport")


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return Simulator(60)


def test_every_artist_and_every_town_is_an_entry_of_its_own() -> None:
    assert len({NamedMaker(artist.name, artist, dated=True).entry for artist in ARTISTS}) == len(ARTISTS)
    assert len({PLACES[town] for town in TOWNS}) == len(TOWNS)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_museum_names_whom_and_what_the_model_says(simulator: Simulator, slug: str) -> None:
    source, works = simulator.collections[slug].source, works_of(simulator, slug)
    places = 0
    for n in range(works.count):
        work = works.work(n)
        record = source.record(n, "http://simulator")
        said = record.cho + record.entities if slug == "rma" else json.dumps(record, ensure_ascii=False)
        place = place_of(slug, work)
        places += place is not None
        named = [maker.name for maker in makers_of(slug, work)] + ([place.name] if place else [])
        assert [name for name in named if name not in said] == []
    assert places


def test_the_met_says_years_of_the_first_maker_alone(simulator: Simulator) -> None:
    works = works_of(simulator, "met")
    pairs = [makers for n in range(works.count) if len(makers := makers_of("met", works.work(n))) > 1]
    assert pairs
    assert {tuple(maker.dated for maker in makers) for makers in pairs} == {(True, False)}


def test_a_town_whose_name_others_have_needs_its_country_or_its_point() -> None:
    point = NEWPORT.latitude, NEWPORT.longitude
    assert NamedPlace("Newport", NEWPORT).whereabouts is None
    assert NamedPlace("Newport", NEWPORT, "United Kingdom").whereabouts == (*point, f"simulated:{PLACES[NEWPORT]}")
    assert NamedPlace("51.5842,-2.9977", NEWPORT, mapped=True).whereabouts == (*point, None)
