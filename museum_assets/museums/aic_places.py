"""The places, materials and subjects of AIC's works."""

from __future__ import annotations

from museum_assets.museums.maker import beside
from museum_assets.museums.material import Material, materials
from museum_assets.museums.museum import Json
from museum_assets.museums.place import Place, place
from museum_assets.museums.subject import Subject, each_once, subject


def places(payload: dict[str, Json]) -> tuple[Place, ...]:
    """Return the place of origin. `latitude` and `longitude` are of where a work hangs."""
    found = place(beside(payload, "place_of_origin"), "made")
    return (found,) if found else ()


def materials_of(payload: dict[str, Json]) -> tuple[Material, ...]:
    """Return the text for readers, and the terms of the museum's own lists."""
    lists = (payload.get(key) for key in ("material_titles", "technique_titles"))
    terms = [each for found in lists if isinstance(found, list) for each in found]
    return materials([payload.get("medium_display"), *terms], "en")


def subjects(payload: dict[str, Json]) -> tuple[Subject, ...]:
    """Return the terms of `subject_titles` with their ids, which stand in a second list in the same order."""
    titles, ids = payload.get("subject_titles"), payload.get("subject_ids")
    if not isinstance(titles, list):
        return ()
    # Where one list is longer, nobody can say which id is whose.
    known = ids if isinstance(ids, list) and len(ids) == len(titles) else [None] * len(titles)
    return each_once(
        subject(title, "en", None, id_ if isinstance(id_, str) else None)
        for title, id_ in zip(titles, known, strict=True)
        if isinstance(title, str)
    )
