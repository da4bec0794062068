"""EDM and OAI-PMH as the Rijksmuseum writes them, made for a test."""

from __future__ import annotations

from collections.abc import Iterable

from museum_assets.museums import edm
from tests.support.places import SHARED

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
TYPES = {"2208": ("painting", "schilderij"), "22015": ("drawing", "tekening"), "22013": ("print", "prent")}

BOMB = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><x>&c;</x>'
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'


def oai(body: str) -> str:
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{body}</OAI-PMH>'


def synthetic(name: str) -> str:
    return (SYNTHETIC / name).read_text(encoding="utf-8")


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


def flat_record(
    *,
    cho: str = "<dc:identifier>SK-C-5</dc:identifier>",
    rights: str = PDM,
    images: Iterable[str] = (IMAGE,),
    type_id: str = "2208",
    number: str = "200107928",
) -> str:
    """A record in the shape the museum sends since June 2026."""
    about = f"https://id.rijksmuseum.nl/{number}"
    english, dutch = TYPES[type_id]
    shown = "".join(f'<edm:isShownBy rdf:resource="{image}"/>' for image in images)
    return (
        f'<rdf:RDF {NAMESPACES}><edm:ProvidedCHO rdf:about="{about}">{cho}'
        f'<dc:type rdf:resource="https://id.rijksmuseum.nl/{type_id}"/>'
        f'<dc:creator rdf:resource="https://id.rijksmuseum.nl/2103429"/></edm:ProvidedCHO>'
        f'<ore:Aggregation rdf:about="{about}#aggregation"><edm:aggregatedCHO rdf:resource="{about}"/>'
        f'{shown}<edm:rights rdf:resource="{rights}"/></ore:Aggregation>'
        f'<edm:Agent rdf:about="https://id.rijksmuseum.nl/2103429">'
        f'<skos:prefLabel xml:lang="nl">Rembrandt van Rijn</skos:prefLabel></edm:Agent>'
        f'<skos:Concept rdf:about="https://id.rijksmuseum.nl/{type_id}">'
        f'<skos:prefLabel xml:lang="nl">{dutch}</skos:prefLabel><skos:prefLabel xml:lang="en">{english}'
        f"</skos:prefLabel></skos:Concept></rdf:RDF>"
    )


def read(xml: str) -> edm.Edm:
    return edm.read_edm(edm.parse_xml(xml, "a test"), "a test")
