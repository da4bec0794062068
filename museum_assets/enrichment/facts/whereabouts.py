"""Where a place lies: its point among what an authority says of places of its name. Pure.

A name alone is enough where the authority has one place of it. Of several the larger place decides; where it does not,
nobody guesses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from museum_assets.core.failures import Rejected
from museum_assets.enrichment.authority.likeness import words
from museum_assets.enrichment.authority.nationalities import country
from museum_assets.enrichment.facts.naming import Found, Name, folded, names_of

VERSION = "coordinates:1"
ONE_PLACE = 0.25
"""Degrees: two entries as near as this are a town and its municipality, whose points are as good as each other."""
_NUMBER = r"([-+]?\d{1,3}(?:\.\d{1,20})?(?:[eE]-\d{1,3})?)"
"""Wikidata's service writes Python's numbers: 0.00005 degrees, as on Greenwich's meridian, are 5e-05 there."""
_POINT = re.compile(rf"\s*{_NUMBER}\s*,\s*{_NUMBER}\s*")
_WELL_KNOWN_TEXT = re.compile(rf"\s*Point\s*\(\s*{_NUMBER}\s+{_NUMBER}\s*\)\s*", re.IGNORECASE)


class Point(NamedTuple):
    """Degrees north and east."""

    latitude: float
    longitude: float


class Entry(NamedTuple):
    """A place at the authority."""

    id: str
    label: str
    names: frozenset[Name]
    """Its names in all languages asked for."""
    countries: tuple[str, ...]
    point: Point | None


def point_in(text: str) -> Point | None:
    """Return the point that a text is: "55.97,12.03", or "Point(12.03 55.97)" as others write it; None for none."""
    if match := _POINT.fullmatch(text):
        return Point(float(match[1]), float(match[2]))
    if match := _WELL_KNOWN_TEXT.fullmatch(text):
        return Point(float(match[2]), float(match[1]))
    return None


def entry(found: Found) -> Entry:
    """Return what the authority says of a place."""
    points = (point for each in found.said.get("coordinates", ()) if (point := point_in(each)) and _on_earth(point))
    return Entry(found.id, found.label, names_of(found), tuple(found.said.get("country", ())), next(points, None))


def located(name: str, within: str | None, candidates: Sequence[Entry]) -> Entry:
    """Return the place that is meant. Raises Rejected(unknown_place), or (ambiguous_place) for several of its name."""
    wanted = folded(name)
    fits = [each for each in candidates if each.point and wanted and wanted in each.names]
    if not fits:
        raise Rejected("unknown_place", f"nothing there with coordinates is called {name}")
    if within and any(each.countries for each in fits):
        larger = _parts(within)
        fits = [each for each in fits if _parts(", ".join(each.countries)) & larger]
        if not fits:
            raise Rejected("unknown_place", f"none there that is called {name} is in {within}")
    if len({each.id for each in fits}) > 1 and not all(_near(fits[0], each) for each in fits):
        may_be = "; ".join(f"{each.label} ({', '.join(each.countries) or 'no country'}), {each.id}" for each in fits)
        raise Rejected("ambiguous_place", f"{name} may be each of {may_be}")
    return fits[0]


def facts(point: Point, method: str, **known: Any) -> dict[str, Any]:
    """Return the facts of a place."""
    return {"latitude": point.latitude, "longitude": point.longitude, "method": method, **known}


def larger_country(within: str | None) -> str | None:
    """Return the country among the larger places, in English where it is known; the last one where none is."""
    parts = [part.strip() for part in (within or "").split(",") if part.strip()]
    return next((found for part in reversed(parts) if (found := country(part))), parts[-1] if parts else None)


def _parts(places: str) -> frozenset[Name]:
    """Return each of the places as folded words, and the countries among them in English, too."""
    parts = [part for part in places.split(",") if words(part)]
    known = [found for part in parts if (found := country(part))]
    return frozenset(map(folded, (*parts, *known)))


def _on_earth(point: Point) -> bool:
    """Say whether there is such a place: longitudes on Mars go up to 360, and Wikidata's service names no planet."""
    return abs(point.latitude) <= 90 and abs(point.longitude) <= 180


def _near(one: Entry, other: Entry) -> bool:
    assert one.point
    assert other.point
    return all(abs(a - b) <= ONE_PLACE for a, b in zip(one.point, other.point, strict=True))
