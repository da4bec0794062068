"""The makers of AIC's works: names with ids, and one text for readers that says the rest."""

from __future__ import annotations

import re
from typing import Any

from museum_assets.museums.maker import Maker, beside, maker
from museum_assets.museums.museum import Json
from museum_assets.museums.qualifiers import qualifier_in, split_name
from museum_assets.museums.reading import distinct, items, text, texts

_LIFE = re.compile(
    r"(?P<born>\d{4})(?:/\d{1,2})?\??\s{0,2}[-–—]\s{0,2}(?:c[a.]{0,2}\s{0,2}|after |before )?(?P<died>\d{4})"
    r"|\b(?:born|b\.)\s{1,2}(?:c[a.]{0,2}\s{0,2}|about )?(?P<alive>\d{4})"
)
"""Not "active 1840-60" or "founded 1751": those years are no life."""
_NO_LIFE = re.compile(r"\b(?:active|fl\.|flourished|founded|established)", re.IGNORECASE)


def artists(payload: dict[str, Json]) -> tuple[str, ...]:
    """Return the makers' names. Not artist_display: where there is none it holds the place ("Italian; Sicily")."""
    return distinct((text(payload, "artist_title"), *texts(payload, "artist_titles")))


def makers(payload: dict[str, Json]) -> tuple[Maker, ...]:
    """Return the makers, with what artist_display says of each: "Lucas Vorsterman (Flemish, 1595–1675)"."""
    names, ids, shown = artists(payload), _ids(payload), beside(payload, "artist_display") or ""
    found = [maker(name, museum_id=ids.get(name), **_told(shown, name, alone=len(names) == 1)) for name in names]
    return tuple([each for each in found if each])


def _ids(payload: dict[str, Json]) -> dict[str, str]:
    names, ids = payload.get("artist_titles"), payload.get("artist_ids")
    found: dict[str, str] = {}
    if isinstance(names, list) and isinstance(ids, list) and len(names) == len(ids):
        found = {name: str(id_) for name, id_ in zip(names, items(payload, "artist_ids"), strict=True)
                 if isinstance(name, str) and type(id_) is int}  # fmt: skip
    first, first_id = beside(payload, "artist_title"), beside(payload, "artist_id")
    return {**found, first: first_id} if first and first_id else found


def _told(shown: str, name: str, *, alone: bool) -> dict[str, Any]:
    """Return what the text says of one name: what stands before it in its line, and the bracket or line behind it."""
    lines = [line.strip() for line in shown.splitlines()]
    for place, line in enumerate(lines):
        before, found, behind = line.partition(name)
        if not found:
            continue
        life = (
            behind.partition("(")[2].partition(")")[0] if "(" in behind else (lines[place + 1 : place + 2] or [""])[0]
        )
        told: dict[str, Any] = {"qualifier": before or None}
        years = None if _NO_LIFE.search(life) else _LIFE.search(life)
        if years:
            nationality = life.partition(",")[0].strip()
            told |= {
                "years": (years["born"] or years["alive"], years["died"]),
                "dates": life,
                "nationality": nationality if nationality.replace(" ", "").isalpha() else None,
            }
        return told
    # Another spelling than the name's: "Follower of Rembrandt Harmensz. van Rijn".
    return {"qualifier": qualifier_in(split_name(lines[0])[0])} if alone and lines else {}
