"""The XML layer of the Rijksmuseum: OAI-PMH envelopes, both shapes of EDM, and hostile bodies."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.failures import CheckpointExpired, Gone, Malformed, Refused
from museum_assets.museums import edm

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
SYNTHETIC = SHARED / "data" / "museum_records" / "rma" / "synthetic"

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "ore": "http://www.openarchives.org/ore/terms/",
        "edm": "http://www.europeana.eu/schemas/edm/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
    }.items()
)
PDM = "http://creativecommons.org/publicdomain/mark/1.0/"
IMAGE = "https://iiif.micr.io/PJEZO/full/max/0/default.jpg"

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>'
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'


def oai(body: str) -> str:
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{body}</OAI-PMH>'


def synthetic(name: str) -> str:
    path = SYNTHETIC / name
    if not path.exists():
        pytest.skip(f"the shared museum records are not beside this checkout: no {path.name}")
    return path.read_text(encoding="utf-8").removeprefix('<?xml version="1.0" encoding="UTF-8"?>')


def flat(cho: str, aggregation: str = "", others: str = "") -> str:
    return (
        f"<rdf:RDF {NAMESPACES}>"
        f'<edm:ProvidedCHO rdf:about="https://id.rijksmuseum.nl/1">{cho}</edm:ProvidedCHO>'
        f'<ore:Aggregation><edm:aggregatedCHO rdf:resource="https://id.rijksmuseum.nl/1"/>{aggregation}'
        f"</ore:Aggregation>{others}</rdf:RDF>"
    )


def nested(cho: str, aggregation: str = "", others: str = "") -> str:
    return (
        f"<rdf:RDF {NAMESPACES}><ore:Aggregation><edm:aggregatedCHO>"
        f'<edm:ProvidedCHO rdf:about="https://id.rijksmuseum.nl/1">{cho}</edm:ProvidedCHO>'
        f"</edm:aggregatedCHO>{aggregation}</ore:Aggregation>{others}</rdf:RDF>"
    )


def read(xml: str) -> edm.Edm:
    return edm.read_edm(edm.parse_xml(xml, "a test"), "a test")


# --- hostile and broken XML ---


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BOMB, id="billion laughs"),
        pytest.param(EXTERNAL, id="external entity"),
        pytest.param("<!DOCTYPE x><x/>", id="a DTD without entities"),
        pytest.param("", id="empty"),
        pytest.param("<html><body>Bad gateway<br></body></html>", id="HTML"),
        pytest.param("<OAI-PMH><ListRecords><record>", id="cut off"),
        pytest.param("<x>\ud800</x>", id="lone surrogate"),
        pytest.param("<x>\x00</x>", id="NUL"),
        pytest.param('{"error": "not XML"}', id="JSON"),
    ],
)
def test_a_body_that_is_not_safe_xml_is_malformed_and_named(body: str) -> None:
    with pytest.raises(Malformed, match="rma ListRecords"):
        edm.read_oai(body, "ListRecords", "rma ListRecords")


@given(st.text())
def test_any_text_that_is_not_xml_is_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        edm.parse_xml(f"{body}<", "a test")


# --- OAI-PMH ---


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("badResumptionToken", CheckpointExpired),
        ("idDoesNotExist", Gone),
        ("badArgument", Refused),
        ("cannotDisseminateFormat", Refused),
        ("somethingNew", Refused),
    ],
)
def test_an_oai_error_becomes_a_failure_with_code_and_text(code: str, failure: type[Exception]) -> None:
    with pytest.raises(failure, match=f"rma.*{code}: it says why"):
        edm.read_oai(oai(f'<error code="{code}">it says why</error>'), "ListRecords", "rma ListRecords")


def test_no_records_match_is_an_empty_window() -> None:
    page = edm.read_oai(oai('<error code="noRecordsMatch"/>'), "ListRecords", "rma")
    assert page == edm.OaiPage(entries=(), token=None, total=0)


@pytest.mark.parametrize(
    ("element", "token", "total"),
    [
        ("", None, None),
        ("<resumptionToken/>", None, None),
        ('<resumptionToken completeListSize="843943">abc</resumptionToken>', "abc", 843_943),
        ('<resumptionToken completeListSize="many" cursor="0"> abc\n</resumptionToken>', "abc", None),
        ('<resumptionToken completeListSize="120" cursor="100"/>', None, 120),
    ],
)
def test_the_resumption_token_continues_the_list_until_it_is_empty(
    element: str, token: str | None, total: int | None
) -> None:
    page = edm.read_oai(oai(f"<ListRecords>{element}</ListRecords>"), "ListRecords", "rma")
    assert (page.token, page.total) == (token, total)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<html/>", id="XHTML"),
        pytest.param(oai("<Identify/>"), id="another verb"),
        pytest.param(oai("<ListRecords><record/></ListRecords>"), id="a record without header"),
        pytest.param(
            oai("<ListRecords><record><header><identifier> / </identifier></header></record></ListRecords>"),
            id="a record without identifier",
        ),
    ],
)
def test_what_is_not_a_listing_is_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        edm.read_oai(body, "ListRecords", "rma")


def test_the_synthetic_listing_with_a_deleted_record() -> None:
    page = edm.read_oai(synthetic("oai-ListRecords-with-deleted.xml"), "ListRecords", "rma")
    deleted, live = page.entries
    assert (deleted.id, deleted.deleted, deleted.rdf, deleted.sets) == ("999999", True, None, ())
    assert (live.id, live.deleted, live.datestamp, live.sets) == ("2001", False, "2026-01-28T07:15:24Z", ("26151",))
    assert live.rdf is not None
    assert edm.read_edm(live.rdf, "rma").identifiers == ("RP-P-TEST-1",)


def test_a_listing_of_identifiers_is_not_taken_for_records() -> None:
    with pytest.raises(Malformed, match="ListIdentifiers"):
        edm.read_oai(synthetic("oai-ListIdentifiers-with-deleted.xml"), "ListRecords", "rma")


def test_serialised_records_are_the_same_whatever_the_indentation_and_prefixes() -> None:
    compact = flat("<dc:title>De Nachtwacht</dc:title>", f'<edm:rights rdf:resource="{PDM}"/>')
    indented = compact.replace("><", ">\n        <").replace("xmlns:dc=", "xmlns:d=").replace("dc:title", "d:title")
    stored = {edm.serialise(edm.parse_xml(xml, "a test"), "a test") for xml in (compact, indented)}
    assert len(stored) == 1
    (text,) = stored
    assert "ns0" not in text
    assert read(text) == read(compact)


def test_a_record_nested_too_deeply_to_be_written_is_malformed() -> None:
    bottomless = edm.parse_xml("<a>" * 20_000 + "</a>" * 20_000, "a test")
    with pytest.raises(Malformed, match="too deeply"):
        edm.serialise(bottomless, "a test")


# --- EDM ---


@pytest.mark.parametrize("shape", [flat, nested])
def test_both_shapes_read_the_same(shape: Callable[..., str]) -> None:
    record = read(
        shape(
            "<dc:identifier>SK-C-5</dc:identifier><dc:title>De Nachtwacht</dc:title>",
            f'<edm:rights rdf:resource="{PDM}"/><edm:isShownBy rdf:resource="{IMAGE}"/>',
        )
    )
    assert record == edm.Edm(
        identifiers=("SK-C-5",),
        titles=("De Nachtwacht",),
        creators=(),
        types=(),
        type_labels=(),
        created=(),
        rights=(PDM,),
        images=(IMAGE,),
    )


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(f"<rdf:RDF {NAMESPACES}/>", id="empty"),
        pytest.param(f"<rdf:RDF {NAMESPACES}><ore:Aggregation/></rdf:RDF>", id="no object"),
        pytest.param(f"<rdf:RDF {NAMESPACES}><edm:ProvidedCHO/></rdf:RDF>", id="no aggregation"),
        pytest.param(
            f"<rdf:RDF {NAMESPACES}><ore:Aggregation/><edm:ProvidedCHO/><edm:ProvidedCHO/></rdf:RDF>",
            id="two objects and no word which",
        ),
        pytest.param(
            flat("").replace("rdf:RDF", "rdf:Bag"),
            id="another root",
        ),
    ],
)
def test_neither_shape_is_malformed(xml: str) -> None:
    with pytest.raises(Malformed, match="neither shape"):
        read(xml)


def test_of_several_objects_side_by_side_the_aggregated_one_is_read() -> None:
    other = '<edm:ProvidedCHO rdf:about="x"><dc:title>the frame</dc:title></edm:ProvidedCHO>'
    assert read(flat("<dc:title>the painting</dc:title>", others=other)).titles == ("the painting",)


def label(language: str, text: str) -> str:
    return f'<skos:prefLabel xml:lang="{language}">{text}</skos:prefLabel>'


@pytest.mark.parametrize(
    ("labels", "chosen"),
    [
        (label("nl", "schilderij") + label("en", "painting"), ("painting",)),
        (label("de", "Gemälde") + label("nl", "schilderij"), ("schilderij",)),
        (label("de", "Gemälde") + label("fr", "peinture"), ("Gemälde",)),
        (label("en-GB", "painting") + label("nl", "schilderij"), ("painting",)),
        (label("en", " ") + label("nl", "schilderij"), ("schilderij",)),
        ("<skos:prefLabel>Painting</skos:prefLabel>", ("Painting",)),
        ("", ()),
    ],
)
def test_a_reference_is_resolved_in_english_then_dutch_then_any(labels: str, chosen: tuple[str, ...]) -> None:
    concept = f'<skos:Concept rdf:about="https://id.rijksmuseum.nl/2208">{labels}</skos:Concept>'
    reference = '<dc:type rdf:resource="https://id.rijksmuseum.nl/2208"/>'
    assert read(flat(reference, others=concept)).types == chosen
    assert read(flat(f"<dc:type>{concept}</dc:type>")).types == chosen


def test_type_labels_are_those_of_every_language() -> None:
    concept = f'<skos:Concept rdf:about="t">{label("nl", "tekening")}{label("en", "drawing")}</skos:Concept>'
    record = read(flat('<dc:type rdf:resource="t"/><dc:type>schets</dc:type>', others=concept))
    assert record.type_labels == ("tekening", "drawing", "schets")
    assert record.types == ("drawing", "schets")


def test_texts_repeated_by_language_are_read_once() -> None:
    cho = '<dc:creator xml:lang="nl">naar Rembrandt</dc:creator><dc:creator xml:lang="en">after Rembrandt</dc:creator>'
    assert read(flat(cho)).creators == ("after Rembrandt",)


@pytest.mark.parametrize(
    ("cho", "aggregation", "others", "rights"),
    [
        pytest.param("", f'<edm:rights rdf:resource="{PDM}"/>', "", (PDM,), id="aggregation"),
        pytest.param(f"<dc:rights>{PDM}</dc:rights>", "", "", (PDM,), id="older: in the object"),
        pytest.param(
            "<dc:rights>© me</dc:rights>",
            f'<edm:rights rdf:resource="{PDM}"/>',
            "",
            (PDM,),
            id="aggregation first",
        ),
        pytest.param("", "", "", (), id="none stated"),
        pytest.param(
            "",
            f'<edm:rights rdf:resource="{PDM}"/><edm:isShownBy rdf:resource="{IMAGE}"/>',
            f'<edm:WebResource rdf:about="{IMAGE}"><edm:rights rdf:resource="InC"/></edm:WebResource>',
            (PDM, "InC"),
            id="the image's own count too",
        ),
        pytest.param(
            "",
            f'<edm:rights rdf:resource="{PDM}"/>',
            '<edm:WebResource rdf:about="elsewhere"><edm:rights rdf:resource="InC"/></edm:WebResource>',
            (PDM,),
            id="another page's do not",
        ),
    ],
)
def test_rights(cho: str, aggregation: str, others: str, rights: tuple[str, ...]) -> None:
    assert read(flat(cho, aggregation, others)).rights == rights


@pytest.mark.parametrize(
    ("aggregation", "images"),
    [
        (f'<edm:isShownBy rdf:resource="{IMAGE}"/>', (IMAGE,)),
        (f'<edm:isShownBy><edm:WebResource rdf:about="{IMAGE}"/></edm:isShownBy>', (IMAGE,)),
        (f'<edm:object rdf:resource="b"/><edm:isShownBy rdf:resource="{IMAGE}"/>', (IMAGE, "b")),
        (f"<edm:object>{IMAGE}</edm:object>", (IMAGE,)),
        ('<edm:isShownBy rdf:resource=" "/><edm:object/>', ()),
    ],
)
def test_images_are_what_it_is_shown_by_then_the_preview(aggregation: str, images: tuple[str, ...]) -> None:
    assert read(flat("", aggregation)).images == images
