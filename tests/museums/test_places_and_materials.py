"""What each museum says of the places and the materials of its works."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.museums import aic_places, met_places, museum
from museum_assets.museums.declared import lido
from museum_assets.museums.declared.beside import Materials, Places, materials_of, places_of
from museum_assets.museums.edm import parse_xml, read_edm
from museum_assets.museums.material import Material, material, materials
from museum_assets.museums.place import Place, place
from museum_assets.museums.rma import _material, _place
from museum_assets.museums.smk import _materials as of_smk
from museum_assets.museums.smk import _places as places_of_smk
from museum_assets.simulator.edm import NAMESPACES as PREFIXES

NAMESPACES = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"geographyType": "Made in", "city": "Newport", "state": "Rhode Island", "country": "United States"},
         Place(name="Newport", role="made", relation="Made in", within="Rhode Island, United States")),
        ({"geographyType": "From", "locale": "Thebes", "region": "Upper Egypt", "country": "Egypt"},
         Place(name="Thebes", relation="From", within="Upper Egypt, Egypt")),
        ({"geographyType": "Findspot", "city": "", "country": "Cyprus"},
         Place(name="Cyprus", role="found", relation="Findspot")),
        ({"geographyType": "Made in", "city": {"odd": 1}, "excavation": "MMA 1919", "river": "Nile"}, None),
    ],
)  # fmt: skip
def test_met_names_one_place_the_smallest_first(payload: dict[str, Any], expected: Place | None) -> None:
    assert met_places.places(payload) == ((expected,) if expected else ())


def test_aic_names_the_place_of_origin_and_terms_of_its_own_lists() -> None:
    payload = {"place_of_origin": "Worcester", "medium_display": "Soft-paste porcelain", "latitude": 41.9,
               "material_titles": ["porcelain", None, "porcelain"], "technique_titles": "odd"}  # fmt: skip
    assert aic_places.places(payload) == (Place(name="Worcester", role="made"),)
    terms = ("Soft-paste porcelain", "porcelain")
    assert aic_places.materials_of(payload) == tuple(Material(term=term, language="en") for term in terms)


def test_smk_has_a_point_on_its_map_and_materials_in_two_shapes() -> None:
    new = {"geo_location": "55.97658,12.03177", "materials": ["lærred"], "techniques": ["Olie på lærred"]}
    old = {"materials": [{"material": "lærred"}, {"material": 7}], "techniques": {"technique": "odd"}}
    assert places_of_smk(new) == (Place(name="55.97658,12.03177"),)
    assert [each.term for each in of_smk(new)] == ["lærred", "Olie på lærred"]
    assert of_smk(old) == (Material(term="lærred", language="da"),)


def test_rma_refers_to_places_and_materials_with_links() -> None:
    rma = "https://id.rijksmuseum.nl/"
    record = read_edm(parse_xml(
        f'<rdf:RDF {NAMESPACES}><edm:ProvidedCHO><dcterms:spatial rdf:resource="{rma}2305922"/>'
        f'<dcterms:medium rdf:resource="{rma}22010"/><dcterms:medium xml:lang="nl">doek</dcterms:medium>'
        f'</edm:ProvidedCHO><ore:Aggregation/><edm:Place rdf:about="{rma}2305922"><skos:prefLabel xml:lang="nl">Haag'
        '</skos:prefLabel><skos:prefLabel xml:lang="en">The Hague</skos:prefLabel>'
        '<owl:sameAs rdf:resource="http://www.wikidata.org/entity/Q36600"/></edm:Place>'
        f'<skos:Concept rdf:about="{rma}22010"><skos:prefLabel xml:lang="en">canvas</skos:prefLabel>'
        '<owl:sameAs rdf:resource="http://vocab.getty.edu/aat/300014078"/></skos:Concept></rdf:RDF>', "test",
    ), "test")  # fmt: skip
    assert [_place(each) for each in record.places] == [
        Place(name="The Hague", role="depicted", museum_id="2305922", links=("http://www.wikidata.org/entity/Q36600",))
    ]
    assert [_material(each) for each in record.materials] == [
        Material(term="canvas", language="en", museum_id="22010", links=("http://vocab.getty.edu/aat/300014078",)),
        Material(term="doek", language="nl"),
    ]


def test_cma_and_tate_declare_theirs() -> None:
    cma: Any = museum("cma")
    assert cma._places({"find_spot": "Tell el Amarna", "culture": ["Egypt"]}) == (
        Place(name="Tell el Amarna", role="found"),
    )
    told = {"technique": "oil on canvas", "support_materials": [{"description": "laid paper"}, {"description": None}]}
    assert [each.term for each in cma._materials(told)] == ["oil on canvas", "laid paper"]
    london = {"id": 91, "name": "London"}
    subjects = {"children": [
        {"name": "people", "children": [{"children": [{"id": 195, "name": "man"}]}]},
        {"name": "places", "children": [{"name": "UK cities", "children": [london, london]}, {"name": "empty"}]},
    ]}  # fmt: skip
    tate: Any = museum("tate")
    assert tate._places({"subjects": subjects}) == (Place(name="London", role="depicted", museum_id="91"),)
    assert tate._places({"subjects": {"children": ["odd"]}}) == ()
    assert tate._materials({"medium": "Graphite on paper"}) == (Material(term="Graphite on paper", language="en"),)


def test_lido_names_where_a_work_was_made_and_what_it_shows() -> None:
    def named(name: str, id_: str) -> str:
        return f"<placeID>{id_}</placeID><namePlaceSet><appellationValue>{name}</appellationValue></namePlaceSet>"

    larger = (
        f"<partOfPlace>{named('Italy', 'http://vocab.getty.edu/tgn/1000080').replace('place>', 'part>')}</partOfPlace>"
    )
    xml = (
        "<lido><eventSet><event><eventType><term>production</term></eventType><eventPlace>"
        f"<place>{named('Florence', 'http://vocab.getty.edu/tgn/7000457')}{larger}</place></eventPlace>"
        "<eventMaterialsTech>"
        "<materialsTech><termMaterialsTech><conceptID>http://vocab.getty.edu/aat/300014078</conceptID><term>canvas</term>"
        "</termMaterialsTech></materialsTech></eventMaterialsTech></event></eventSet><subjectPlace>"
        f"<place>{named('Rome', 'R1')}</place></subjectPlace></lido>"
    )
    fields = lido.fields({"identifier": "oai:x:1", "record": xml})
    declared = [{"each": "places", "name": "name", "id": "id", "links": ["links"], "role": "made"},
                {"each": "shown", "name": "name", "id": "id", "role": "depicted"}]  # fmt: skip
    assert places_of([Places.model_validate(each) for each in declared])(fields) == (
        Place(name="Florence", role="made", links=("http://vocab.getty.edu/tgn/7000457",)),
        Place(name="Rome", role="depicted", museum_id="R1"),
    )
    of = Materials.model_validate({"each": "materials", "name": "name", "links": ["links"]})
    assert materials_of([of])(fields) == (Material(term="canvas", links=("http://vocab.getty.edu/aat/300014078",)),)


def test_keys_tell_places_and_materials_apart_whatever_their_role() -> None:
    newport, same, other = (
        place("Newport", "made", None, "Wales"), place(" newport", "depicted", "Possibly", "Wales"), place("Newport")
    )  # fmt: skip
    assert newport
    assert same
    assert other
    assert newport.key("met") == same.key("met") != other.key("met")
    oil, known = material("Oil on canvas", "en"), material("olieverf", museum_id="2209")
    assert oil
    assert known
    assert oil.key("met").startswith("met:~")
    assert known.key("rma") == "rma:2209"
    assert place("\x00 ") is None
    assert materials(["a", 7, None, "a"], "en") == (Material(term="a", language="en"),)
