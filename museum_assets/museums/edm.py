"""Europeana Data Model (EDM) records, as the Rijksmuseum sends them.

All XML is parsed by defusedxml with DTDs forbidden: EDM has none, nor has OAI-PMH, and entities are how an XML bomb
works.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, register_namespace, tostring

from defusedxml.ElementTree import fromstring

from museum_assets.core.failures import Malformed
from museum_assets.museums.museum import BadEntry

_NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "ore": "http://www.openarchives.org/ore/terms/",
    "edm": "http://www.europeana.eu/schemas/edm/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "rdaGr2": "http://rdvocab.info/ElementsGr2/",
}
RDF, _ORE, _EDM, _DC, _DCTERMS, _SKOS, _OWL, _RDA = (f"{{{uri}}}" for uri in _NAMESPACES.values())
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_PREFERRED_LANGUAGES = ("en", "nl")

# Without names the serialiser invents ns0, ns1, … : the stored records would be unreadable for a person.
for _prefix, _uri in _NAMESPACES.items():
    register_namespace(_prefix, _uri)

LanguageText = tuple[str, str]
"""A language code ('' when none is given) and a text."""


@dataclass(frozen=True, slots=True)
class Agent:
    """A maker as the record describes it; of one who is only named, all but the name is None."""

    name: str
    id: str | None = None
    born: str | None = None
    died: str | None = None
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A place, a material or a subject as the record describes it; of one that is only named, `id` is None.

    `kind` is that of its description: Agent, Place, Concept.
    """

    name: str
    language: str
    id: str | None = None
    links: tuple[str, ...] = ()
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Edm:
    """What the platform reads from one EDM record; every field may be empty.

    `titles`, `creators`, `types` and `created` are in the preferred language; `type_labels` are those of every
    language. `rights` are the Aggregation's (before 2026 also the object's own) and those of its images.
    """

    identifiers: tuple[str, ...]
    titles: tuple[str, ...]
    creators: tuple[str, ...]
    types: tuple[str, ...]
    type_labels: tuple[str, ...]
    created: tuple[str, ...]
    rights: tuple[str, ...]
    images: tuple[str, ...]
    agents: tuple[Agent, ...]
    places: tuple[Described, ...]
    """Those of dcterms:spatial, and places among the subjects: what the work shows, as EDM defines it."""
    materials: tuple[Described, ...]
    subjects: tuple[Described, ...]
    """Those of dc:subject and dcterms:subject but for places, which are `places`."""


MOST_MARKUP = 1_000_000
"""Tags and attributes of a text at most. A page of 100 records has 20,000; 64 MB of `<b/>` took 2.5 GB."""


def markup(xml: str) -> int:
    """Return about how many tags and attributes a text has, and not fewer."""
    return xml.count("<") + xml.count("=")


def parse_xml(xml: str, source: str, most_markup: int = MOST_MARKUP) -> Element:
    """Return the root element.

    Raises Malformed, naming `source`, for anything but well-formed XML without a DTD and with no more than
    `most_markup` tags and attributes.
    """
    if (found := markup(xml)) > most_markup:
        raise Malformed(f"{source}: {found:,} tags and attributes, more than {most_markup:,}: this would fill memory")
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, ValueError) as error:  # what defusedxml forbids is a ValueError, and so is a lone surrogate
        raise Malformed(f"{source}: not XML that is safe to read: {error!r:.200}; begins {xml!r:.80}") from error
    return root


def last_segment(uri: str) -> str:
    """Return what follows the last slash of a linked-data identifier: `…/200107928` is 200107928."""
    return uri.strip().rstrip("/").rpartition("/")[2]


def serialise(rdf: Element, source: str) -> str:
    """Return the element as text that is the same for the same content.

    Indentation is left out: ListRecords and GetRecord may indent one record differently, and it would then look
    changed. Raises BadEntry when it is nested too deeply to be written.
    """
    rdf.tail = None
    for element in rdf.iter():
        if element.text and not element.text.strip():
            element.text = None
        if element.tail and not element.tail.strip():
            element.tail = None
    try:
        return tostring(rdf, encoding="unicode")
    except RecursionError as error:
        # For good: asked for again, it would keep the harvest open, in which nothing new is met.
        raise BadEntry(f"{source}: the record's XML is nested too deeply to be stored") from error


def read_edm(rdf: Element, source: str) -> Edm:
    """Read one record, in the nested shape of before June 2026 or in the flat one since.

    Raises Malformed when it has neither shape: a tolerant reader turns the next change into silently empty records.
    """
    aggregation = rdf.find(f"{_ORE}Aggregation") if rdf.tag == f"{RDF}RDF" else None
    cho = _provided_cho(rdf, aggregation) if aggregation is not None else None
    if aggregation is None or cho is None:
        found = ", ".join(sorted({child.tag for child in rdf})) or "nothing"
        raise Malformed(
            f"{source}: neither shape of EDM (an Aggregation around its ProvidedCHO, or both side by side): "
            f"<{rdf.tag}> holds {found:.300}"
        )
    labels = _labels(rdf)
    images = _plain([*aggregation.findall(f"{_EDM}isShownBy"), *aggregation.findall(f"{_EDM}object")])
    # An image may carry rights of its own, and they go before the Aggregation's (EDM definition, edm:rights).
    image_rights = [
        rights
        for resource in rdf.iter(f"{_EDM}WebResource")
        if resource.get(f"{RDF}about") in images
        for rights in resource.findall(f"{_EDM}rights")
    ]
    types = cho.findall(f"{_DC}type")
    nodes: dict[str, list[Element]] = {}
    for node in rdf:
        nodes.setdefault(node.get(f"{RDF}about") or "", []).append(node)
    shown = _described(nodes, [*cho.findall(f"{_DC}subject"), *cho.findall(f"{_DCTERMS}subject")], labels)
    places = [
        *_described(nodes, cho.findall(f"{_DCTERMS}spatial"), labels),
        *(each for each in shown if each.kind == "Place"),
    ]
    return Edm(
        identifiers=_plain(cho.findall(f"{_DC}identifier")),
        titles=_preferred(cho.findall(f"{_DC}title"), labels),
        creators=_preferred(cho.findall(f"{_DC}creator"), labels),
        types=_preferred(types, labels),
        type_labels=tuple(text for each in types for _, text in _variants(each, labels)),
        created=_preferred(cho.findall(f"{_DCTERMS}created"), labels),
        rights=(_plain(aggregation.findall(f"{_EDM}rights")) or _plain(cho.findall(f"{_DC}rights")))
        + _plain(image_rights),
        images=images,
        agents=_agents(rdf, cho.findall(f"{_DC}creator"), labels),
        places=tuple(dict.fromkeys(places)),
        materials=_described(nodes, cho.findall(f"{_DCTERMS}medium"), labels),
        subjects=tuple([each for each in shown if each.kind != "Place"]),
    )


def _agents(rdf: Element, creators: Sequence[Element], labels: dict[str, list[LanguageText]]) -> tuple[Agent, ...]:
    """Return the makers in the order of `creators`: those that are referred to, then those that are only named."""
    found = {}
    for uri in filter(None, map(_target, creators)):
        for name in _in_best_language(labels.get(uri) or [])[:1]:
            nodes = [node for node in rdf.iter(f"{_EDM}Agent") if node.get(f"{RDF}about") == uri]
            born, died, links = (
                _plain([each for node in nodes for each in node.findall(tag)])
                for tag in (f"{_RDA}dateOfBirth", f"{_RDA}dateOfDeath", f"{_OWL}sameAs")
            )
            found[uri] = Agent(name, uri, next(iter(born), None), next(iter(died), None), links)
    named = _preferred([each for each in creators if not _target(each)], labels)
    return tuple([each for each in found.values() if each.name]) + tuple(map(Agent, named))


def _described(
    nodes: Mapping[str, list[Element]], elements: Sequence[Element], labels: dict[str, list[LanguageText]]
) -> tuple[Described, ...]:
    """Return what is referred to, each in its best language with its links, then what is only named."""
    found = {}
    for uri in filter(None, map(_target, elements)):
        for language, name in _best(labels.get(uri) or [])[:1]:
            about = nodes.get(uri, [])
            # Europeana's schema knows owl:sameAs for agents and places, skos:exactMatch for concepts.
            same = [
                each for node in about for tag in (f"{_OWL}sameAs", f"{_SKOS}exactMatch") for each in node.findall(tag)
            ]
            kind = next((node.tag.rpartition("}")[2] for node in about), None)
            found[uri] = Described(name, language, uri, _plain(same), kind)
    named = [_language_text(each) for each in elements if not _target(each)]
    return tuple([each for each in found.values() if each.name]) + tuple(
        [Described(name, language) for language, name in _best(named) if name]
    )


def _provided_cho(rdf: Element, aggregation: Element) -> Element | None:
    nested = aggregation.find(f"{_EDM}aggregatedCHO/{_EDM}ProvidedCHO")
    if nested is not None:
        return nested
    side_by_side = rdf.findall(f"{_EDM}ProvidedCHO")
    if len(side_by_side) == 1:
        return side_by_side[0]
    reference = aggregation.find(f"{_EDM}aggregatedCHO")
    about = reference.get(f"{RDF}resource") if reference is not None else None
    return next((cho for cho in side_by_side if about and cho.get(f"{RDF}about") == about), None)


def _labels(rdf: Element) -> dict[str, list[LanguageText]]:
    """Return the prefLabels of every agent, concept, place and time span that the record describes, by its URI."""
    labels: dict[str, list[LanguageText]] = {}
    for node in rdf.iter():
        about = node.get(f"{RDF}about")
        if about:
            labels.setdefault(about, []).extend(map(_language_text, node.findall(f"{_SKOS}prefLabel")))
    return labels


def _target(element: Element) -> str | None:
    """Return the URI an element refers to: by attribute, or the `rdf:about` of the node nested in it."""
    nested = (child.get(f"{RDF}about") for child in element)
    return element.get(f"{RDF}resource") or next(nested, None)


def _variants(element: Element, labels: dict[str, list[LanguageText]]) -> list[LanguageText]:
    target = _target(element)
    pairs = labels.get(target, []) if target else [_language_text(element)]
    return [(language, text) for language, text in pairs if text]


def _preferred(elements: Iterable[Element], labels: dict[str, list[LanguageText]]) -> tuple[str, ...]:
    """Return one label for each reference, then the plain texts of the best language that has any."""
    referred: list[str] = []
    literal: list[LanguageText] = []
    for element in elements:
        variants = _variants(element, labels)
        if _target(element):
            referred += _in_best_language(variants)[:1]
        else:
            literal += variants
    return tuple(dict.fromkeys(referred + _in_best_language(literal)))


def _in_best_language(variants: list[LanguageText]) -> list[str]:
    return [text for _, text in _best(variants)]


def _best(variants: list[LanguageText]) -> list[LanguageText]:
    """Return the English texts, else the Dutch ones, else those of the first language there is."""
    languages = [language for language, _ in variants]
    best = next((language for language in _PREFERRED_LANGUAGES if language in languages), None)
    return [each for each in variants if each[0] == (best or languages[0])]


def _plain(elements: Iterable[Element]) -> tuple[str, ...]:
    """Return what each element refers to or says, distinct and not blank, whatever the language."""
    values = ((_target(element) or element_text(element)).strip() for element in elements)
    return tuple(dict.fromkeys(value for value in values if value))


def _language_text(element: Element) -> LanguageText:
    return element.get(_LANGUAGE, "").partition("-")[0].lower(), element_text(element)


def element_text(element: Element | None) -> str:
    """Return what an element says, without blanks around it; '' where there is none."""
    return (element.text or "").strip() if element is not None else ""
