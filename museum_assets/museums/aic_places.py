"""The places and materials of AIC's works."""

from __future__ import annotations

from museum_assets.museums.maker import beside
from museum_assets.museums.material import Material, materials
from museum_assets.museums.museum import Json
from museum_assets.museums.place import Place, place


def places(payload: dict[str, Json]) -> tuple[Place, ...]:
    """Return the place of origin. `latitude` and `longitude` are of where a work hangs."""
    found = place(beside(payload, "place_of_origin"), "made")
    return (found,) if found else ()


def materials_of(payload: dict[str, Json]) -> tuple[Material, ...]:
    """Return the text for readers, and the terms of the museum's own lists."""
    lists = (payload.get(key) for key in ("material_titles", "technique_titles"))
    terms = [each for found in lists if isinstance(found, list) for each in found]
    return materials([payload.get("medium_display"), *terms], "en")
