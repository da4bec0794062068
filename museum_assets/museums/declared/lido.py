"""LIDO 1.0 and 1.1 as fields: the object, its making and makers, its rights and its pictures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from museum_assets.museums.addresses import SCHEMES
from museum_assets.museums.declared.xml import add, anywhere, below, local, parsed
from museum_assets.museums.edm import element_text

MAKING = re.compile(
    r"produc|creat|making|herstell|vervaardig|fremstil|eventtype/production|lido00007|00012", re.IGNORECASE
)
"""Types of the event in which a work was made, as texts and as concepts of LIDO's terminology."""
_INVENTORY = re.compile("inventory|inventar|inventaris|accession|objektnummer", re.IGNORECASE)


def fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the record's fields, each a list of texts or of objects, and `id`.

    Objects are `makers`, `places` where it was made, `shown`, `materials`, `subjects` and `persons`
    who are portrayed; texts the others:
    `object_number`, `title` (and `title@de`), `work_type`, `classification`, `medium`, `date`, `start`, `end`,
    `rights`, `image_rights`, `images`, `page`. Raises Rejected(malformed_record).
    """
    id_, root = parsed(payload)
    found: dict[str, list[str]] = {}
    for name, path in PATHS.items():
        for element in anywhere(root, *path):
            add(found, name, element)
    numbers = list(anywhere(root, "workID"))
    inventory = [each for each in numbers if any(_INVENTORY.search(value) for value in each.attrib.values())]
    for element in inventory or numbers:
        add(found, "object_number", element)
    for name, container in {"rights": "rightsWorkSet", "image_rights": "rightsResource"}.items():
        found[name] = _texts(each for kind in anywhere(root, container, "rightsType") for each in kind)
    event = _making(root)
    makers = []
    if event is not None:
        for name, path in EVENT_PATHS.items():
            for element in anywhere(event, *path):
                add(found, name, element)
        makers = [_maker(actor) for actor in anywhere(event, "actorInRole")]
    made = [] if event is None else [_place(each) for each in anywhere(event, "eventPlace", "place")]
    shown = [_place(each) for each in anywhere(root, "subjectPlace", "place")]
    materials = [_named(below(each, "term"), below(each, "conceptID")) for each in anywhere(root, "termMaterialsTech")]
    subjects = [_named(below(each, "term"), below(each, "conceptID")) for each in anywhere(root, "subjectConcept")]
    persons = [
        _named(anywhere(each, "nameActorSet", "appellationValue"), anywhere(each, "actorID"))
        for each in anywhere(root, "subjectActor", "actor")
    ]
    objects = {"makers": makers, "places": made, "shown": shown, "materials": materials, "subjects": subjects}
    return {**found, **objects, "persons": persons, "id": id_}


PATHS: Mapping[str, tuple[str, ...]] = {
    "title": ("titleSet", "appellationValue"),
    "work_type": ("objectWorkType", "term"),
    "classification": ("classification", "term"),
    "images": ("resourceRepresentation", "linkResource"),
    "page": ("recordInfoSet", "recordInfoLink"),
}
EVENT_PATHS: Mapping[str, tuple[str, ...]] = {
    "medium": ("displayMaterialsTech",),
    "date": ("eventDate", "displayDate"),
    "start": ("eventDate", "date", "earliestDate"),
    "end": ("eventDate", "date", "latestDate"),
}


def _making(root: Element) -> Element | None:
    """Return the event in which the work was made: the one that says so, else the only one."""
    events = list(anywhere(root, "eventSet", "event"))
    for event in events:
        if any(MAKING.search(each) for kind in below(event, "eventType") for each in _texts(kind)):
            return event
    return events[0] if len(events) == 1 else None


def _maker(actor: Element) -> dict[str, Any]:
    told = {
        "role": anywhere(actor, "roleActor", "term"),
        "born": anywhere(actor, "vitalDatesActor", "earliestDate"),
        "died": anywhere(actor, "vitalDatesActor", "latestDate"),
        "nationality": anywhere(actor, "nationalityActor", "term"),
        "qualifier": anywhere(actor, "attributionQualifierActor"),
    }
    named = _named(anywhere(actor, "nameActorSet", "appellationValue"), anywhere(actor, "actorID"))
    return named | {name: next(iter(_texts(elements)), None) for name, elements in told.items()}


def _place(element: Element) -> dict[str, Any]:
    # Not at any depth: a place holds the larger one that it is a part of.
    return _named(below(element, "namePlaceSet", "appellationValue"), below(element, "placeID"))


def _named(names: Iterable[Element], identified: Iterable[Element]) -> dict[str, Any]:
    """Return the name, the museum's own id and the links to authorities of an actor, a place or a concept."""
    ids = _texts(identified)
    links = [each for each in ids if each.startswith(SCHEMES)]
    own = next((each for each in ids if each not in links), None)
    return {"name": next(iter(_texts(names)), None), "id": own, "links": links}


def _texts(elements: Iterable[Element]) -> list[str]:
    return [value for each in elements if local(each) != "actor" and (value := element_text(each))]
