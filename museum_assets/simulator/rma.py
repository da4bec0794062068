"""RMA's dialect (museum_apis.md 5): search by keyset in hundreds, OAI-PMH in `oai.py`, images by IIIF."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from bisect import bisect_right
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode
from xml.etree import ElementTree

import orjson
from defusedxml import ElementTree as SafeElementTree
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator import edm, iiif, oai
from museum_assets.simulator.collection import Collection
from museum_assets.simulator.dialect import Dialect, Endpoint, ImageRequest, Recorded, base_url, json_response
from museum_assets.simulator.dice import mix
from museum_assets.simulator.facts import Facts
from museum_assets.simulator.works import SimulatedWork, Traits

PAGE = 100
PARAMETERS = ("title", "creator", "objectNumber", "type", "imageAvailable", "memberOfSetId", "pageToken")
KIND_SETS = {"painting": "261208", "drawing": "26133", "sculpture": "261221", "bust": "261221", "ceramics": "261231"}
UNSIMULATED = ("creationDate", "description", "material", "technique", "aboutActor")
_IMAGE = re.compile(r"W(\d{6})/(.+)")


class Rma(Dialect):
    """Rijksmuseum."""

    slug = "rma"
    first_id = 200_100_000
    words: ClassVar = {word: kind for kind, pair in edm.WORDS.items() for word in pair}

    def groups(self, n: int, traits: Traits) -> frozenset[str]:
        """Return the sets of a work."""
        sets = {KIND_SETS.get(traits.kind, "261222")}
        if n % 25 == 0:
            sets.add("260214")
        if mix(n) % 3 == 0:
            sets.add("26121")
        return frozenset(sets)

    def object_number(self, n: int) -> str:
        """Return a number like the real ones; one in 23 is the number of the work before it."""
        n = n - 1 if n % 23 == 22 else n
        forms = ("SK-A-{}", "RP-P-OB-{}", "RP-T-1886-A-{}", "BK-{}-B", "RP-P-{}(R)")
        return forms[n % len(forms)].format(n + 1)

    def image_key(self, n: int) -> str:
        """Return Micrio's id of the image."""
        return f"W{n:06d}"

    def image(self, path: str) -> ImageRequest | None:
        """Read a IIIF address."""
        match = _IMAGE.fullmatch(path)
        size = iiif.size_of(match[2]) if match else None
        return ImageRequest(int(match[1]), size) if match and size else None

    def synthetic(self, work: SimulatedWork, base: str) -> edm.OaiRecord:
        """Write a work as an OAI record."""
        image = f"{self._image(work.n, base)}/full/max/0/default.jpg" if work.traits.has_image else None
        sets = tuple(sorted(self.groups(work.n, work.traits)))
        return edm.synthetic(work, self.id(work.n), self.object_number(work.n), image, sets)

    def recorded(self, folder: Path) -> list[edm.OaiRecord]:
        """Load the test-made OAI records, the only ones there are; deleted headers hold nothing to serve."""
        for prefix, uri in edm.NAMESPACES.items():
            ElementTree.register_namespace(prefix, uri)
        records: dict[str, edm.OaiRecord] = {}
        for path in sorted(folder.glob("synthetic/*.xml")):
            for element in SafeElementTree.fromstring(path.read_bytes()).iter(f"{oai.TAG}record"):
                rdf = element.find(f"{oai.TAG}metadata/*")
                if rdf is not None:
                    # The headers need not name the sets by kind, which a harvest walks.
                    sets = {KIND_SETS[kind] for kind in self._kinds(rdf) if kind in KIND_SETS}
                    record = _recorded(element, sets, ElementTree.tostring(rdf, encoding="unicode").strip())
                    records.setdefault(record.id, record)
        return list(records.values())

    def read(self, record: edm.OaiRecord) -> Recorded:
        """Read a recorded record."""
        rdf = SafeElementTree.fromstring(record.whole)
        rights, number = rdf.find(f".//{_tag('edm:rights')}"), rdf.find(f".//{_tag('dc:identifier')}")
        facts = Facts(
            self._kinds(rdf),
            rights is not None and rights.get(_tag("rdf:resource")) in (edm.PUBLIC_DOMAIN, edm.CC0),
            rdf.find(f".//{_tag('edm:isShownBy')}") is not None,
            record.modified,
            frozenset(record.sets),
        )
        text = " ".join(filter(None, (element.text for element in rdf.iter()))).lower()
        return Recorded(record.id, (number.text or "") if number is not None else "", facts, text)

    def with_images(self, record: edm.OaiRecord, n: int, base: str) -> edm.OaiRecord:
        """Replace Micrio's addresses."""
        return record.with_image(self._image(n, base))

    def touched(self, record: edm.OaiRecord, version: int, modified: datetime) -> edm.OaiRecord:
        """Change the titles and the datestamp."""
        record = oai.dated(record, modified)
        return record.retitled(version) if version else record

    def padded(self, record: edm.OaiRecord, characters: int) -> edm.OaiRecord:
        """Add a comment."""
        return record.padded(characters)

    def endpoints(self) -> list[Endpoint]:
        """Search gives ids only; OAI gives full records."""
        return [Endpoint("search", "/search/collection", _search), Endpoint("oai", "/oai", oai.answer)]

    def not_found(self) -> Response:
        """Answer an unknown address; the real body is not recorded anywhere."""
        return json_response({"message": "Not Found"}, 404)

    def _kinds(self, rdf: Any) -> frozenset[str]:
        concepts = rdf.iterfind(f"{_tag('skos:Concept')}/{_tag('skos:prefLabel')}")
        return frozenset[str]().union(*(self.kinds(element.text or "") for element in concepts))

    def _image(self, n: int, base: str) -> str:
        return f"{base}/images/rma/{self.image_key(n)}"


async def _search(collection: Collection, request: Request) -> Response:
    params = request.query_params
    if refusal := _refused(params):
        return refusal
    try:
        last_seen = _last_seen(collection, params.get("pageToken", ""))
    except ValueError as error:
        return json_response({"message": str(error)}, 400)
    wanted = {key: value for key, value in params.items() if key != "pageToken"}

    def keep(n: int, facts: Facts) -> bool:
        return all(_passes(collection, n, facts, *item) for item in wanted.items())

    numbers = collection.select(("search", tuple(sorted(wanted.items()))), keep if wanted else None)
    offset = bisect_right(numbers, last_seen)
    total = len(numbers)

    def page_url(start: int) -> str:
        token = {"pageToken": _token(collection, numbers[start - 1])} if start > 0 else {}
        query = urlencode(wanted | token)
        return f"{base_url(request)}/rma/search/collection" + (f"?{query}" if query else "")

    body: dict[str, Any] = {
        "@context": "https://linked.art/ns/v1/search.json",
        "id": page_url(offset),
        "type": "OrderedCollectionPage",
        "partOf": {
            "id": page_url(0),
            "type": "OrderedCollection",
            "totalItems": total,
            "first": {"id": page_url(0), "type": "OrderedCollectionPage"},
            "last": {"id": page_url(max(0, (total - 1) // PAGE * PAGE)), "type": "OrderedCollectionPage"},
        },
    }
    if offset + PAGE < total:
        body["next"] = {"id": page_url(offset + PAGE), "type": "OrderedCollectionPage"}
    ids = (collection.source.id(n) for n in collection.page(numbers, offset, PAGE))
    body["orderedItems"] = [{"id": f"{edm.LOD}{record_id}", "type": "HumanMadeObject"} for record_id in ids]
    return json_response(body)


def _refused(params: Any) -> Response | None:
    """Refuse any unknown parameter: page, offset, limit and ps are all 400 (probes, museum_apis.md 5a)."""
    for name in params:
        if name in UNSIMULATED:
            return json_response({"message": f"the simulator does not do {name}"}, 501)
        if name not in PARAMETERS:
            return json_response({"message": f"Unsupported query parameter: {name}"}, 400)
    return None


def _passes(collection: Collection, n: int, facts: Facts, name: str, value: str) -> bool:
    if name == "imageAvailable":
        return facts.has_image == (value == "true")
    if name == "type":
        return not collection.dialect.kinds(value).isdisjoint(facts.kinds)
    if name == "memberOfSetId":
        return value.removeprefix(edm.LOD) in facts.groups
    if name == "objectNumber":
        return collection.source.object_number(n) == value
    return value.lower() in collection.source.text(n)


def _token(collection: Collection, n: int) -> str:
    return b64encode(orjson.dumps({"token": f"{edm.LOD}{collection.source.id(n)}"})).decode()


def _last_seen(collection: Collection, token: str) -> int:
    """Return the work that a pageToken names, -1 for the empty one, which is tolerated. Raises ValueError."""
    if not token:
        return -1
    try:
        n = collection.source.number(str(orjson.loads(b64decode(token, validate=True))["token"]).removeprefix(edm.LOD))
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("Invalid pageToken") from error
    if n is None:
        raise ValueError("Invalid pageToken")
    return n


def _recorded(element: Any, sets: set[str], rdf: str) -> edm.OaiRecord:
    header = element.find(f"{oai.TAG}header")
    datestamp = datetime.fromisoformat(header.findtext(f"{oai.TAG}datestamp"))
    named = {spec.text for spec in header.iterfind(f"{oai.TAG}setSpec")}
    record_id = header.findtext(f"{oai.TAG}identifier").removeprefix(edm.LOD)
    return edm.OaiRecord(record_id, int(datestamp.timestamp()), tuple(sorted(sets | named)), whole=rdf)


def _tag(name: str) -> str:
    prefix, local = name.split(":")
    return f"{{{edm.NAMESPACES[prefix]}}}{local}"
