"""What the readers of XML records share: parsing a stored record safely, and texts by language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from museum_assets.core.failures import Malformed, Rejected
from museum_assets.museums.edm import element_text, last_segment, parse_xml
from museum_assets.museums.reading import text

LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def parsed(payload: Mapping[str, Any]) -> tuple[str, Element]:
    """Return (the record's id, its metadata). Raises Rejected(malformed_record)."""
    identifier, xml = text(payload, "identifier"), text(payload, "record")
    if xml is None:
        raise Rejected("malformed_record", "the record holds no metadata (field record)")
    try:
        return last_segment(identifier or ""), parse_xml(xml, identifier or "the record")
    except Malformed as error:
        raise Rejected("malformed_record", str(error)) from error


def local(element: Element) -> str:
    """Return an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def add(found: dict[str, list[str]], name: str, element: Element) -> None:
    """Add an element's text under a name, and once more under `name@language` where it has one."""
    if value := element_text(element):
        found.setdefault(name, []).append(value)
        if language := element.get(LANGUAGE, "").partition("-")[0].lower():
            found.setdefault(f"{name}@{language}", []).append(value)


def below(element: Element, *names: str) -> list[Element]:
    """Return the elements at the end of a path of names, whatever their namespaces."""
    found = [element]
    for name in names:
        found = [child for each in found for child in each if local(child) == name]
    return found


def anywhere(element: Element, *names: str) -> Iterable[Element]:
    """Return the elements at the end of a path that begins at any depth."""
    first, *rest = names
    starts = [each for each in element.iter() if local(each) == first]
    return [each for start in starts for each in below(start, *rest)]
