"""Who a maker is, by what the museum says and what the authority answers: no question is asked here."""

from __future__ import annotations

import pytest

from museum_assets.enrichment.authority.decided import Decisions, with_decisions
from museum_assets.enrichment.authority.likeness import likeness, reading_order
from museum_assets.enrichment.authority.links import (
    SUBJECT_AUTHORITIES,
    Identity,
    given_identity,
    identity_of,
    page_of,
    read_identity,
)
from museum_assets.enrichment.authority.nationalities import country
from museum_assets.enrichment.authority.verdict import Asked, Candidate, Verdict, candidate, judged, year_of

REMBRANDT = Candidate("Q5598", "Rembrandt van Rijn", "Dutch painter", 1606, 1669, "Netherlands", said=80)


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Cuyp, Albert", "Albert Cuyp", 1, 1),
        ("Vilhelm Hammershoi", "Vilhelm Hammershøi", 1, 1),
        ("Albrecht Durer", "Albrecht Dürer", 1, 1),
        ("Rijn, Rembrandt van", "Rembrandt van Rijn", 1, 1),
        ("Jan van Goyen", "Jan Goyen", 0.97, 0.97),
        ("Rembrandt (Rembrandt van Rijn)", "Rembrandt van Rijn", 1, 1),
        ("Rembrandt van Rijn (Dutch, 1606–1669)", "Rembrandt van Rijn", 1, 1),
        ("Rembrandt", "Rembrandt van Rijn", 0.8, 0.8),
        ("V. Hammershøi", "Vilhelm Hammershøi", 0.85, 0.85),
        ("Katsushika Hokusai", "Hokusai Katsushika", 1, 1),
        ("Pieter Brueghel the Elder", "Pieter Brueghel the Younger", 0, 0.6),
        ("Pieter Brueghel", "Pieter Brueghel d. Ældre", 0, 0.6),
        ("Jacob Cuyp", "Albert Cuyp", 0, 0.75),
        ("Workshop of Rembrandt van Rijn", "Rembrandt van Rijn", 0.8, 0.8),
        ("???", "Rembrandt", 0, 0),
    ],
)
def test_likeness(one: str, other: str, least: float, most: float) -> None:
    assert least <= likeness(one, other) <= most
    assert likeness(one, other) == likeness(other, one)


def test_a_name_in_reading_order() -> None:
    assert [reading_order(name) for name in ("Cuyp, Albert (1620-91)", "Cuyp", "Smith, John, Jr.", "(x)")] == [
        "Albert Cuyp", "Cuyp", "Smith, John, Jr.", "(x)"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "matched"),
    [
        (Asked("Rembrandt van Rijn", 1606, 1669), True),
        (Asked("Rijn, Rembrandt van", 1606), True),
        (Asked("Rembrandt", 1606, 1669), True),
        (Asked("Rembrandt van Rijn", 1607, 1669), True),
        (Asked("Rembrandt van Rijn", 1607, 1668), True),
        # A name alone, and a name with a year that is near, are questions.
        (Asked("Rembrandt van Rijn"), False),
        (Asked("Rembrandt van Rijn", nationality="Dutch"), False),
        (Asked("Rembrandt van Rijn", 1607, nationality="Dutch"), False),
        (Asked("Rembrandt", 1606), False),
        # Years rule out.
        (Asked("Rembrandt van Rijn", 1706, 1769), False),
        (Asked("Rembrandt van Rijn", 1606, 1699), False),
        (Asked("Rembrandt van Rijn the Elder", 1606, 1669), False),
    ],
)
def test_what_is_taken_for_the_maker(asked: Asked, matched: bool) -> None:
    found = judged(asked, [REMBRANDT], "wikidata", 0.85)
    assert (found.identity == Identity("wikidata", "Q5598")) == matched
    assert (found.method == "reconciled") == matched


def test_of_two_alike_neither_is_taken() -> None:
    twin = Candidate("Q2", "Rembrandt van Rijn", "", 1606, 1669)
    found = judged(Asked("Rembrandt van Rijn", 1606, 1669), [REMBRANDT, twin], "wikidata", 0.85)
    assert (found.identity, [each.id for each in found.candidates]) == (None, ["Q5598", "Q2"])
    refused = judged(Asked("Rembrandt van Rijn", 1606, 1669), [REMBRANDT, twin], "wikidata", 0.85, frozenset({"Q2"}))
    assert refused.identity == Identity("wikidata", "Q5598")


def test_what_a_service_answers_becomes_a_candidate() -> None:
    said = "Dutch painter (1606–1669)"
    given = {"id": "Q1", "name": "X", "description": said, "score": 7.5}
    assert candidate(given, {}) == Candidate("Q1", "X", said, 1606, 1669, said=7.5)
    facts = {"birth": ["unknown", "1607-07-15T00:00:00Z"], "death": [], "nationality": ["Netherlands"]}
    assert candidate(given, facts) == Candidate("Q1", "X", said, 1607, None, "Netherlands", said=7.5)
    assert [year_of(values) for values in (["-0044-03-15"], ["+1606-01-01"], ["12345"], [], None)] == [
        -44, 1606, None, None, None
    ]  # fmt: skip


def test_nationalities_and_countries_are_one() -> None:
    assert {country(each) for each in ("Danish", "dansk", "Deens", "Denmark", "Kingdom of Denmark")} == {"Denmark"}
    assert [country(each) for each in ("Martian", "French or Italian", "")] == [None, None, None]


@pytest.mark.parametrize(
    ("link", "identity"),
    [
        ("https://www.wikidata.org/wiki/Q5598", "wikidata:Q5598"),
        ("http://www.wikidata.org/entity/Q5598", "wikidata:Q5598"),
        ("http://vocab.getty.edu/page/ulan/500011051", "ulan:500011051"),
        ("http://vocab.getty.edu/ulan/500011051", "ulan:500011051"),
        ("https://viaf.org/viaf/64013650", "viaf:64013650"),
        ("https://rkd.nl/explore/artists/66219", "rkd:66219"),
        ("https://d-nb.info/gnd/11859964X", "gnd:11859964X"),
        ("https://example.org/Q5598", "None"),
    ],
)
def test_links_of_authorities(link: str, identity: str) -> None:
    assert str(identity_of(link)) == identity


def test_a_museums_links_and_what_a_person_writes() -> None:
    links = ["https://viaf.org/viaf/1", "http://vocab.getty.edu/ulan/2", "nonsense"]
    assert str(given_identity(links, "wikidata")) == "ulan:2"
    assert str(given_identity(links, "viaf")) == "viaf:1"
    assert str(given_identity(links, "wikidata", frozenset({Identity("ulan", "2")}))) == "viaf:1"
    assert given_identity([], "wikidata") is None
    written = [str(read_identity(text, "wikidata")) for text in ("Q1", "ulan:5", "https://viaf.org/viaf/1")]
    assert written == ["wikidata:Q1", "ulan:5", "viaf:1"]
    for nothing in ("", "https://example.org/1", "two words"):
        with pytest.raises(ValueError, match="no identity"):
            read_identity(nothing, "wikidata")
    assert page_of("wikidata", "Q1") == "https://www.wikidata.org/wiki/Q1"
    assert page_of("simulated", "Q1") is None
    assert page_of("iconclass", "25F23(LION)") == "https://iconclass.org/25F23%28LION%29"


@pytest.mark.parametrize(
    ("link", "identity"),
    [
        ("http://vocab.getty.edu/page/aat/300343641", "aat:300343641"),
        ("https://iconclass.org/41D92", "iconclass:41D92"),
        ("http://iconclass.org/rkd/25F23%28LION%29/", "iconclass:25F23(LION)"),
        ("https://iconclass.org/en/34B11", "iconclass:34B11"),
        ("https://www.wikidata.org/wiki/Q144", "wikidata:Q144"),
        ("http://vocab.getty.edu/ulan/500011051", "ulan:500011051"),
        ("https://iconclass.org/help/lod", "None"),
    ],
)
def test_links_of_authorities_that_know_what_is_shown(link: str, identity: str) -> None:
    assert str(identity_of(link, SUBJECT_AUTHORITIES)) == identity
    assert str(given_identity([link], "wikidata", authorities=SUBJECT_AUTHORITIES)) == identity


def decided(
    *made: dict, links: tuple[str, ...] = (), asked: Asked, verdict: Verdict, facts: dict | None = None
) -> Verdict:
    rows = [{"id": n, "by": "Ida", "seen": None, **each} for n, each in enumerate(made, 1)]
    return with_decisions(verdict, asked, Decisions.read(rows, links, "wikidata"), facts or {})


def test_a_decision_stands_and_what_the_data_says_against_it_is_told() -> None:
    asked = Asked("Rembrandt", 1606, 1669)
    accept = {"kind": "accept", "value": {"authority": "wikidata", "identity": "Q7", "label": "R."}}
    best = judged(asked, [REMBRANDT], "wikidata", 0.85)
    found = decided(accept, asked=asked, verdict=best)
    assert (found.identity, found.method, found.label, found.decided_by) == (
        Identity("wikidata", "Q7"),
        "curated",
        "R.",
        1,
    )
    assert found.contradiction == "the authority's best match is wikidata:Q5598 (Rembrandt van Rijn)"
    assert decided(accept, asked=asked, verdict=Verdict()).contradiction is None
    facts = {"Q7": {"birth": ["1706"], "death": []}}
    assert decided(accept, asked=asked, verdict=Verdict(), facts=facts).contradiction == (
        "born 1706 there, 1606 at the museum"
    )
    seen = {**accept, "seen": {"birth": 1607, "death": 1669}}
    assert decided(seen, asked=asked, verdict=Verdict()).contradiction == "the museum now says born 1606, was 1607"
    other = {"kind": "accept", "value": {"authority": "ulan", "identity": "5"}}
    assert decided(other, asked=asked, verdict=best).contradiction is None
    nobody = decided({"kind": "refuse", "value": None}, asked=asked, verdict=best)
    assert (nobody.identity, nobody.method) == (None, "curated")
    assert nobody.contradiction
    assert "Ida decided" in nobody.contradiction
    link = "https://www.wikidata.org/wiki/Q5598"
    refuse = {"kind": "refuse", "value": {"authority": "wikidata", "identity": "Q5598"}}
    assert decided(refuse, links=(link,), asked=asked, verdict=Verdict()).contradiction == (
        "the museum's own link says wikidata:Q5598, which was refused"
    )
