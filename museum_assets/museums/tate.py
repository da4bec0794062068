"""Tate. It has no API: its collection is a repository of one JSON file a work, https://github.com/tategallery/collection

The data is CC0. Pictures are not part of the repository; each record names a thumbnail, and says so when that is
in copyright.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from museum_assets.core.failures import Malformed, Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.dumps import file_pages
from museum_assets.museums.entries import record_with_id
from museum_assets.museums.museum import Api, Json, Museum, Page
from museum_assets.museums.reading import build_artwork, distinct, malformed, mapping, mappings, text
from museum_assets.museums.work_types import standardise
from museum_assets.museums.years import this_year, year, year_range

ARTWORK_FILES = "*/artworks/**/*.json"

TERM = 70
"""Years after its maker's death until a work is out of copyright, which ends with the year (in the UK)."""

MADE_BY = 1870
"""Works of makers without life dates ("British School") are out of copyright when they were made by then."""

PAINTING, UNIQUE, PRINT = "painting", "on paper, unique", "on paper, print"
CLASSIFICATIONS = (PAINTING, UNIQUE, PRINT)
"""The classifications in scope. Out of it: sculpture, relief, installation, block for printing, and none."""

TECHNIQUES = {
    "watercolor": r"water-?colou?r",
    "gouache": r"gouache|body-?colou?r",
    "pastel": r"pastel",
    "aquatint": r"aquatint",
}
"""What the medium adds, as a searchable work type."""

DRAWN = re.compile(r"\b(graphite|pencil|ink|chalk|charcoal|crayon|drawing|wash|pen)\b", re.IGNORECASE)
PAINTED = re.compile(r"\b(oil|acrylic|tempera|emulsion|enamel)\b", re.IGNORECASE)
PRINTED = re.compile(
    r"\w*(print|graph|engraving|etching|aquatint|mezzotint|drypoint|woodcut|linocut|monotype|intaglio)\b", re.IGNORECASE
)
PHOTOGRAPH = re.compile(r"\bphoto", re.IGNORECASE)
"""Photographs are classified as "on paper, print"; they are no prints in the sense of the other museums."""

LAST_YEAR = re.compile(r"(\d{4})\s*$")
UNKNOWN_DATE = "date not known"


class Tate(Museum):
    """Tate. Checkpoint: see `museum_assets.museums.dumps`."""

    slug = "tate"
    name = "Tate"
    # The repository as one archive: 70,000 files that cost one request.
    api_base = "https://github.com/tategallery/collection/archive/refs/heads/master.tar.gz"
    dump_only = True
    dump_hosts = ("codeload.github.com",)
    # Records of 2014 say www, which redirects to media.
    image_hosts = ("www.tate.org.uk", "media.tate.org.uk")
    requests_per_second = 1.0
    yearly = True

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,  # noqa: ARG002 - the archive does not say what changed
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk the archive. Raises Malformed when the address is not that of an archive."""
        if api.dump is None:
            raise Malformed(f"tate has no API: MUSEUM_API_TATE must be the address of its archive, not {api.base}")
        yield from file_pages(api.dump, ARTWORK_FILES, record_with_id, checkpoint, limit)

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one work. Raises Rejected; what is not shown to be out of copyright is not public domain."""
        dates = mapping(payload, "dateRange")
        start, end = year_range(dates.get("startYear"), dates.get("endYear"))
        contributors = mappings(payload, "contributors")
        _check_rights(payload, contributors, start if end is None else end)
        period = text(payload, "dateText")
        classification, medium = text(payload, "classification"), text(payload, "medium")
        return build_artwork(
            museum=self.slug,
            object_number=text(payload, "acno"),
            museum_db_id=text(payload, "id"),
            title=text(payload, "title"),
            artists=distinct(map(_name, contributors)),
            production_date_start=start,
            production_date_end=end,
            period=None if period == UNKNOWN_DATE else period,
            work_types=distinct((classification, medium)),
            searchable_work_types=_searchable(classification, medium or ""),
            thumbnail_url=_url(payload, "thumbnailUrl"),
            image_url=None,
            # The data is licensed so. Of the picture, the record says only whose copyright it is in, if any.
            rights="CC0 (data), public domain (work)",
            source_url=_url(payload, "url"),
        )


def _check_rights(payload: dict[str, Json], contributors: list[dict[str, Any]], made: int | None) -> None:
    """Raise Rejected(not_public_domain) unless all makers died long enough ago, as far as the record can say.

    No note of copyright is not enough: works of 1940 by war artists who lived into the 1980s have none.
    """
    if notice := text(payload, "thumbnailCopyright"):
        raise Rejected("not_public_domain", f"thumbnailCopyright is {notice!r:.120}")
    for contributor in contributors:
        died = LAST_YEAR.search(text(contributor, "date") or "")
        born = year(contributor.get("birthYear"))
        if died and not _is_born_only(contributor):
            if int(died[1]) > (died_by := this_year() - TERM - 1):
                raise Rejected("not_public_domain", f"{_name(contributor)} died in {died[1]}, after {died_by}")
        elif made is None or made > MADE_BY or born is not None:
            raise Rejected("not_public_domain", f"it is not known when {_name(contributor)} died")
    if not contributors and (made is None or made > MADE_BY):
        raise Rejected("not_public_domain", "the record names no maker and no early date")


def _is_born_only(contributor: dict[str, Any]) -> bool:
    return (text(contributor, "date") or "").lower().startswith(("born", "b."))


def _name(contributor: dict[str, Any]) -> str | None:
    """Return a maker's name, with the role of one who did not make it: "after Joseph Mallord William Turner"."""
    name, role = text(contributor, "fc"), text(contributor, "role")
    return f"{role} {name}" if name and role and role != "artist" else name


def _searchable(classification: str | None, medium: str) -> tuple[str, ...]:
    if classification not in CLASSIFICATIONS or PHOTOGRAPH.search(medium):
        return ()
    found = [kind for kind, words in TECHNIQUES.items() if re.search(rf"\b(?:{words})s?\b", medium, re.IGNORECASE)]
    if classification == PRINT:
        return standardise(["print", *(kind for kind in found if kind == "aquatint")])
    if classification == PAINTING:
        return standardise(["painting", *found])
    if DRAWN.search(medium):
        found.append("drawing")
    if PAINTED.search(medium):
        found.append("painting")
    # Proofs touched by hand are unique, and prints all the same.
    if PRINTED.search(medium):
        found.append("print")
    # Most of Turner's sketchbooks have no medium.
    return standardise(found or ["drawing"])


def _url(payload: dict[str, Json], key: str) -> str | None:
    url = text(payload, key)
    if url is not None and not url.startswith(("https://", "http://")):
        raise malformed(key, "a URL", url)
    return url


MUSEUM = Tate()
