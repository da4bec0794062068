"""AIC, the Art Institute of Chicago. API: https://api.artic.edu/docs/

The listing holds whole records, the last updated first. Search is not used: it ends after 1,000 records.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from museum_assets.core.failures import CheckpointExpired, Malformed, Rejected
from museum_assets.core.json_pages import UnreadableEntry
from museum_assets.museums.aic_makers import artists, makers
from museum_assets.museums.aic_places import materials_of, places, subjects
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.dumps import file_pages
from museum_assets.museums.entries import record_with_id, sort_out
from museum_assets.museums.museum import Api, Json, Leg, Museum, Page, RawRecord
from museum_assets.museums.reading import build_artwork, distinct, malformed, text, texts
from museum_assets.museums.work_types import standardise
from museum_assets.museums.years import year_range

LISTING_PATH = "/artworks"
LISTING_LIMIT = 100
"""The largest page that the API allows: it answers more with 403, "Invalid limit"."""

LISTING_FIELDS = (
    "id,title,main_reference_number,image_id,is_public_domain,artwork_type_title,classification_title,"
    "classification_titles,artist_title,artist_titles,artist_id,artist_ids,artist_display,date_start,date_end,"
    "date_display,medium_display,place_of_origin,department_title,copyright_notice,source_updated_at,updated_at,timestamp"
)
"""The fields asked for: a sixth of the whole record (17 samples), on more than 1,260 pages (2024)."""

WALK, MOVED = "artworks", "moved"
"""The scopes: the listing from its head to its end, then its head again."""

WORK_TYPES = {
    "Painting": ("painting",),
    "Drawing and Watercolor": (),
    "Print": ("print",),
    "Miniature Painting": ("miniature", "painting"),
    "Design": ("design",),
}
"""The artwork types in scope, with the searchable work types they stand for."""

SPECIFIC = frozenset({"watercolor", "pastel", "gouache", "aquatint"})
"""What a classification can add. A "Drawing and Watercolor" that has none of them is a drawing."""

DUMPED = "**/json/artworks/*.json"
"""The whole records in the bulk dump, 140,000 of them; the documentation asks whoever wants all to take it."""

IIIF_URL = "https://www.artic.edu/iiif/2"
"""For records of the bulk dump, which have no `config` beside them; its config.json names this address."""


@dataclass(frozen=True, slots=True)
class ListingPosition:
    """How far a harvest has come: the first `done` entries of the listing, in this scope.

    `head` is the newest update when the walk began, `since` where an incremental one ends: a resumed harvest must
    not become a full one or back.
    """

    scope: str = WALK
    done: int = 0
    head: datetime | None = None
    since: datetime | None = None

    @property
    def floor(self) -> datetime | None:
        """Entries that were last updated before this are passed over."""
        return self.head if self.scope == MOVED else self.since

    def checkpoint(self) -> dict[str, Json]:
        """Return the fields as JSON."""
        head, since = (each and each.isoformat() for each in (self.head, self.since))
        return {"scope": self.scope, "done": self.done, "head": head, "since": since}


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of the listing, as the API gives it."""

    number: int
    entries: list[Json]
    total: int
    iiif_url: str


class Aic(Museum):
    """The Art Institute of Chicago. Checkpoint: the fields of `ListingPosition`."""

    slug = "aic"
    name = "Art Institute of Chicago"
    api_base = "https://api.artic.edu/api/v1"
    image_hosts = ("www.artic.edu",)
    # Documented: 60 requests a minute, and no more than one a second when scraping.
    requests_per_second = 1.0
    # The documentation asks for this header; the client fills in its User-Agent, which holds the contact.
    headers: ClassVar[dict[str, str]] = {"AIC-User-Agent": "{user_agent}"}
    # They change when the museum rebuilds its index; source_updated_at does not.
    volatile_keys = frozenset({"updated_at", "timestamp", "_score"})
    incremental = True
    dump = "https://artic-api-data.s3.amazonaws.com/artic-api-data.tar.bz2"

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk the listing, down to `since` when given, then its head again.

        A record that is updated during the walk jumps to the head and pushes others onto the next page: those
        come twice, and it would not come at all without the second look.
        """
        if api.dump:
            yield from file_pages(api.dump, DUMPED, _from_dump, checkpoint, limit)
            return
        place = _resume(checkpoint) if checkpoint else ListingPosition(since=since)
        size = max(1, min(LISTING_LIMIT, limit or LISTING_LIMIT))
        finished = False
        while not finished:
            answer = _listing_page(api, place.done // size + 1, size)
            # The part cut off is empty, unless another page size was used before the checkpoint.
            entries = answer.entries[place.done % size :]
            if place.head is None:
                place = replace(place, head=_newest(entries))
            wanted = [entry for entry in entries if not _is_older(entry, place.floor)]
            done = answer.number * size
            at_end = done >= answer.total or _is_older(entries[-1] if entries else None, place.floor)
            following = replace(place, scope=MOVED, done=0) if at_end else replace(place, done=done)
            shape = partial(_from_listing, iiif_url=answer.iiif_url)
            records, failed = sort_out(wanted, f"page-{answer.number}", shape)
            yield Page(
                # One listing, however often its head is read: the second look counts for the same total.
                scope=WALK,
                records=records,
                checkpoint=following.checkpoint(),
                listed=len(wanted),
                # The API counts the whole listing, not what lies above the floor.
                total=None if place.floor else answer.total,
                failed=failed,
            )
            finished = at_end and (place.scope == MOVED or place.head is None)
            place = following

    def beginnings(self) -> Sequence[dict[str, Json]]:
        """Return where the listing begins."""
        return [ListingPosition().checkpoint()]

    def legs(self, api: Api) -> Iterator[Leg]:
        """Yield the listing, whose head is read twice."""
        for leg in super().legs(api):
            yield replace(leg, requests=(leg.requests or 1) + 1, share=leg.share / (1 + leg.share))

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one artwork. Raises Rejected; anything but `is_public_domain: true` is not public domain."""
        if payload.get("is_public_domain") is not True:
            raise Rejected(
                "not_public_domain",
                f"is_public_domain is {payload.get('is_public_domain')!r:.80} and not true",
            )
        museum_db_id = text(payload, "id")
        start_year, end_year = year_range(payload.get("date_start"), payload.get("date_end"))
        image = _image(payload)
        return build_artwork(
            museum=self.slug,
            object_number=text(payload, "main_reference_number"),
            museum_db_id=museum_db_id,
            title=text(payload, "title"),
            artists=artists(payload),
            makers=makers(payload),
            places=places(payload),
            materials=materials_of(payload),
            subjects=subjects(payload),
            production_date_start=start_year,
            production_date_end=end_year,
            period=text(payload, "date_display"),
            work_types=distinct((text(payload, "artwork_type_title"), text(payload, "classification_title"))),
            searchable_work_types=_searchable(payload),
            # The documentation recommends 843 pixels: the museum's own site uses them, so they are in the cache.
            thumbnail_url=image and f"{image}/full/843,/0/default.jpg",
            image_url=image and f"{image}/full/full/0/default.jpg",
            # So the museum licenses the data, and the images of works in the public domain.
            rights="CC0",
            source_url=museum_db_id
            and f"https://www.artic.edu/artworks/{quote(museum_db_id, safe='', errors='replace')}",
        )


def _resume(checkpoint: dict[str, Json]) -> ListingPosition:
    try:
        head, since = (value and datetime.fromisoformat(value) for value in map(checkpoint.get, ("head", "since")))
        place = ListingPosition(checkpoint["scope"], int(checkpoint["done"]), head, since)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointExpired(
            f"AIC: the checkpoint {checkpoint!r} cannot be read ({error!r}): start the harvest over"
        ) from error
    if place.scope not in (WALK, MOVED) or place.done < 0:
        raise CheckpointExpired(f"AIC: the checkpoint {checkpoint!r} names no place: start the harvest over")
    return place


def _listing_page(api: Api, number: int, size: int) -> ListingPage:
    """Fetch one page. Raises Malformed for another shape than documented and for an empty page before the end."""
    body = api.json(LISTING_PATH, {"page": number, "limit": size, "fields": LISTING_FIELDS})
    match body:
        case {"pagination": {"total": int(total)}, "data": [*entries], "config": {"iiif_url": str(iiif_url)}} if (
            entries or (number - 1) * size >= total
        ):
            return ListingPage(number, entries, total, iiif_url)
    raise Malformed(
        f"AIC {LISTING_PATH}, page {number} of {size}: not a page of data with pagination.total and config.iiif_url, "
        f"or an empty one before the end: {body!r:.200}"
    )


def _from_dump(record: dict[str, Json]) -> RawRecord:
    """Return a dumped record as the listing sends it, so that changing to the dump or back changes no record."""
    kept = {field: record[field] for field in LISTING_FIELDS.split(",") if field in record}
    return record_with_id({**kept, "iiif_url": IIIF_URL})


def _newest(entries: list[Json]) -> datetime | None:
    """Return the newest update among the entries, None for an empty listing."""
    updates = [time for time in map(_last_updated, entries) if time]
    if entries and not updates:
        raise Malformed(f"AIC {LISTING_PATH}: no entry has a readable updated_at, by which the listing is sorted")
    return max(updates, default=None)


def _last_updated(entry: Json) -> datetime | None:
    """Return the listing's sort key, the "last updated date in descending order" of /api/v1/openapi.json.

    Of a record's three dates it is this one (last_updated until 2022): from record to record of one page of 2022
    it falls by a second, where timestamp rises and the date of the source stays the same.
    """
    if isinstance(entry, UnreadableEntry):
        value = entry.field("updated_at")
    else:
        value = (entry.get("updated_at") or entry.get("last_updated")) if isinstance(entry, dict) else None
    try:
        time = datetime.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _is_older(entry: Json, floor: datetime | None) -> bool:
    updated = _last_updated(entry)
    return floor is not None and updated is not None and updated < floor


def _from_listing(entry: Json, iiif_url: str) -> RawRecord:
    record = record_with_id(entry)
    # The image server's address stands beside the records in the answer, and `read` is given the record alone. Being
    # in it, a move of that server changes the record's hash, and so the thumbnail's URL.
    return replace(record, payload={**record.payload, "iiif_url": iiif_url})


def _searchable(payload: dict[str, Json]) -> tuple[str, ...]:
    artwork_type = text(payload, "artwork_type_title")
    if artwork_type not in WORK_TYPES:
        return ()
    classifications = (text(payload, "classification_title"), *texts(payload, "classification_titles"))
    specific = SPECIFIC.intersection(standardise(distinct(classifications)))
    return standardise((*WORK_TYPES[artwork_type], *specific) or ("drawing",))


def _image(payload: dict[str, Json]) -> str | None:
    """Return the IIIF Image API 2 address of the record's image, None when it has none."""
    image_id, server = text(payload, "image_id"), text(payload, "iiif_url") or IIIF_URL
    if not server.startswith(("https://", "http://")):
        raise malformed("iiif_url", "a URL", server)
    # Quoted, so that an odd id cannot lead to another path of the host.
    return f"{server.rstrip('/')}/{quote(image_id, safe='', errors='replace')}" if image_id else None


MUSEUM = Aic()
