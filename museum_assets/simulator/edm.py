"""EDM as the Rijksmuseum writes it, in the flat shape of after June 2026 and the nested one of before.

The nested shape is that of the samples in museum_records/rma/synthetic; of the flat one no raw answer could be had,
so it follows the description in museum_apis.md 5b.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape

from museum_assets.simulator.motifs import Motif, portrayed, shown_in
from museum_assets.simulator.towns import TOWNS, made_in
from museum_assets.simulator.works import ARTISTS, SimulatedWork

LOD = "https://id.rijksmuseum.nl/"
PUBLIC_DOMAIN = "http://creativecommons.org/publicdomain/mark/1.0/"
CC0 = "http://creativecommons.org/publicdomain/zero/1.0/"
IN_COPYRIGHT = "http://rightsstatements.org/vocab/InC/1.0/"

# kind: (English, Dutch).
WORDS = {
    "painting": ("painting", "schilderij"), "drawing": ("drawing", "tekening"), "print": ("print", "prent"),
    "watercolor": ("watercolour", "aquarel"), "pastel": ("pastel", "pastel"), "aquatint": ("aquatint", "aquatint"),
    "bust": ("bust", "buste"), "gouache": ("gouache", "gouache"),
    "miniature": ("miniature (painting)", "miniatuur (schildering)"),
    "design": ("ornamental drawing", "ornamenttekening"), "sculpture": ("figure", "beeld"),
    "ceramics": ("dish", "schotel"), "photograph": ("photograph", "foto"),
}  # fmt: skip

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "edm": "http://www.europeana.eu/schemas/edm/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "ore": "http://www.openarchives.org/ore/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdaGr2": "http://rdvocab.info/ElementsGr2/",
}
_OPEN = "<rdf:RDF " + " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items()) + ">"
_TITLE = re.compile(r"(<dc:title[^>]*>)([^<]*)")
_MICRIO = re.compile(r"https://iiif\.micr\.io/[^/\"]+")


@dataclass(frozen=True, slots=True)
class OaiRecord:
    """One OAI record: what its header says, and its EDM in parts (synthetic) or as it is (`whole`, recorded)."""

    id: str
    modified: int
    sets: tuple[str, ...]
    cho: str = ""
    """The properties of edm:ProvidedCHO."""
    rights: str = ""
    image: str | None = None
    entities: str = ""
    """edm:Agent, edm:Place and skos:Concept elements."""
    whole: str = ""

    def rdf(self, shape: str) -> str:
        """Return the rdf:RDF element. `shape` is flat or nested; a recorded record has its own."""
        if self.whole:
            return self.whole
        about = f"{LOD}{self.id}"
        rights = f'<edm:provider>Rijksmuseum</edm:provider><edm:rights rdf:resource="{self.rights}"/>'
        cho = f'<edm:ProvidedCHO rdf:about="{about}">{self.cho}</edm:ProvidedCHO>'
        if shape == "nested":
            web = f'<edm:WebResource rdf:about="{self.image}"/>'
            shown = f"<edm:isShownBy>{web}</edm:isShownBy><edm:object>{web}</edm:object>" if self.image else ""
            content = (
                f'<ore:Aggregation rdf:about="{about}#aggregation"><edm:aggregatedCHO>{cho}</edm:aggregatedCHO>'
                f"{rights}{shown}</ore:Aggregation>"
            )
        else:
            shown = web = ""
            if self.image:
                shown = f'<edm:isShownBy rdf:resource="{self.image}"/><edm:object rdf:resource="{self.image}"/>'
                web = f'<edm:WebResource rdf:about="{self.image}"/>'
            content = (
                f'{cho}{web}<ore:Aggregation rdf:about="{about}#aggregation">'
                f'<edm:aggregatedCHO rdf:resource="{about}"/>{rights}{shown}</ore:Aggregation>'
            )
        return f"{_OPEN}{content}{self.entities}</rdf:RDF>"

    def retitled(self, version: int) -> OaiRecord:
        """Return the record with `(version)` after each of its titles."""
        cho, whole = (_TITLE.sub(rf"\1\2 ({version})", text) for text in (self.cho, self.whole))
        return replace(self, cho=cho, whole=whole)

    def with_image(self, url: str) -> OaiRecord:
        """Return a recorded record whose Micrio addresses begin with `url` instead."""
        return replace(self, whole=_MICRIO.sub(url, self.whole))

    def padded(self, characters: int) -> OaiRecord:
        """Return the record with a comment of this length."""
        comment = f"<!--{'x' * characters}-->"
        return replace(
            self, entities=self.entities + comment, whole=self.whole.replace("</rdf:RDF>", f"{comment}</rdf:RDF>")
        )


def synthetic(work: SimulatedWork, record_id: str, number: str, image: str | None, sets: tuple[str, ...]) -> OaiRecord:
    """Write a work: agents and types by reference, titles in Dutch and mostly in English too."""
    agents = [(21_000 + ARTISTS.index(artist), artist) for artist in work.artists]
    kind_id = 22_000 + tuple(WORDS).index(work.traits.kind)
    cho = [f'<dc:creator rdf:resource="{LOD}{agent_id}"/>' for agent_id, _ in agents]
    cho.append(f"<dc:identifier>{escape(number)}</dc:identifier>")
    if work.titles:
        if work.pick(1, 4):
            cho.append(f'<dc:title xml:lang="en">{escape(work.titles[0])}</dc:title>')
        cho.append(f'<dc:title xml:lang="nl">{escape(work.titles[2])}</dc:title>')
    cho.append(f'<dc:type rdf:resource="{LOD}{kind_id}"/>')
    town = made_in(work)
    things = [(22_110, "canvas", "doek"), (22_109, "oil paint (paint)", "olieverf")]
    media = things if work.traits.kind == "painting" else [(22_111, "paper", "papier")]
    cho += [f'<dcterms:medium rdf:resource="{LOD}{each[0]}"/>' for each in media]
    if town:
        cho.append(f'<dcterms:spatial rdf:resource="{LOD}{23_000 + TOWNS.index(town)}"/>')
    motifs, sitter = shown_in(work), portrayed(work)
    agents += [(21_000 + ARTISTS.index(sitter), sitter)] if sitter and sitter not in work.artists else []
    shown = [24_000 + motif.number for motif in motifs] + ([21_000 + ARTISTS.index(sitter)] if sitter else [])
    cho += [f'<dc:subject rdf:resource="{LOD}{each}"/>' for each in shown]
    if work.start is not None and work.end is not None:
        for language, prefix, era in (("en", "c. ", " BCE"), ("nl", "ca. ", " v.Chr.")):
            created = _date(work.start, work.end, prefix if work.pick(2, 3) == 0 else "", era)
            cho.append(f'<dcterms:created xml:lang="{language}">{created}</dcterms:created>')
    entities = [
        f'<edm:Agent rdf:about="{LOD}{agent_id}">'
        f'<rdaGr2:dateOfBirth xml:lang="nl">{artist.born}</rdaGr2:dateOfBirth>'
        f'<rdaGr2:dateOfDeath xml:lang="nl">{artist.died}</rdaGr2:dateOfDeath>'
        f"{_labels(artist.name, artist.name)}</edm:Agent>"
        for agent_id, artist in agents
    ]
    entities += [f'<skos:Concept rdf:about="{LOD}{each[0]}">{_labels(*each[1:])}</skos:Concept>' for each in media]
    entities += [
        f'<skos:Concept rdf:about="{LOD}{24_000 + motif.number}">'
        f"{_labels(motif.names[0].lower(), motif.names[2].lower())}{_matches(motif)}</skos:Concept>"
        for motif in motifs
    ]
    if town:
        labels = _labels(town.names[0], town.names[2])
        entities.append(f'<edm:Place rdf:about="{LOD}{23_000 + TOWNS.index(town)}">{labels}</edm:Place>')
    entities.append(f'<skos:Concept rdf:about="{LOD}{kind_id}">{_labels(*WORDS[work.traits.kind])}</skos:Concept>')
    rights = IN_COPYRIGHT if not work.traits.is_open else CC0 if work.pick(3, 3) == 0 else PUBLIC_DOMAIN
    return OaiRecord(record_id, work.traits.modified, sets, "".join(cho), rights, image, "".join(entities))


def _labels(english: str, dutch: str) -> str:
    return (
        f'<skos:prefLabel xml:lang="en">{escape(english)}</skos:prefLabel>'
        f'<skos:prefLabel xml:lang="nl">{escape(dutch)}</skos:prefLabel>'
    )


def _matches(motif: Motif) -> str:
    return f'<skos:exactMatch rdf:resource="https://iconclass.org/{motif.iconclass}"/>' if motif.iconclass else ""


def _date(start: int, end: int, prefix: str, era: str) -> str:
    years = [f"{prefix}{abs(year)}{era if year < 0 else ''}" for year in (start, end)]
    return years[0] if start == end else " - ".join(years)
