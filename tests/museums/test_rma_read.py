"""The Rijksmuseum: the reading of its records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import Rejected
from museum_assets.museums import edm
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.rma import MUSEUM
from tests.support.edm import BOMB, IMAGE, NAMESPACES, PDM, flat_record, synthetic
from tests.support.museum_records import WILD, artwork_or_rejected

IN_COPYRIGHT = "http://rightsstatements.org/vocab/InC/1.0/"


def payload(rdf: str, identifier: str = "https://id.rijksmuseum.nl/200107928") -> dict[str, Any]:
    return {"identifier": identifier, "datestamp": "2026-07-01T00:00:00Z", "sets": ["261208"], "edm": rdf}


def test_a_flat_record_in_full() -> None:
    cho = (
        '<dc:identifier>SK-C-5</dc:identifier><dc:title xml:lang="nl">De Nachtwacht</dc:title>'
        '<dc:title xml:lang="en">The Night Watch</dc:title>'
        '<dcterms:created xml:lang="nl">ca. 1640 - 1642</dcterms:created>'
        '<dcterms:created xml:lang="en">c. 1640 - 1642</dcterms:created>'
    )
    assert MUSEUM.read(payload(flat_record(cho=cho))).model_copy(update={"makers": ()}) == Artwork(
        museum="rma",
        object_number="SK-C-5",
        museum_db_id="200107928",
        title="The Night Watch",
        artists=("Rembrandt van Rijn",),
        production_date_start=1640,
        production_date_end=1642,
        period="c. 1640 - 1642",
        work_types=("painting",),
        searchable_work_types=("painting",),
        thumbnail_url="https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg",
        image_url=IMAGE,
        rights=PDM,
        source_url="https://id.rijksmuseum.nl/200107928",
    )


def synthetic_payload(name: str) -> dict[str, Any]:
    return MUSEUM.payload(synthetic(name))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "oai-record-SK-C-5-trimmed-nested-2024shape.xml",
            {
                "object_number": "SK-C-5",
                "museum_db_id": "200107928",
                "title": "The Night Watch",
                "artists": ("Rembrandt van Rijn",),
                "production_date_start": 1642,
                "production_date_end": 1642,
                "work_types": ("painting",),
                "thumbnail_url": "https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg",
                "rights": PDM,
            },
        ),
        (
            "oai-record-SK-A-3901-anonymous.xml",
            {"object_number": "SK-A-3901", "artists": (), "period": "c. 1500", "production_date_end": 1500},
        ),
    ],
)
def test_the_synthetic_open_records(name: str, expected: dict[str, Any]) -> None:
    artwork = MUSEUM.read(synthetic_payload(name)).model_dump()
    assert {key: artwork[key] for key in expected} == expected


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("oai-record-300000001-restricted-FAKE.xml", "not_public_domain"),
        ("oai-record-SK-A-1490-no-image.xml", "no_image"),
        ("oai-ListRecords-cho-sameas.xml", "not_public_domain"),
    ],
)
def test_the_synthetic_rejected_records(name: str, code: str) -> None:
    found = synthetic_payload(name)
    with pytest.raises(Rejected) as rejection:
        MUSEUM.read(found)
    assert rejection.value.code == code


@pytest.mark.parametrize(
    ("record", "code"),
    [
        pytest.param(flat_record(rights=IN_COPYRIGHT), "not_public_domain", id="in copyright"),
        pytest.param(flat_record(rights=""), "not_public_domain", id="rights empty"),
        pytest.param(flat_record(rights=f"{PDM}unknown"), "not_public_domain", id="rights unknown"),
        pytest.param(
            flat_record(rights="https://creativecommons.org/licenses/by/4.0/"), "not_public_domain", id="CC BY"
        ),
        pytest.param(flat_record(rights=f"{IN_COPYRIGHT}?{PDM}"), "not_public_domain", id="rights that contain PDM"),
        pytest.param(flat_record(cho=""), "no_object_number", id="no identifier"),
        pytest.param(
            flat_record(cho="<dc:identifier> </dc:identifier><dc:identifier>https://x/1</dc:identifier>"),
            "no_object_number",
            id="only a URL",
        ),
        pytest.param(flat_record(images=()), "no_image", id="no image"),
        pytest.param(flat_record(images=["javascript:alert(1)"]), "no_image", id="not a web address"),
        pytest.param(flat_record(type_id="22013"), "work_type_out_of_scope", id="a print"),
        pytest.param(
            flat_record().replace("schilderij", "zwaard").replace("painting", "sword"),
            "work_type_out_of_scope",
            id="a sword",
        ),
        pytest.param(f"<rdf:RDF {NAMESPACES}/>", "malformed_record", id="neither shape"),
        pytest.param(BOMB, "malformed_record", id="a bomb"),
        pytest.param("not XML", "malformed_record", id="not XML"),
        pytest.param(None, "malformed_record", id="null"),
        pytest.param(["<rdf:RDF/>"], "malformed_record", id="a list"),
    ],
)
def test_rejections(record: Any, code: str) -> None:
    with pytest.raises(Rejected) as rejection:
        MUSEUM.read(payload(record))
    assert rejection.value.code == code


@pytest.mark.parametrize("identifier", [None, "", "/"])
def test_a_record_without_an_identifier_has_no_id(identifier: Any) -> None:
    with pytest.raises(Rejected) as rejection:
        MUSEUM.read(payload(flat_record(), identifier))
    assert rejection.value.code == "no_id"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", ["mark/1.0/", "zero/1.0/", "zero/1.0"])
def test_open_rights(scheme: str, path: str) -> None:
    rights = f"{scheme}://creativecommons.org/publicdomain/{path}"
    assert MUSEUM.read(payload(flat_record(rights=rights))).rights == rights


def test_of_several_identifiers_the_first_that_is_not_an_address_is_the_object_number() -> None:
    cho = "".join(
        f"<dc:identifier>{each}</dc:identifier>" for each in ("", "http://hdl.handle.net/10934/x", "RP-T-1", "RP-T-2")
    )
    assert MUSEUM.read(payload(flat_record(cho=cho, type_id="22015"))).object_number == "RP-T-1"


@pytest.mark.parametrize(
    ("images", "thumbnail"),
    [
        ([IMAGE], "https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg"),
        (["https://iiif.micr.io/a/full/800,/0/default.jpg"], "https://iiif.micr.io/a/full/!800,800/0/default.jpg"),
        (["https://elsewhere.nl/a.jpg"], "https://elsewhere.nl/a.jpg"),
        (["https://elsewhere.nl/a.jpg", IMAGE], "https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg"),
    ],
)
def test_the_thumbnail_fits_into_800_pixels(images: list[str], thumbnail: str) -> None:
    assert MUSEUM.read(payload(flat_record(images=images))).thumbnail_url == thumbnail


PIECES = st.lists(st.sampled_from(flat_record().replace("<", "|<").split("|")), max_size=30).map("".join)


@given(
    st.dictionaries(
        st.sampled_from(["identifier", "datestamp", "sets", "edm", "x"]),
        WILD | PIECES | PIECES.map(lambda inner: f"<rdf:RDF {NAMESPACES}>{inner}</rdf:RDF>"),
    )
)
def test_any_payload_is_an_artwork_or_rejected(wild: dict[str, Any]) -> None:
    artwork_or_rejected(MUSEUM, wild)


@given(st.data())
def test_a_record_with_any_texts_is_an_artwork_or_rejected(data: st.DataObject) -> None:
    root = edm.parse_xml(flat_record(cho="<dc:identifier/><dc:title/><dcterms:created/>"), "a test")
    xml_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
    for element in root.iter():
        if data.draw(st.booleans()):
            element.text = data.draw(xml_text)
        for name in list(element.attrib):
            if data.draw(st.integers(0, 9)) == 0:
                element.set(name, data.draw(xml_text))
    artwork_or_rejected(MUSEUM, payload(edm.serialise(root, "a test")))
