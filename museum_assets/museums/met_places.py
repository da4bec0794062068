"""The places and subjects of MET's objects.

Up to eight fields name one place, and another says what it is to the object. Subjects are tags with links.
"""

from __future__ import annotations

import re

from museum_assets.museums.maker import beside
from museum_assets.museums.museum import Json
from museum_assets.museums.place import Place, Role, place
from museum_assets.museums.subject import Subject, each_once, subject

FIELDS = ("locus", "locale", "city", "county", "state", "subregion", "region", "country")
"""The smallest first. `excavation` names a campaign and `river` what is near: neither is the place."""
ROLES: dict[Role, re.Pattern[str]] = {
    "found": re.compile(r"\b(?:find|found|excavat)", re.IGNORECASE),
    "made": re.compile(r"\b(?:made|manufactur|produced|printed|built)", re.IGNORECASE),
    "depicted": re.compile(r"\b(?:depict|view|subject)", re.IGNORECASE),
}


def places(payload: dict[str, Json]) -> tuple[Place, ...]:
    """Return the one place. "From" is no role: Egypt's finds and France's furniture have it alike."""
    relation = beside(payload, "geographyType")
    named = list(dict.fromkeys(filter(None, (beside(payload, field) for field in FIELDS))))
    if not named:
        return ()
    role = next((role for role, words in ROLES.items() if relation and words.search(relation)), None)
    found = place(named[0], role, relation, ", ".join(named[1:]) or None)
    return (found,) if found else ()


def subjects(payload: dict[str, Json]) -> tuple[Subject, ...]:
    """Return the tags. They have no ids of the museum's own, but links to Getty's AAT and to Wikidata."""
    tags = payload.get("tags")
    entries = [each for each in tags if isinstance(each, dict)] if isinstance(tags, list) else []
    return each_once(
        subject(beside(each, "term"), "en", links=(beside(each, "AAT_URL"), beside(each, "Wikidata_URL")))
        for each in entries
    )
