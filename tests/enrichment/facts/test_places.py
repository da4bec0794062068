"""Where places lie: by the museum's own word or link, by name at the authority, and never by a guess."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.core.failures import Rejected, SlowDown
from museum_assets.core.progress import OnProgress, silent
from museum_assets.core.settings import Settings
from museum_assets.enrichment.facts.checks import coordinates_possible
from museum_assets.enrichment.facts.naming import Found
from museum_assets.enrichment.facts.places import PlaceCoordinates
from museum_assets.enrichment.facts.stages import place_coordinates
from museum_assets.enrichment.facts.whereabouts import Point, entry, larger_country, located, point_in
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts
from museum_assets.museums.place import place
from museum_assets.simulator.authority.settlements import SETTLEMENT
from tests.support.authority_world import AuthorityWorld

PROPERTIES = Settings(_env_file=None).place_properties_asked


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("55.97,12.03", Point(55.97, 12.03)), ("-34, -58.4", Point(-34, -58.4)), ("Point(12.03 55.97)", (55.97, 12.03)),
        (f"{51.4779},{-0.00005}", Point(51.4779, -0.00005)), ("1e9,2", None), ("12.03", None),
        ("Paris, France", None), ("1,2,3", None),
    ],
)  # fmt: skip
def test_a_point_is_read_as_it_is_written(text: str, point: Point | None) -> None:
    assert point_in(text) == point


def newport(id_: str, country: str, where: str) -> Any:
    return entry(Found(id_, "Newport", {"country": [country], "coordinates": [where], "label_da": ["Nyhavn"]}))


WALES, RHODE_ISLAND = newport("Q1", "United Kingdom", "51.6,-3"), newport("Q2", "United States", "41.5,-71.3")
COUNTY = newport("Q3", "United Kingdom", "51.65,-3.1")
NOWHERE = entry(Found("Q4", "Newport", {"country": ["United Kingdom"]}))
CRATER = entry(Found("Q1186922", "Newport", {"coordinates": ["23,313"]}))


@pytest.mark.parametrize(
    ("name", "within", "candidates", "expected"),
    [
        ("Newport", None, [WALES], "Q1"),
        ("nyhavn", None, [WALES], "Q1"),
        ("Newport", "Wales", [RHODE_ISLAND, WALES], "Q1"),
        ("Newport", "Rhode Island, United States", [WALES, RHODE_ISLAND], "Q2"),
        ("Newport", None, [WALES, COUNTY, NOWHERE], "Q1"),
        ("Newport", None, [CRATER, WALES], "Q1"),
        ("Newport", None, [WALES, RHODE_ISLAND], "ambiguous_place"),
        ("Newport", "France", [WALES], "unknown_place"),
        ("New Port", None, [WALES], "unknown_place"),
        ("Newport or Cardiff", None, [WALES], "unknown_place"),
        ("Newport", None, [NOWHERE], "unknown_place"),
        ("?", None, [entry(Found("Q5", "?", {"coordinates": ["1,1"]}))], "unknown_place"),
    ],
)
def test_only_one_place_of_the_name_is_it(name: str, within: str | None, candidates: list[Any], expected: str) -> None:
    try:
        assert located(name, within, candidates).id == expected
    except Rejected as rejection:
        assert rejection.code == expected


def test_the_largest_place_is_asked_for_too() -> None:
    said = ("Bornholm, Danmark", "Rhode Island, United States", "Upper Egypt", None)
    assert [larger_country(each) for each in said] == ["Denmark", "United States", "Upper Egypt", None]


PLACES = (
    place("Paris", "made", None, "France"),
    place("København"),
    place("Newport"),
    place("Newport", "made", "Made in", "Wales, United Kingdom"),
    place("Newport", "found", None, "Spain"),
    place("Qqq Zzyzx"),
    place("55.97658,12.03177"),
    place("Wherever", "depicted", links=("http://www.wikidata.org/entity/Q2001",)),
    place("Nowhere", "depicted", links=("http://www.wikidata.org/entity/Q999999",)),
)
CODES = {"ambiguous_place": 1, "unknown_place": 2, "no_coordinates": 1}


def add(world: AuthorityWorld, slug: str) -> None:
    """Give a museum two works of each place."""
    with world.database.connect() as conn, conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO staging.places (museum, object_number, position, place_key, name, role, within, links) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            [(slug, f"{slug}{n}", position, each.key(slug), each.name, each.role, each.within, list(each.links))
             for n in range(2) for position, each in enumerate(PLACES, 1) if each],
        )  # fmt: skip


def run(world: AuthorityWorld, slug: str, *, contract: str = "1", on_progress: OnProgress = silent) -> Counts:
    with world.answers("wikidata", batch=2, properties=PROPERTIES) as answers:
        stage = PlaceCoordinates(answers, world.database, type_=SETTLEMENT[0])
        stage.batch_size = 2
        return run_stage(world.database, slug, place_coordinates.bind(stage, contract), on_progress=on_progress)


def known(world: AuthorityWorld, slug: str) -> dict[str, tuple[str, float]]:
    """Return {place's key: (method, latitude)}."""
    return {subject: (facts["method"], facts["latitude"]) for subject, facts in world.facts(slug).items()}


def test_each_place_is_asked_for_once_and_what_is_not_sure_is_counted(world: AuthorityWorld) -> None:
    add(world, "met")
    counts = run(world, "met")
    paris, copenhagen, _, wales, _, _, point, linked, _ = (each.key("met") for each in PLACES if each)
    assert (counts.done, counts.codes) == (5, CODES)
    assert known(world, "met") == {
        paris: ("reconciled", 48.8566), copenhagen: ("reconciled", 55.6761), wales: ("reconciled", 51.5842),
        point: ("given", 55.97658), linked: ("given", 57.7209),
    }  # fmt: skip
    asked = world.asked()
    assert asked == 6
    # Another museum with the same places, and other rules, ask nothing.
    add(world, "aic")
    assert run(world, "aic").codes == run(world, "met", contract="2").codes == CODES
    assert world.asked() == asked
    with world.database.connect() as conn:
        found = books(conn, "met", place_coordinates)
        assert (found.accounted, found.pending) == (9, 0)
        assert coordinates_possible(conn, "met").passed
        conn.execute(
            "UPDATE staging.artwork_enrichments SET facts = jsonb_set(facts, '{latitude}', '95.5') WHERE subject = %s",
            (paris,),
        )
        finding = coordinates_possible(conn, "met")
        assert (finding.passed, finding.warn, "95.5" in finding.description) == (False, True, True)
        conn.execute("DELETE FROM staging.places WHERE museum = 'met'")
    assert run(world, "met").removed == 9
    with world.database.connect() as conn:
        assert coordinates_possible(conn, "met").empty
    assert known(world, "met") == {}


def test_an_authority_that_goes_down_half_way_leaves_the_same_end(world: AuthorityWorld) -> None:
    add(world, "met")
    run(world, "met")
    wanted = known(world, "met")
    with world.database.connect() as conn:
        conn.execute("TRUNCATE staging.artwork_enrichments, ops.ledger, ops.authority_answer")

    def goes_down(_: int, __: int | None) -> None:
        world.simulator.set_faults("authority", server_errors=1)

    with pytest.raises(SlowDown):
        run(world, "met", on_progress=goes_down)
    some = known(world, "met")
    assert 0 < len(some) < len(wanted)
    world.simulator.simulator.authority.faults.clear()
    assert run(world, "met").failed == 0
    assert known(world, "met") == wanted
