"""Addresses at authorities, read as (authority, identity), and the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote


class Known(NamedTuple):
    """How an authority's addresses look: the pattern's group is the identity, and `page` shows one to a person."""

    pattern: re.Pattern[str]
    page: str


AUTHORITIES: dict[str, Known] = {
    "wikidata": Known(
        re.compile(r"https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/(Q[1-9]\d*)"), "https://www.wikidata.org/wiki/{}"
    ),
    "ulan": Known(
        re.compile(r"https?://(?:vocab\.getty\.edu/(?:page/)?ulan/|www\.getty\.edu/vow/ULANFullDisplay\?.*subjectid=)(\d+)"),
        "https://vocab.getty.edu/page/ulan/{}",
    ),
    "viaf": Known(re.compile(r"https?://(?:www\.)?viaf\.org/viaf/(\d+)"), "https://viaf.org/viaf/{}"),
    "gnd": Known(re.compile(r"https?://d-nb\.info/gnd/([0-9X-]+)"), "https://d-nb.info/gnd/{}"),
    "rkd": Known(
        re.compile(r"https?://(?:data\.)?rkd\.nl/(?:en/explore/|explore/|nl/explore/)?artists/(\d+)"),
        "https://rkd.nl/artists/{}",
    ),
}  # fmt: skip
"""In the order in which a link is preferred, where the museum gives several and none is the one that is asked."""


PLACE_AUTHORITIES: dict[str, Known] = {
    "wikidata": AUTHORITIES["wikidata"],
    "tgn": Known(re.compile(r"https?://vocab\.getty\.edu/(?:page/)?tgn/(\d+)"), "https://vocab.getty.edu/page/tgn/{}"),
    "geonames": Known(re.compile(r"https?://(?:www\.|sws\.)?geonames\.org/(\d+)"), "https://www.geonames.org/{}"),
}
"""Those that know places."""
AAT = {
    "aat": Known(
        re.compile(r"https?://vocab\.getty\.edu/(?:page/)?aat/(300\d{6})\b"), "https://vocab.getty.edu/page/aat/{}"
    )
}
SUBJECT_AUTHORITIES: dict[str, Known] = {
    "wikidata": AUTHORITIES["wikidata"],
    **AAT,
    "iconclass": Known(
        re.compile(r"https?://(?:www\.)?iconclass\.org/(?:(?:rkd|[a-z]{2})/)?(\d[^/?#\s]{0,200})"),
        "https://iconclass.org/{}",
    ),
    **AUTHORITIES,
}
"""Those that know what is shown: things, and persons."""


class Identity(NamedTuple):
    """What a maker, a place or a subject is at an authority, written `wikidata:Q5598`."""

    authority: str
    id: str

    def __str__(self) -> str:
        return f"{self.authority}:{self.id}"


def identity_of(link: str, authorities: Mapping[str, Known] = AUTHORITIES) -> Identity | None:
    """Return what a link names; None for an address of no known authority."""
    for name, known in authorities.items():
        if match := known.pattern.match(link.strip()):
            # Iconclass has brackets in its notations, which some museums quote.
            return Identity(name, unquote(match[1]))
    return None


def given_identity(
    links: Iterable[str],
    preferred: str,
    refused: frozenset[Identity] = frozenset(),
    authorities: Mapping[str, Known] = AUTHORITIES,
) -> Identity | None:
    """Return the identity that a museum gives by its links: that of the preferred authority, else the first known."""
    known = (identity_of(link, authorities) for link in links)
    found = [identity for identity in known if identity and identity not in refused]
    order = [preferred, *authorities]
    return min(found, key=lambda each: order.index(each.authority), default=None)


def read_identity(text: str, authority: str) -> Identity:
    """Return the identity that a person writes: a link, `ulan:500011051`, or an id of `authority` alone.

    Raises ValueError for what is none.
    """
    if found := identity_of(text):
        return found
    name, colon, rest = text.strip().partition(":")
    if colon and name in {authority, *AUTHORITIES} and rest and not rest.startswith("//"):
        return Identity(name, rest.strip())
    if not text.strip() or "://" in text or any(letter.isspace() for letter in text.strip()):
        raise ValueError(f"{text!r} is no identity: write a link, {authority}:ID, or an id of {authority}")
    return Identity(authority, text.strip())


def page_of(authority: str, identity: str) -> str | None:
    """Return the address of a page about an identity, None for an authority that has no known one."""
    known = {**PLACE_AUTHORITIES, **SUBJECT_AUTHORITIES}.get(authority)
    return known.page.format(quote(identity)) if known else None
