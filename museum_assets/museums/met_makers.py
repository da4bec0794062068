"""The makers of MET's objects: `constituents`, of which only the first is told more of in the record."""

from __future__ import annotations

from typing import Any

from museum_assets.museums.maker import Maker, beside, maker
from museum_assets.museums.museum import Json
from museum_assets.museums.reading import as_text, distinct, mappings, text


def artists(payload: dict[str, Json]) -> tuple[str, ...]:
    """Return the makers' names."""
    constituents = mappings(payload, "constituents")
    names = distinct(as_text(each.get("name"), "constituents[].name") for each in constituents)
    return names or distinct([text(payload, "artistDisplayName")])


def makers(payload: dict[str, Json]) -> tuple[Maker, ...]:
    """Return the constituents, each once, or the one maker that older records have beside them."""
    shown = beside(payload, "artistDisplayName")
    told: dict[str, Any] = {
        "years": (payload.get("artistBeginDate"), payload.get("artistEndDate")),
        "dates": beside(payload, "artistDisplayBio"),
        "nationality": beside(payload, "artistNationality"),
        "qualifier": beside(payload, "artistPrefix"),
    }
    found: list[Maker | None] = []
    for each in mappings(payload, "constituents"):
        name = beside(each, "name")
        more = told if shown and name and not found and shown in name else {}
        links = beside(each, "constituentULAN_URL"), beside(each, "constituentWikidata_URL")
        id_, role = beside(each, "constituentID"), beside(each, "role")
        found.append(maker(name, role=role, museum_id=id_, links=links, **more))
    if not any(found):
        links = beside(payload, "artistULAN_URL"), beside(payload, "artistWikidata_URL")
        found = [maker(shown, role=beside(payload, "artistRole"), links=links, **told)]
    return tuple(dict.fromkeys(each for each in found if each))
