"""Rijksmuseum, Amsterdam: OAI-PMH with EDM records (https://data.rijksmuseum.nl/docs/), no key.

Paintings and drawings are walked as OAI sets of 50 full records a request: about 100 requests for 4,900 paintings and
1,800 for 88,600 drawings, where search finds only identifiers and would take one more request for each.

Not verified against the museum, whose API could not be asked: whether set 26133 holds every work of type drawing, and
that an unknown set is answered with badArgument. Works of a set that are neither painting nor drawing are rejected.

An incremental harvest asks for all changes, without a set: the header of a deleted record need not name its sets, and
a walk by set would then never see a withdrawal. Of the changed records only paintings and drawings are kept, and those
that cannot be read (they are rejected visibly later). A stored work that was since classified as something else keeps
its last version until the next full harvest no longer lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode

from museum_assets.core.failures import CheckpointExpired, Failure, Gone, Malformed, Rejected, RequestRefused
from museum_assets.museums import edm, oai_pmh
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.entries import as_failure
from museum_assets.museums.museum import Api, BadEntry, Json, Museum, Page, Place, RawRecord
from museum_assets.museums.reading import build_artwork, text
from museum_assets.museums.work_types import standardise
from museum_assets.museums.years import years_in

_SETS = {"painting": "261208", "drawing": "26133"}
"""The OAI set that each scope walks.

Of 26133, "tekeningen", public code knows the name (ListSets as recorded in fabkury/p3a) and the size (88,576 works in
kintopp/rijksmuseum-mcp-plus).
"""

_CHANGES = "changes"
_NEXT_SCOPE = {"painting": "drawing", "drawing": None, _CHANGES: None}
_WORK_TYPES = frozenset({"painting", "drawing"})

_OPEN_RIGHTS = re.compile(r"https?://creativecommons\.org/publicdomain/(?:zero|mark)/1\.0/?")
_IIIF_IMAGE = re.compile(r"(https?://[^\s?#]+)/full/[^/\s]+/0/default\.(?:jpg|png)")

_LOD = "https://id.rijksmuseum.nl/"
_RECORDS_PER_PAGE = 50


class Rma(Museum):
    """Rijksmuseum. Checkpoint: `{"scope", "token"}`; scope None is the end of the walk."""

    slug: ClassVar[str] = "rma"
    name: ClassVar[str] = "Rijksmuseum"
    api_base: ClassVar[str] = "https://data.rijksmuseum.nl"
    image_hosts: ClassVar[tuple[str, ...]] = ("iiif.micr.io",)
    # No limit is published and no rate headers are sent; other harvesters settled on 2 to 3 a second.
    requests_per_second: ClassVar[float] = 2.0
    volatile_keys: ClassVar[frozenset[str]] = frozenset({"datestamp"})
    incremental: ClassVar[bool] = True
    refetches: ClassVar[bool] = True

    def harvest(
        self,
        api: Api,
        *,
        checkpoint: dict[str, Json] | None = None,
        since: datetime | None = None,
        limit: int | None = None,  # noqa: ARG002 (pages have a fixed size)
    ) -> Iterator[Page]:
        """Walk the paintings, then the drawings; or, with `since`, all that changed from that second on."""
        position = _start(checkpoint, since)
        while position["scope"] is not None:
            scope, token = position["scope"], position["token"]
            with _stale(token):
                page = _list_records(api, scope, token, since)
            yield page
            position = page.checkpoint

    def refetch(self, api: Api, ids: Sequence[str]) -> Iterator[Page]:
        """Ask again for single records, each by its own GetRecord."""
        for first in range(0, len(ids), _RECORDS_PER_PAGE):
            yield _get_records(api, ids[first : first + _RECORDS_PER_PAGE])

    def read(self, payload: dict[str, Json]) -> Artwork:
        """Map `{"identifier", "edm"}`. Rights must all be CC0 or the Public Domain Mark."""
        identifier, source = text(payload, "identifier"), text(payload, "edm")
        if source is None:
            raise Rejected("malformed_record", "the record holds no EDM (field edm)")
        try:
            record = edm.read_edm(edm.parse_xml(source, "edm"), "edm")
        except Malformed as error:
            raise Rejected("malformed_record", str(error)) from error
        if not record.rights or not all(map(_OPEN_RIGHTS.fullmatch, record.rights)):
            stated = ", ".join(record.rights) or "none"
            raise Rejected("not_public_domain", f"rights that are neither CC0 nor Public Domain Mark: {stated}")
        types = standardise(record.type_labels)
        if types and _WORK_TYPES.isdisjoint(types):
            raise Rejected("work_type_out_of_scope", f"neither painting nor drawing: {', '.join(record.types)}")
        images = [url for url in record.images if url.startswith(("http://", "https://"))]
        image = min(images, key=lambda url: _IIIF_IMAGE.fullmatch(url) is None, default=None)
        created = "; ".join(record.created)
        start, end = years_in(created)
        return build_artwork(
            museum=self.slug,
            object_number=next((each for each in record.identifiers if "://" not in each), None),
            museum_db_id=edm.last_segment(identifier or ""),
            title=next(iter(record.titles), None),
            artists=record.creators,
            production_date_start=start,
            production_date_end=end,
            period=created or None,
            work_types=record.types,
            searchable_work_types=types,
            thumbnail_url=image and _thumbnail(image),
            image_url=image,
            rights=record.rights[0],
            source_url=identifier if identifier and identifier.startswith("https://") else None,
        )

    def payload(self, text: str) -> dict[str, Json]:
        """Return the payload of an OAI-PMH `<record>`, or of a payload saved as JSON. Raises Malformed."""
        if not text.lstrip().startswith("<"):
            return super().payload(text)
        return _raw_record(oai_pmh.read_record(text, "the file")).payload


MUSEUM = Rma()


def _thumbnail(url: str) -> str:
    """Return the IIIF address of at most 800 x 800 pixels; another address as it is.

    `!w,h` fits the image inside and never enlarges it (IIIF Image API 3.0, 4.2), so it cannot be asked too wide;
    `800,` answers 400 for an image narrower than that, and is 8,000 high for a hanging scroll.
    """
    iiif = _IIIF_IMAGE.fullmatch(url)
    return f"{iiif[1]}/full/!800,800/0/default.jpg" if iiif else url


def _start(checkpoint: dict[str, Json] | None, since: datetime | None) -> dict[str, Json]:
    if checkpoint is None:
        return {"scope": _CHANGES if since else "painting", "token": None}
    scope, token = checkpoint.get("scope", ""), checkpoint.get("token")
    if scope not in (*_NEXT_SCOPE, None) or (scope == _CHANGES and token is None):
        raise CheckpointExpired(f"rma: {checkpoint} is no checkpoint of this museum; start the harvest over")
    return {"scope": scope, "token": token}


@contextmanager
def _stale(token: str | None) -> Iterator[None]:
    """Raise CheckpointExpired when a request with a token is refused: the token is no longer accepted."""
    try:
        yield
    except RequestRefused as refusal:
        if token is None:
            raise
        raise CheckpointExpired(f"rma: the token {token:.80} was refused ({refusal}); start over") from refusal


def _list_records(api: Api, scope: str, token: str | None, since: datetime | None) -> Page:
    """Return the next 50 records of a set, or of the changes.

    An empty set (noRecordsMatch) is an empty page of total 0. The museum's own sets are never empty: the books must
    show it, without stopping the other set. Raises RequestRefused for a set that the API does not know.
    """
    params = {"verb": "ListRecords"}
    if token:
        params["resumptionToken"] = token  # an exclusive argument: any other beside it is badArgument
    elif since and scope == _CHANGES:
        params |= {"metadataPrefix": "edm", "from": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    else:
        params |= {"metadataPrefix": "edm", "set": _SETS[scope]}
    where = f"set {_SETS[scope]} of {api.base}/oai?verb=ListSets" if scope in _SETS else "of all sets"
    source = f"rma ListRecords ({scope}, {where})"
    listing = oai_pmh.read_oai(api.text("/oai", params), "ListRecords", source)
    listed = len(listing.entries) + len(listing.broken)
    if not listed and token and listing.total == 0:
        # Taken for an end, it would pass a list cut off in the middle as complete.
        raise CheckpointExpired(
            f"{source}: noRecordsMatch for the token {token:.80} of a list that goes on; start over"
        )
    if not listed and not token and listing.total != 0 and scope in _SETS:
        raise RequestRefused(f"{source}: lists no record and does not say noRecordsMatch; ask the museum")
    page = _page(
        scope,
        listing.entries,
        listed=listed,
        total=listing.total,
        checkpoint=_after(scope, token, listing.token),
    )
    page.failed.update((bad.name or Place(f"{scope}@{token}+{place}"), bad) for place, bad in enumerate(listing.broken))
    return page


def _get_records(api: Api, ids: Sequence[str]) -> Page:
    """Return a page of single records, none of which is an entry of a listing."""
    entries, gone, failed = [], [], {}
    queries = ({"verb": "GetRecord", "metadataPrefix": "edm", "identifier": f"{_LOD}{each}"} for each in ids)
    bodies = api.text_each(f"/oai?{urlencode(query)}" for query in queries)
    for record_id, (_, body) in zip(ids, bodies, strict=True):
        try:
            entries.append(_only_entry(body, record_id))
        except Gone:
            gone.append(record_id)
        except Failure as failure:
            failed[record_id] = failure
    return _page("again", entries, listed=0, total=None, checkpoint={}, gone=gone, failed=failed)


def _only_entry(body: str | Failure, record_id: str) -> oai_pmh.OaiEntry:
    if isinstance(body, Failure):
        raise body
    source = f"rma GetRecord {record_id}"
    answer = oai_pmh.read_oai(body, "GetRecord", source)
    entries = answer.entries
    if answer.broken:
        raise answer.broken[0]
    if [entry.id for entry in entries] != [record_id]:
        raise Malformed(f"{source}: the answer holds {[entry.identifier for entry in entries]} instead")
    return entries[0]


def _after(scope: str, token: str | None, next_token: str | None) -> dict[str, Json]:
    """Return the checkpoint after a page: the list's next page, or the start of the next scope."""
    if next_token is None:
        return {"scope": _NEXT_SCOPE[scope], "token": None}
    if next_token == token:
        raise Malformed(f"rma: the {scope} list continues with the token it was asked with, {next_token:.80}")
    return {"scope": scope, "token": next_token}


def _page(scope: str, entries: Iterable[oai_pmh.OaiEntry], **accounts: Any) -> Page:
    page = Page(scope=scope, records=[], **accounts)
    # One page can name a record twice (seen in 2026: fewer than 50 distinct ids); the last mention counts.
    for entry in {entry.id: entry for entry in entries}.values():
        if entry.deleted:
            page.withdrawn.append(entry.id)
        elif scope != _CHANGES or _belongs(entry):
            try:
                page.records.append(_raw_record(entry))
            except Exception as error:  # noqa: BLE001 - no record stops a listing
                failure = as_failure(error, entry.identifier)
                page.failed[(failure.name if isinstance(failure, BadEntry) else None) or entry.id] = failure
    return page


def _belongs(entry: oai_pmh.OaiEntry) -> bool:
    """Say whether a changed record is a painting or a drawing, or too broken to tell."""
    if entry.rdf is None or not set(_SETS.values()).isdisjoint(entry.sets):
        return True
    try:
        types = standardise(edm.read_edm(entry.rdf, entry.identifier).type_labels)
    except Malformed:
        return True
    return not _WORK_TYPES.isdisjoint(types)


def _raw_record(entry: oai_pmh.OaiEntry) -> RawRecord:
    if entry.rdf is None:
        raise Malformed(f"rma {entry.identifier}: neither deleted nor with metadata; try again, then ask the museum")
    payload = {
        "identifier": entry.identifier,
        "datestamp": entry.datestamp,
        "sets": list(entry.sets),
        "edm": edm.serialise(entry.rdf, f"rma {entry.identifier}"),
    }
    return RawRecord(entry.id, payload)
