from __future__ import annotations

from collections import Counter

from museum_assets.simulator.authority.finding import Index
from museum_assets.simulator.authority.people import PERSON, WORKSHOP, made_up_person, people
from museum_assets.simulator.works import ARTISTS


def test_it_knows_the_artists_and_those_whom_one_could_mistake_for_them():
    everybody = list(people())
    assert len({person.id for person in everybody}) == len(everybody)
    assert {artist.name for artist in ARTISTS} <= {person.name for person in everybody}
    namesakes = [name for name, count in Counter(person.name for person in everybody).items() if count > 1]
    assert len(namesakes) >= 5
    assert sum(person.kind == WORKSHOP for person in everybody) >= 4


def test_made_up_people_are_the_same_on_every_machine_and_some_are_namesakes():
    assert made_up_person(5) == made_up_person(5) != made_up_person(6)
    one, other = made_up_person(48), made_up_person(49)
    assert one.name == other.name
    assert (one.born, one.died) != (other.born, other.died)
    names = {made_up_person(n).name for n in range(5_000)}
    assert len(names) > 4_800


def test_a_person_is_found_among_many_by_name_and_dates():
    index = Index(people(2_000))
    person = made_up_person(1_049)
    asked = [{"pid": "P569", "v": str(person.born)}, {"pid": "P570", "v": str(person.died)}]
    found = index.candidates({"query": person.name, "properties": asked, "type": PERSON[0]})
    assert (found[0]["id"], found[0]["match"]) == (person.id, True)
    assert [each["name"] for each in found].count(person.name) == 2
