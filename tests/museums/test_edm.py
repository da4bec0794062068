"""Both shapes in which the Rijksmuseum gives EDM read the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from museum_assets.core.failures import Malformed
from museum_assets.museums import edm
from tests.support.edm import IMAGE, NAMESPACES, PDM, flat, nested, read


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
        agents=(),
        places=(),
        materials=(),
        subjects=(),
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
