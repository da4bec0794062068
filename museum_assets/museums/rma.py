"""Rijksmuseum, Amsterdam: OAI-PMH with EDM records (https://data.rijksmuseum.nl/docs/), no key.

Paintings and drawings are walked as OAI sets of 50 full records a request: about 100 requests for 4,900 paintings and
1,800 for 88,600 drawings, where search finds only identifiers and would take one more request for each.

Not verified against the museum, whose API could not be asked: whether set 26133 holds every work of type drawing, and
that an unknown set is answered with badArgument. Works of a set that are neither painting nor drawing are rejected.

Of the changed records only paintings and drawings are kept, and those
that cannot be read (they are rejected visibly later). A stored work that was since classified as something else keeps
its last version until the next full harvest no longer lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode

from museum_assets.core.failures import Failure, Gone, Malformed, Rejected
from museum_assets.museums import edm, oai_pmh
from museum_assets.museums.addresses import iiif_thumbnail, is_iiif
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.maker import Maker, maker
from museum_assets.museums.material import Material, material
from museum_assets.museums.museum import Api, Json, Museum, Page, RawRecord
from museum_assets.museums.oai_listing import OaiListing
from museum_assets.museums.place import Place, place
from museum_assets.museums.reading import build_artwork, text
from museum_assets.museums.rights import is_open
from museum_assets.museums.subject import Kind, Subject, each_once, subject
from museum_assets.museums.work_types import standardise
from museum_assets.museums.years import years_in

_SETS = {"painting": "261208", "drawing": "26133"}
"""The OAI set that each scope walks.

Of 26133, "tekeningen", public code knows the name (ListSets as recorded in fabkury/p3a) and the size (88,576 works in
kintopp/rijksmuseum-mcp-plus).
"""

_WORK_TYPES = frozenset({"painting", "drawing"})

_OPEN_RIGHTS = ("CC0", "PDM")

_LOD = "https://id.rijksmuseum.nl/"
_ICONCLASS = re.compile(r"https?://(?:www\.)?iconclass\.org/")
_RECORDS_PER_PAGE = 50


class Rma(Museum):
    """Rijksmuseum. Checkpoint: see `museum_assets.museums.oai_listing`."""

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
        return LISTING.walk(api, checkpoint, since)

    def beginnings(self) -> Sequence[dict[str, Json]]:
        """Return where each set begins."""
        return LISTING.beginnings()

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
        if not record.rights or not all(is_open(each, _OPEN_RIGHTS) for each in record.rights):
            stated = ", ".join(record.rights) or "none"
            raise Rejected("not_public_domain", f"rights that are neither CC0 nor Public Domain Mark: {stated}")
        types = standardise(record.type_labels)
        if types and _WORK_TYPES.isdisjoint(types):
            raise Rejected("work_type_out_of_scope", f"neither painting nor drawing: {', '.join(record.types)}")
        images = [url for url in record.images if url.startswith(("http://", "https://"))]
        image = min(images, key=lambda url: not is_iiif(url), default=None)
        created = "; ".join(record.created)
        start, end = years_in(created)
        return build_artwork(
            museum=self.slug,
            object_number=next((each for each in record.identifiers if "://" not in each), None),
            museum_db_id=edm.last_segment(identifier or ""),
            title=next(iter(record.titles), None),
            artists=record.creators,
            makers=tuple([found for each in record.agents if (found := _maker(each))]),
            places=tuple([where for each in record.places if (where := _place(each))]),
            materials=tuple([of for each in record.materials if (of := _material(each))]),
            subjects=each_once(map(_subject, record.subjects)),
            production_date_start=start,
            production_date_end=end,
            period=created or None,
            work_types=record.types,
            searchable_work_types=types,
            thumbnail_url=image and iiif_thumbnail(image),
            image_url=image,
            rights=record.rights[0],
            source_url=identifier if identifier and identifier.startswith("https://") else None,
        )

    def payload(self, text: str) -> dict[str, Json]:
        """Return the payload of an OAI-PMH `<record>`, or of a payload saved as JSON. Raises Malformed."""
        if not text.lstrip().startswith("<"):
            return super().payload(text)
        return _raw_record(oai_pmh.read_record(text, "the file")).payload


def _maker(agent: edm.Agent) -> Maker | None:
    dates = f"{agent.born or '..'}/{agent.died or '..'}" if agent.born or agent.died else None
    id_ = edm.last_segment(agent.id) if agent.id else None
    return maker(agent.name, years=(agent.born, agent.died), dates=dates, museum_id=id_, links=agent.links)


def _place(said: edm.Described) -> Place | None:
    id_, links = _known_by(said)
    return place(said.name, "depicted", museum_id=id_, links=links)


def _material(said: edm.Described) -> Material | None:
    return material(said.name, said.language, *_known_by(said))


def _subject(said: edm.Described) -> Subject | None:
    kind: Kind | None = "person" if said.kind == "Agent" else None
    return subject(said.name, said.language, kind, *_known_by(said))


def _known_by(said: edm.Described) -> tuple[str | None, tuple[str, ...]]:
    """Return (the museum's own id, links). What is described under Iconclass's address has no id of the museum's."""
    if said.id and _ICONCLASS.match(said.id):
        return None, (said.id, *said.links)
    return said.id and edm.last_segment(said.id), said.links


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
    return LISTING.page("again", entries, listed=0, total=None, checkpoint={}, gone=gone, failed=failed)


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


LISTING = OaiListing("rma", "/oai", "edm", _SETS, _raw_record, _belongs)
MUSEUM = Rma()
