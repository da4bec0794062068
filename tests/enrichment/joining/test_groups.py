"""Which makers are joined: held to keys made by hand, to people's decisions, and to nothing that is uncertain."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from museum_assets.enrichment.authority.links import Identity
from museum_assets.enrichment.authority.nationalities import country
from museum_assets.enrichment.joining.groups import Joined, joined
from museum_assets.enrichment.joining.pairs import JOINED, compared
from museum_assets.enrichment.joining.person import Person
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.maker import Maker, maker
from tests.support.recorded_makers import recorded_makers

HERE = Path(__file__).parent
PRECISION, RECALL = 0.99, 0.9


def rows(name: str) -> Iterator[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def person(slug: str, said: Maker) -> Person:
    return Person(
        slug, said.key(slug), (said.name,), said.birth_year, said.death_year,
        said.nationality and country(said.nationality), said.qualifier, bool(said.museum_id),
    )  # fmt: skip


def hard_cases() -> dict[str, tuple[Person, str]]:
    found = {}
    for row in rows("hard_cases.csv"):
        said = maker(row["name"], years=(row["born"], row["died"]), nationality=row["nationality"],
                     museum_id=row["id"])  # fmt: skip
        assert said
        each = person(row["museum"], said)
        found[each.key] = each, row["person"]
    return found


def measured(found: Sequence[Joined], truth: Mapping[str, str]) -> tuple[float, float, list[str]]:
    """Return (precision, recall, what is wrong) over all pairs of makers."""
    identity = {each.key: each.identity for each in found}
    pairs = [(one, other) for one, other in combinations(sorted(truth), 2)
             if truth[one] == truth[other] or identity[one] == identity[other]]  # fmt: skip
    both = [pair for pair in pairs if truth[pair[0]] == truth[pair[1]] and identity[pair[0]] == identity[pair[1]]]
    merged = [pair for pair in pairs if identity[pair[0]] == identity[pair[1]]]
    same = [pair for pair in pairs if truth[pair[0]] == truth[pair[1]]]
    wrong = [f"{one} and {other}" for one, other in pairs if (one, other) not in both]
    return len(both) / len(merged), len(both) / len(same), wrong


def test_hard_cases_are_joined_as_the_key_says() -> None:
    cases = hard_cases()
    truth = {key: who for key, (_, who) in cases.items()}
    precision, recall, wrong = measured(joined([each for each, _ in cases.values()]), truth)
    assert precision >= PRECISION, wrong
    assert recall >= RECALL, wrong


def test_every_recorded_maker_is_joined_as_the_key_says(shared: Path) -> None:
    truth = {row["key"]: row["person"] for row in rows("recorded_makers.csv")}
    people = [person(slug, said) for slug, said in recorded_makers(shared)]
    assert {each.key for each in people} == truth.keys(), "a maker that the key does not know: add it by hand"
    precision, recall, wrong = measured(joined(people), truth)
    assert precision >= PRECISION, wrong
    assert recall >= RECALL, wrong


def test_the_order_of_makers_changes_nothing() -> None:
    people = [each for each, _ in hard_cases().values()]
    first = joined(people)
    for seed in range(3):
        random.Random(seed).shuffle(people)
        assert joined(people) == first


def someone(slug: str, name: str, born: int | None, died: int | None, id_: str = "1") -> Person:
    return Person(slug, f"{slug}:{id_}", (name,), born, died, own_id=True, works=1)


STEEN = someone("met", "Jan Steen", 1626, 1679), someone("rma", "Jan Steen", 1626, 1679)


def outcome(
    *people: Person, merges: Sequence[tuple[str, str]] = (), splits: Sequence[tuple[str, str]] = ()
) -> Mapping[str, Joined]:
    return {each.key: each for each in joined(people, merges, splits)}


def test_what_a_person_decided_stands() -> None:
    found = outcome(*STEEN, splits=[("rma:1", "met:1")])
    assert found["met:1"].identity != found["rma:1"].identity
    (asked,) = found["met:1"].candidates
    assert asked == {"key": "rma:1", "score": 1.0, "why": "the same name, both years the same, but a person decided "
                     "that they are two"}  # fmt: skip
    other = someone("rma", "Pseudo-Steen", 1700, 1750)
    found = outcome(STEEN[0], other, merges=[("met:1", "rma:1")])
    assert {each.identity for each in found.values()} == {"met:1"}
    assert found["rma:1"].method == "curated"


def test_links_join_whatever_the_names() -> None:
    known = frozenset({Identity("ulan", "500")})
    one, other = (replace(each, names=(name,), identities=known, method="given")
                  for each, name in zip(STEEN, ("J. Havicksz.", "Steen the merry"), strict=True))  # fmt: skip
    found = outcome(one, other)
    assert {(each.identity, each.method) for each in found.values()} == {("ulan:500", "given")}
    later = replace(other, birth=1700, death=1760)
    found = outcome(one, later)
    assert found["met:1"].identity != found["rma:1"].identity
    assert "years contradict each other" in found["met:1"].candidates[0]["why"]


def test_two_at_an_authority_are_two() -> None:
    one, other = (replace(each, identities=frozenset({Identity("ulan", id_)}), method="given")
                  for each, id_ in zip(STEEN, ("1", "2"), strict=True))  # fmt: skip
    found = outcome(one, other)
    assert {each.identity for each in found.values()} == {"ulan:1", "ulan:2"}


def test_of_two_namesakes_in_a_museum_neither_is_joined() -> None:
    namesakes = someone("rma", "Jan Steen", 1626, None, "7"), someone("rma", "Jan Steen", None, 1679, "8")
    found = outcome(STEEN[0], *namesakes)
    assert len({each.identity for each in found.values()}) == 3
    assert {each["key"] for each in found["met:1"].candidates} == {"rma:7", "rma:8"}


@pytest.mark.parametrize("name", ["School of Jan Steen", "After Jan Steen", "Jan Steen (workshop of)", "unknown"])
def test_schools_and_unknown_hands_stay_apart(name: str) -> None:
    said = maker(name, years=(1626, 1679))
    assert said
    assert person("smk", said).apart
    found = joined([*STEEN, person("smk", said)])
    assert len({each.identity for each in found}) == 2


def test_a_name_alone_is_a_question() -> None:
    one, other = STEEN[0], replace(STEEN[1], birth=None, death=None)
    assert compared(one, other).score < JOINED
    (asked,) = outcome(one, other)["rma:1"].candidates
    assert asked["key"] == "met:1"


def test_the_registry_is_in_the_key() -> None:
    museums = {row["key"].partition(":")[0] for row in rows("recorded_makers.csv")}
    assert museums == set(MUSEUMS), "a museum whose makers the key does not hold"
    assert all(museum(slug) for slug in museums)
