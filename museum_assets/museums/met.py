"""MET, the Metropolitan Museum of Art. API: https://metmuseum.github.io/

Ids are listed first, then each object costs one request: three departments whole, and from the others what a search
for paintings finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from urllib.parse import quote

from museum_assets.core.failures import CheckpointExpired, Failure, Gone, Malformed, Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.entries import evidence
from museum_assets.museums.material import materials
from museum_assets.museums.met_dump import OBJECT_ID, dump_pages
from museum_assets.museums.met_makers import artists, makers
from museum_assets.museums.met_places import places, subjects
from museum_assets.museums.museum import Api, BadEntry, Json, Leg, Museum, Page, RawRecord
from museum_assets.museums.reading import build_artwork, distinct, malformed, text
from museum_assets.museums.work_types import standardise
from museum_assets.museums.years import year_range

LISTED_DEPARTMENTS = {"department-11": 11, "department-15": 15, "department-9": 9}
"""The scopes that are listed whole: European Paintings, Robert Lehman Collection, Drawings and Prints."""

PAINTINGS = "paintings"
"""The scope that is searched for, and the word that is searched."""

SCOPES = (*LISTED_DEPARTMENTS, PAINTINGS)

OBJECTS, SEARCH = "/v1/objects", "/v1.1/search"
"""Only search moved when /v1/search was retired on 2026-10-01: /v1.1/objects does not exist."""

OBJECTS_PER_PAGE = 100
SEARCH_LIMIT = 500
"""The most ids that one search answer holds."""

PLAN_SAMPLE = 10
"""Objects that a plan asks for, to see how large they are."""

BLOCKED_AFTER = 25
"""So many failures in a row are the host's and not the objects'."""

NOT_AN_OBJECT = frozenset({"ObjectID not found", "Not a valid object"})
"""What the API answers for ids that are not, or no longer, in the collection (metmuseum/openaccess#47, #56)."""

_IN_URLS = "%:/?#[]@!$&'()*+,;=~"
"""Kept when a whole URL is quoted; with the percent sign, so that quoting twice changes nothing."""


@dataclass(frozen=True, slots=True)
class IdPosition:
    """How far a harvest has come: all of `scope` up to the object id `after`. As a dict it is the checkpoint.

    `changed_since` is the incremental harvest's own date: a resumed one must not become a full one or back.
    """

    scope: str = SCOPES[0]
    after: int = 0
    changed_since: str | None = None


class Met(Museum):
    """The Metropolitan Museum of Art. Checkpoint: the fields of `IdPosition`."""

    slug = "met"
    name = "The Metropolitan Museum of Art"
    api_base = "https://collectionapi.metmuseum.org/public/collection"
    image_hosts = ("images.metmuseum.org",)
    # 80 a second are documented, but about 30 in quick succession bring the bot wall's 403 page
    # (metmuseum/openaccess#58, #60); one a second is the pace that other harvesters have settled on.
    requests_per_second = 1.0
    # Touched in bulk: 41209 and 650907, of different departments, share it to the second (March 2025).
    volatile_keys = frozenset({"metadataDate"})
    incremental = True
    refetches = True
    dump = "https://media.githubusercontent.com/media/metmuseum/openaccess/master/MetObjects.csv"

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[Page]:
        """Walk scope by scope, each in the order of its object ids; a scope without ids is one empty page.

        An object that two scopes list is fetched once, though both count it as listed. After `BLOCKED_AFTER`
        failures in a row the last one is raised: going on would write off the rest of the listing.
        """
        if api.dump:
            ask = partial(_page, api, IdPosition(), listed=0, total=None)
            yield from dump_pages(api.dump, ask, checkpoint, limit)
            return
        start = _resume(checkpoint) if checkpoint else IdPosition(changed_since=_day(since))
        size = max(1, min(OBJECTS_PER_PAGE, limit or OBJECTS_PER_PAGE))
        handled: set[int] = set()
        for scope in SCOPES:
            # Scopes before the checkpoint's are listed again too: three requests that save thousands, since
            # most paintings found by search hang in those departments.
            ids, total = _ids(api, scope, start.changed_since)
            if SCOPES.index(scope) >= SCOPES.index(start.scope):
                after = start.after if scope == start.scope else 0
                todo = [each for each in ids if each > after]
                for first in range(0, len(todo) or 1, size):
                    chunk = todo[first : first + size]
                    place = IdPosition(scope, chunk[-1] if chunk else after, start.changed_since)
                    wanted = [each for each in chunk if each not in handled]
                    yield _page(api, place, wanted, listed=len(chunk), total=total)
            handled.update(ids)

    def legs(self, api: Api) -> Iterator[Leg]:
        """Yield each listing, which has to be read whole to know what the scopes share, and then the objects."""
        wanted: set[int] = set()
        for scope in SCOPES:
            ids, total = _ids(api, scope, None)
            wanted.update(ids)
            yield Leg(scope, None, total, 1.0)
        sample = sorted(wanted)[:PLAN_SAMPLE]
        _page(api, IdPosition("plan"), sample, listed=0, total=None)
        yield Leg("objects", len(wanted), None, len(sample) / len(wanted) if wanted else 1.0)

    def refetch(self, api: Api, ids: Sequence[str]) -> Iterator[Page]:
        """Ask again for single objects."""
        for first in range(0, len(ids), OBJECTS_PER_PAGE):
            # Rows of the dump that could not be read failed under other names: no object can be asked for by those.
            wanted = [int(each) for each in ids[first : first + OBJECTS_PER_PAGE] if OBJECT_ID.fullmatch(each)]
            yield _page(api, IdPosition("again"), wanted, listed=0, total=None)

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map one object. Raises Rejected; anything but `isPublicDomain: true` is not public domain."""
        if payload.get("isPublicDomain") is not True:
            raise Rejected("not_public_domain", f"isPublicDomain is {payload.get('isPublicDomain')!r:.80} and not true")
        object_names = (text(payload, "objectName") or "").split(",")
        work_types = distinct((text(payload, "classification"), *(name.strip() for name in object_names)))
        begin, end = payload.get("objectBeginDate"), payload.get("objectEndDate")
        # 0 to 0 stands for an unknown date (61296, "date unknown").
        start_year, end_year = (None, None) if (begin, end) == (0, 0) else year_range(begin, end)
        image_url = _url(payload, "primaryImage")
        return build_artwork(
            museum=self.slug,
            object_number=text(payload, "accessionNumber"),
            museum_db_id=text(payload, "objectID"),
            title=text(payload, "title"),
            artists=artists(payload),
            makers=makers(payload),
            places=places(payload),
            materials=materials([payload.get("medium")], "en"),
            subjects=subjects(payload),
            production_date_start=start_year,
            production_date_end=end_year,
            period=text(payload, "period") or text(payload, "objectDate"),
            work_types=work_types,
            searchable_work_types=standardise(work_types),
            # Some open works have only the original: 544683 and 548211 have an empty primaryImageSmall.
            thumbnail_url=_url(payload, "primaryImageSmall") or image_url,
            image_url=image_url,
            # So the museum licenses the data and the images of works in the public domain.
            rights="CC0",
            source_url=_url(payload, "objectURL"),
        )


def _day(since: datetime | None) -> str | None:
    return since.astimezone(UTC).date().isoformat() if since else None


def _resume(checkpoint: dict[str, Json]) -> IdPosition:
    match checkpoint:
        case {"scope": str(scope), "after": int(after), "changed_since": None | str() as day} if scope in SCOPES:
            return IdPosition(scope, after, day)
    raise CheckpointExpired(
        f"MET: the checkpoint {checkpoint!r} fits none of the scopes {', '.join(SCOPES)}: start the harvest over"
    )


def _ids(api: Api, scope: str, changed_since: str | None) -> tuple[list[int], int | None]:
    """Return a scope's ids in ascending order, so that any of them is a place to resume, and the API's count."""
    changed = {"metadataDate": changed_since} if changed_since else {}
    if scope in LISTED_DEPARTMENTS:
        ids, total = _listing(api, OBJECTS, {"departmentIds": LISTED_DEPARTMENTS[scope], **changed})
        return sorted(set(ids)), total
    found, total = _paintings(api)
    if changed:
        # Search takes no metadataDate, the listing does: one request for all that changed in the museum.
        return sorted(found.intersection(_listing(api, OBJECTS, changed)[0])), None
    return sorted(found), total


def _paintings(api: Api) -> tuple[set[int], int]:
    """Return the ids that the search for paintings finds, and how many the API counts.

    Past 10,000 ids search answers null whatever its total (cyanheads/met-museum-mcp-server, October 2026). Then
    each department is searched by itself, but for those that are listed whole.
    """
    found, total = _search(api, {})
    if len(found) >= total:
        return found, total
    parts = [_search(api, {"departmentId": department}) for department in _other_departments(api)]
    return set[int]().union(*(ids for ids, _ in parts)), sum(count for _, count in parts)


def _search(api: Api, filters: dict[str, int]) -> tuple[set[int], int]:
    found: set[int] = set()
    offset = 0
    while True:
        # q last: in another order the API answers something else (metmuseum/openaccess#36).
        params = {**filters, "offset": offset, "limit": SEARCH_LIMIT, "q": PAINTINGS}
        ids, total = _listing(api, SEARCH, params)
        found.update(ids)
        offset += len(ids)
        if not ids or offset >= total:
            return found, total


def _other_departments(api: Api) -> list[int]:
    answer = api.json("/v1/departments")
    try:
        ids = {int(each["departmentId"]) for each in answer["departments"]}
    except (KeyError, TypeError, ValueError) as error:
        raise Malformed(f"MET /v1/departments names no departmentId ({error!r}): {answer!r:.200}") from error
    return sorted(ids.difference(LISTED_DEPARTMENTS.values()))


def _listing(api: Api, path: str, params: dict[str, Json]) -> tuple[list[int], int]:
    """Return ids and total of `{"total": 2, "objectIDs": [1, 2]}`; objectIDs is null when there are none."""
    answer = api.json(path, params)
    match answer:
        case {"total": int(total), "objectIDs": None}:
            return [], total
        case {"total": int(total), "objectIDs": [*ids]} if all(type(each) is int for each in ids):
            return ids, total
    raise Malformed(f"MET {path} {params}: the answer holds no object ids with a total: {answer!r:.200}")


def _page(api: Api, place: IdPosition, wanted: list[int], *, listed: int, total: int | None) -> Page:
    """Fetch the wanted objects. Raises the last failure of `BLOCKED_AFTER` in a row, which are not the objects'."""
    page = Page(place.scope, [], asdict(place), listed, total)
    ids = {f"{OBJECTS}/{each}": each for each in wanted}
    failures_in_a_row = 0
    for path, answer in api.json_each(ids):
        outcome = _outcome(ids[path], answer)
        # Also other objects than those asked for: a cache may send one for all.
        failing = isinstance(outcome, Malformed) or (isinstance(outcome, Failure) and not outcome.permanent)
        failures_in_a_row = failures_in_a_row + 1 if failing else 0
        if isinstance(outcome, RawRecord):
            page.records.append(outcome)
        elif isinstance(outcome, Gone):
            page.gone.append(str(ids[path]))
        elif failures_in_a_row == BLOCKED_AFTER:
            raise outcome
        else:
            page.failed[str(ids[path])] = outcome
    return page


def _outcome(object_id: int, answer: Json | Failure) -> RawRecord | Failure:
    """Return the record, or why there is none: Gone only when the API itself says that there is no such object."""
    match answer:
        case Failure():
            return answer
        case {"objectID": int(given)} if given == object_id:
            return RawRecord(str(object_id), answer)
        case {"objectID": given}:
            # Nothing that passes by itself: as one to try again it kept its harvest open for ever.
            return BadEntry(f"MET object {object_id}: the answer's objectID is {given!r:.80}", name=str(object_id),
                            evidence=evidence(answer))  # fmt: skip
        case {"message": str(message)} if message in NOT_AN_OBJECT:
            return Gone(f"MET object {object_id}: {message}")
    return Malformed(f"MET object {object_id}: the answer is not this object: {answer!r:.200}")


def _url(payload: dict[str, Json], key: str) -> str | None:
    """Return a URL with spaces and non-ASCII letters quoted, which the API sends bare (786829)."""
    url = text(payload, key)
    if url is None:
        return None
    if not url.startswith(("https://", "http://")):
        raise malformed(key, "a URL", url)
    # JSON can spell a lone surrogate, which has no UTF-8: it must not stop the reading of the record.
    return quote(url, safe=_IN_URLS, errors="replace")


MUSEUM = Met()
