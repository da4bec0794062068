"""CMA, the Cleveland Museum of Art. API: https://openaccess-api.clevelandart.org/"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Api, Json, Museum, Page
from museum_assets.museums.paging import entries_and_total, walk_scopes
from museum_assets.museums.reading import build_artwork, distinct, mapping, mappings, text, texts
from museum_assets.museums.work_types import standardise
from museum_assets.museums.years import year_range_as_written

TYPES_IN_SCOPE = ("Print", "Painting", "Drawing")
"""The scopes: values of the record's `type`. Another work type is one more value."""

LARGEST_PAGE = 1_000
"""The largest page seen to work; no cap is documented."""


class Cma(Museum):
    """The Cleveland Museum of Art: full records in the list call, all open ones CC0."""

    slug = "cma"
    name = "Cleveland Museum of Art"
    api_base = "https://openaccess-api.clevelandart.org/api"
    image_hosts = ("openaccess-cdn.clevelandart.org",)
    # No limit is published; a whole harvest is some forty requests.
    requests_per_second = 2.0
    volatile_keys = frozenset({"updated_at"})
    incremental = True

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk the CC0 works with an image, type by type.

        `updated_since` (a day) is not in the API's documentation: it was seen in client code only. Were it
        ignored, the harvest would be a full one: slower, not wrong.
        """
        fixed: dict[str, Any] = {"cc0": 1, "has_image": 1, "limit": min(LARGEST_PAGE, limit or LARGEST_PAGE)}
        if since is not None:
            fixed["updated_since"] = since.date().isoformat()

        def fetch(work_type: str, skip: int) -> tuple[list[Any], int]:
            envelope = api.json("/artworks/", {**fixed, "type": work_type, "skip": skip})
            answer = envelope if isinstance(envelope, dict) else {}
            info = answer.get("info")
            total = info.get("total") if isinstance(info, dict) else None
            return entries_and_total(envelope, entries=answer.get("data"), total=total)

        yield from walk_scopes(TYPES_IN_SCOPE, fetch, checkpoint)

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one item. Raises Rejected; any licence but exactly CC0 is not public domain."""
        licence = payload.get("share_license_status")
        if licence != "CC0":
            raise Rejected("not_public_domain", f"share_license_status is {licence!r:.80} and not 'CC0'")
        images = mapping(payload, "images")
        # `full` is a TIFF of some 70 MB: no thumbnail is made of it.
        web, large = text(mapping(images, "web"), "url"), text(mapping(images, "print"), "url")
        period = text(payload, "creation_date")
        start, end = year_range_as_written(
            payload.get("creation_date_earliest"), payload.get("creation_date_latest"), period
        )
        work_types = texts(payload, "type")
        return build_artwork(
            museum=self.slug,
            object_number=text(payload, "accession_number"),
            museum_db_id=text(payload, "id"),
            title=text(payload, "title"),
            artists=_creators(payload) or texts(payload, "culture"),
            production_date_start=start,
            production_date_end=end,
            period=period,
            work_types=work_types,
            searchable_work_types=standardise(each for each in work_types if each in TYPES_IN_SCOPE),
            thumbnail_url=web or large,
            image_url=large or web,
            rights=licence,
            source_url=text(payload, "url"),
        )


def _creators(payload: dict[str, Json]) -> tuple[str, ...]:
    """Return the creators' names: "Guercino (Italian, 1591-1666)" is Guercino."""
    descriptions = (text(creator, "description") for creator in mappings(payload, "creators"))
    return distinct(description.partition("(")[0].strip() for description in descriptions if description)


MUSEUM = Cma()
