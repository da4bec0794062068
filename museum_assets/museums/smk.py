"""SMK, Statens Museum for Kunst (the National Gallery of Denmark). API: https://api.smk.dk/api/v1/docs/"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.maker import Maker, beside, maker
from museum_assets.museums.material import Material, materials
from museum_assets.museums.museum import Api, Json, Museum, Page
from museum_assets.museums.paging import beginnings, entries_and_total, walk_scopes
from museum_assets.museums.place import Place, place
from museum_assets.museums.reading import build_artwork, distinct, mappings, text, texts
from museum_assets.museums.subject import Subject, each_once, subject
from museum_assets.museums.unknown_artists import unknown_names
from museum_assets.museums.work_types import remembered, standardise
from museum_assets.museums.years import year_range

OBJECT_NAMES = ("pastel", "akvatinte", "akvarel", "Buste", "maleri", "tegning")
"""The scopes: SMK's own Danish object names, as its filter wants them. Another work type is one more name."""

ROWS_PER_REQUEST = 2_000
"""The most rows the API gives at once; a full listing is then about 20 requests."""

_NUMERAL = re.compile(r"^(?P<forename>.*\S)\s+(?P<numeral>[IVX]+)$")


class Smk(Museum):
    """Statens Museum for Kunst: full records in the list call, no proven filter by date."""

    slug = "smk"
    name = "Statens Museum for Kunst"
    api_base = "https://api.smk.dk/api/v1"
    image_hosts = ("iip-thumb.smk.dk", "iip.smk.dk", "api.smk.dk")
    # No limit is published; a whole harvest is so few requests that a slow pace costs nothing.
    requests_per_second = 2.0
    # `modified` is touched in bulk (nine of eleven records of 2019 share one second), `created` changes too.
    volatile_keys = frozenset({"modified", "created"})

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,  # noqa: ARG002 - the contract's parameter; `incremental` says it is not used
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk the open works with an image, object name by object name."""
        rows = min(ROWS_PER_REQUEST, limit or ROWS_PER_REQUEST)

        def fetch(object_name: str, offset: int) -> tuple[list[Any], int]:
            params = {
                "keys": "*",
                # Without the commas the API ignores all filters but the first (measured in July 2026).
                "filters": f"[has_image:true],[object_names:{object_name}],[public_domain:true]",
                "offset": offset,
                "rows": rows,
                # The language changes object_names, titles and the rights URL: the payload's hash.
                "lang": "da",
                # Paging by offset repeats and skips works unless the order is fixed.
                "sort": "object_number",
                "sort_type": "asc",
            }
            envelope = api.json("/art/search/", params)
            answer = envelope if isinstance(envelope, dict) else {}
            found = answer.get("found")
            # Past the end the API answers without `items` (seen in 2020); before it that is no answer.
            past_end = isinstance(found, int) and offset >= found
            return entries_and_total(envelope, entries=answer.get("items", [] if past_end else None), total=found)

        yield from walk_scopes(OBJECT_NAMES, fetch, checkpoint)

    def beginnings(self) -> Sequence[dict[str, Json]]:
        """Return where each object name begins."""
        return beginnings(OBJECT_NAMES)

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one item. Raises Rejected; anything but `public_domain: true` is not public domain."""
        if payload.get("public_domain") is not True:
            raise Rejected("not_public_domain", f"public_domain is {payload.get('public_domain')!r:.80} and not true")
        object_number = text(payload, "object_number")
        iiif_id = text(payload, "image_iiif_id")
        production_date = next(iter(mappings(payload, "production_date")), {})
        start, end = year_range(production_date.get("start"), production_date.get("end"))
        work_types = distinct([text(entry, "name") for entry in mappings(payload, "object_names")])
        return build_artwork(
            museum=self.slug,
            object_number=object_number,
            museum_db_id=text(payload, "id"),
            title=next(iter(distinct([text(entry, "title") for entry in mappings(payload, "titles")])), None),
            artists=_artists(payload),
            makers=_makers(payload),
            places=_places(payload),
            materials=_materials(payload),
            subjects=_subjects(payload),
            production_date_start=start,
            production_date_end=end,
            period=text(production_date, "period"),
            work_types=work_types,
            searchable_work_types=_in_scope(work_types),
            thumbnail_url=text(payload, "image_thumbnail") or (iiif_id and f"{iiif_id}/full/!1024,/0/default.jpg"),
            # Legacy objects have no IIIF: their one image is at image_native.
            image_url=iiif_id or text(payload, "image_native"),
            rights=text(payload, "rights") or "public domain",
            source_url=text(payload, "frontend_url")
            or (
                object_number and f"https://open.smk.dk/artwork/image/{quote(object_number, safe='', errors='replace')}"
            ),
        )


# Asked for every record; those of a collection share some hundreds of combinations.
@remembered(maxsize=8_192)
def _in_scope(work_types: tuple[str, ...]) -> tuple[str, ...]:
    """Return the searchable types, none when the work belongs to none of the harvested object names."""
    searchable = standardise(work_types)
    return searchable if set(searchable) & set(standardise(OBJECT_NAMES)) else ()


def _artists(payload: dict[str, Json]) -> tuple[str, ...]:
    """Return the artists' names, forename first; an unknown artist is no artist.

    `artist` is absent from everything recorded in 2019 and 2020; then `production` alone names the creators.
    """
    names = texts(payload, "artist") or distinct(map(_creator, mappings(payload, "production")))
    return tuple([name for name in names if name.casefold() not in unknown_names()])


def _makers(payload: dict[str, Json]) -> tuple[Maker, ...]:
    """Return the makers as `production` has them, `Købke, Christen`; without it, those that `artist` names."""
    found = [
        maker(
            beside(each, "creator") or _creator(each),
            role=beside(each, "creator_role"),
            qualifier=beside(each, "creator_qualifier"),
            years=(each.get("creator_date_of_birth"), each.get("creator_date_of_death")),
            dates=_dates(each),
            nationality=beside(each, "creator_nationality"),
            museum_id=beside(each, "creator_lref"),
        )
        for each in mappings(payload, "production")
    ]
    found = found if any(found) else list(map(maker, texts(payload, "artist")))
    return tuple([each for each in found if each and each.name.casefold() not in unknown_names()])


def _places(payload: dict[str, Json]) -> tuple[Place, ...]:
    """Return the place where a work stands on the museum's map: two numbers, of which no key says what they are."""
    found = place(beside(payload, "geo_location"))
    return (found,) if found else ()


def _materials(payload: dict[str, Json]) -> tuple[Material, ...]:
    """Return materials, then techniques: texts in 2026, objects of one text before."""
    terms = []
    for key, name in (("materials", "material"), ("techniques", "technique")):
        found = payload.get(key)
        entries = found if isinstance(found, list) else []
        terms += [each.get(name) if isinstance(each, dict) else each for each in entries]
    return materials(terms, "da")


def _subjects(payload: dict[str, Json]) -> tuple[Subject, ...]:
    """Return who is portrayed, `Petzl, Joseph`. `content_description` is no subject: it tells of watermarks, too."""
    persons = payload.get("content_person")
    return each_once(
        subject(each, kind="person")
        for each in (persons if isinstance(persons, list) else [persons])
        if isinstance(each, str)
    )


def _dates(production: dict[str, Json]) -> str | None:
    written = [beside(production, f"creator_date_of_{each}") for each in ("birth", "death")]
    return "/".join(each or ".." for each in written) if any(written) else None


def _creator(production: dict[str, Json]) -> str | None:
    forename, surname = text(production, "creator_forename"), text(production, "creator_surname")
    creator = text(production, "creator")
    if not (forename and surname) and creator and creator.count(",") == 1:
        surname, forename = (part.strip() for part in creator.split(","))
    if not (forename and surname):
        return creator or surname or forename
    # "Mander, Karel van III" is Karel van Mander III.
    if numbered := _NUMERAL.match(forename):
        return f"{numbered['forename']} {surname} {numbered['numeral']}"
    return f"{forename} {surname}"


MUSEUM = Smk()
