"""What each museum says that its works show."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from museum_assets.core.failures import Rejected
from museum_assets.museums import aic_places, met_places, museum
from museum_assets.museums.declared import lido
from museum_assets.museums.declared.beside import Subjects, subjects_of
from museum_assets.museums.edm import parse_xml, read_edm
from museum_assets.museums.rma import _place, _subject
from museum_assets.museums.smk import _subjects as of_smk
from museum_assets.museums.subject import Subject, each_once, subject
from museum_assets.simulator.edm import NAMESPACES as PREFIXES
from museum_assets.simulator.motifs import portrayed, shown_in
from museum_assets.simulator.server import Simulator
from museum_assets.simulator.works import Works

NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
AAT, WIKIDATA = "http://vocab.getty.edu/page/aat/300343641", "https://www.wikidata.org/wiki/Q146911"
MANY = 10_000
PERSONS = ("smk", "rma", "tate")
"""The museums that name who is portrayed."""


def test_met_tags_its_works_with_links() -> None:
    tag = {"term": "Cypresses", "AAT_URL": AAT, "Wikidata_URL": WIKIDATA}
    expected = Subject(name="Cypresses", language="en", links=(AAT, WIKIDATA))
    assert met_places.subjects({"tags": [tag, tag]}) == (expected,)
    assert met_places.subjects({"tags": [{"term": "Bears", "AAT_URL": "", "Wikidata_URL": None}]}) == (
        Subject(name="Bears", language="en"),
    )


def test_aic_has_terms_and_their_ids_in_two_lists() -> None:
    told = {"subject_titles": ["landscapes", "arches"], "subject_ids": ["TM-8657", "TM-12810"]}
    first, second = aic_places.subjects(told)
    assert first == Subject(name="landscapes", language="en", museum_id="TM-8657")
    assert second.key("aic") == "aic:TM-12810"
    # Nobody can say which id is whose.
    assert aic_places.subjects(told | {"subject_ids": ["TM-8657"]})[0] == Subject(name="landscapes", language="en")


def test_smk_names_who_is_portrayed() -> None:
    assert of_smk({"content_person": ["Petzl, Joseph"], "content_description": ["Vandmærke"]}) == (
        Subject(name="Petzl, Joseph", kind="person"),
    )
    assert of_smk({"content_person": "Petzl, Joseph"}) == (Subject(name="Petzl, Joseph", kind="person"),)


@pytest.mark.parametrize("odd", [None, 7, "odd", {"a": 1}, [None, 7, [], [["deep"]], {"term": {"deep": []}}], [{}]])
def test_subjects_of_a_strange_shape_are_none(odd: Any) -> None:
    assert met_places.subjects({"tags": odd}) == ()
    assert aic_places.subjects({"subject_titles": odd, "subject_ids": odd}) in ((), None)
    tate: Any = museum("tate")
    for told in ({"subjects": odd}, {"subjects": {"children": odd}}, {"subjects": {"children": [{"children": odd}]}}):
        assert tate._subjects(told) == ()
    assert [each.name for each in of_smk({"content_person": odd})] == (["odd"] if odd == "odd" else [])


def test_a_work_may_show_thousands_of_things() -> None:
    names = [f"thing {number}" for number in range(MANY)]
    assert len(met_places.subjects({"tags": [{"term": name} for name in names * 2]})) == MANY
    assert len(aic_places.subjects({"subject_titles": names * 2, "subject_ids": None})) == MANY
    assert len(of_smk({"content_person": names})) == MANY
    leaves = [{"id": number, "name": "the same name"} for number in range(MANY)]
    tate: Any = museum("tate")
    assert len(tate._subjects({"subjects": {"children": [{"children": [{"children": leaves}]}]}})) == MANY
    concepts = "".join(f'<skos:Concept rdf:about="{n}"><skos:prefLabel>{n}</skos:prefLabel></skos:Concept>'
                       for n in range(MANY))  # fmt: skip
    shown = "".join(f'<dc:subject rdf:resource="{number}"/>' for number in range(MANY))
    xml = f"<rdf:RDF {NAMESPACES}><edm:ProvidedCHO>{shown}</edm:ProvidedCHO><ore:Aggregation/>{concepts}</rdf:RDF>"
    assert len(read_edm(parse_xml(xml, "test"), "test").subjects) == MANY


def test_rma_refers_to_concepts_persons_and_places() -> None:
    rma = "https://id.rijksmuseum.nl/"
    record = read_edm(parse_xml(
        f'<rdf:RDF {NAMESPACES}><edm:ProvidedCHO><dc:subject rdf:resource="{rma}2212675"/>'
        f'<dc:subject rdf:resource="{rma}21"/><dc:subject rdf:resource="{rma}23"/>'
        f'<dc:subject rdf:resource="https://iconclass.org/46C24"/><dc:subject rdf:resource="{rma}99"/>'
        '<dcterms:subject xml:lang="nl">storm</dcterms:subject>'
        f'</edm:ProvidedCHO><ore:Aggregation/><skos:Concept rdf:about="{rma}2212675"><skos:prefLabel xml:lang="nl">hond'
        '</skos:prefLabel><skos:exactMatch rdf:resource="https://iconclass.org/34B11"/></skos:Concept>'
        '<skos:Concept rdf:about="https://iconclass.org/46C24"><skos:prefLabel xml:lang="en">sailing-ship'
        f'</skos:prefLabel></skos:Concept><edm:Agent rdf:about="{rma}21">'
        '<skos:prefLabel xml:lang="en">Saskia</skos:prefLabel>'
        '<owl:sameAs rdf:resource="http://www.wikidata.org/entity/Q1"/></edm:Agent>'
        f'<edm:Place rdf:about="{rma}23"><skos:prefLabel xml:lang="en">Delft</skos:prefLabel></edm:Place></rdf:RDF>',
        "test",
    ), "test")  # fmt: skip
    assert [_subject(each) for each in record.subjects] == [
        Subject(name="hond", language="nl", museum_id="2212675", links=("https://iconclass.org/34B11",)),
        Subject(name="Saskia", language="en", kind="person", museum_id="21",
                links=("http://www.wikidata.org/entity/Q1",)),
        Subject(name="sailing-ship", language="en", links=("https://iconclass.org/46C24",)),
        Subject(name="storm", language="nl"),
    ]  # fmt: skip
    assert [found.name for each in record.places if (found := _place(each))] == ["Delft"]


def test_tate_declares_the_leaves_that_are_no_places_and_cma_nothing() -> None:
    tate: Any = museum("tate")
    man = {"id": 195, "name": "man"}
    shown = {"children": [
        {"name": "people", "children": [
            {"name": "adults", "children": [man, man]},
            {"name": "named individuals", "children": [{"id": 5, "name": "Mill, John Stuart"}]},
        ]},
        {"name": "places", "children": [{"name": "UK cities", "children": [{"id": 91, "name": "London"}]}]},
        {"name": "nature", "children": [{"name": "weather", "children": [{"id": 7, "name": "snow"}]}]},
    ]}  # fmt: skip
    assert tate._subjects({"subjects": shown}) == (
        Subject(name="Mill, John Stuart", kind="person", museum_id="5"),
        Subject(name="man", language="en", museum_id="195"),
        Subject(name="snow", language="en", museum_id="7"),
    )
    cma: Any = museum("cma")
    assert cma._subjects({"subjects": ["dog"], "wall_description": "A dog."}) == ()


def test_lido_names_concepts_and_persons() -> None:
    xml = (
        "<lido><subjectSet><subject><subjectConcept><conceptID>https://iconclass.org/34B11</conceptID>"
        "<term>Hund</term></subjectConcept><subjectActor><actor><actorID>A1</actorID><nameActorSet>"
        "<appellationValue>Saskia</appellationValue></nameActorSet></actor></subjectActor></subject></subjectSet></lido>"
    )
    fields = lido.fields({"identifier": "oai:x:1", "record": xml})
    declared = [{"each": "subjects", "name": "name", "id": "id", "links": ["links"], "language": "de"},
                {"each": "persons", "name": "name", "id": "id", "kind": "person"}]  # fmt: skip
    assert subjects_of([Subjects.model_validate(each) for each in declared])(fields) == (
        Subject(name="Hund", language="de", links=("https://iconclass.org/34B11",)),
        Subject(name="Saskia", kind="person", museum_id="A1"),
    )


def test_keys_tell_subjects_apart() -> None:
    dog, same, linked, person = (
        subject("Dogs"), subject(" dogs "), subject("Dogs", links=(AAT,)), subject("Dogs", kind="person")
    )  # fmt: skip
    assert dog
    assert same
    assert linked
    assert person
    assert dog.key("met") == same.key("met")
    assert len({each.key("met") for each in (dog, linked, person)}) == 3
    assert subject("\x00 ") is None
    twice = subject("man", museum_id="1"), subject("man", kind="person", museum_id="1")
    assert each_once([*twice, None]) == (twice[0],)


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("met", {"en": "Ships"}), ("aic", {"en": "ships"}), ("rma", {"en": "ships"}), ("tate", {"en": "ships"}),
        ("smk", {}), ("cma", {}),
    ],
)  # fmt: skip
def test_the_simulators_museums_say_what_is_drawn(slug: str, expected: dict[str, str]) -> None:
    source, works = Simulator(80).collections[slug].source, Works(slug, 80, 1)
    found: set[Subject] = set()
    for n in range(80):
        record: Any = source.record(n, "http://simulator")
        payload = {"identifier": record.id, "edm": record.rdf("flat")} if slug == "rma" else record
        with suppress(Rejected):
            said = museum(slug).read(payload).subjects
            found |= set(said)
            names = {each.name.casefold() for each in said}
            sitter, motifs = portrayed(works.work(n)), shown_in(works.work(n)) if expected else ()
            assert {motif.names[0].casefold() for motif in motifs} <= names
            if sitter and slug in PERSONS:
                assert {sitter.name, sitter.inverted} & {each.name for each in said}
    assert expected.items() <= {(each.language, each.name) for each in found}
    assert any(each.kind == "person" for each in found) == (slug in PERSONS)
