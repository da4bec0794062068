"""MET's dialect (museum_apis.md 2): ids in one unpaged list, then one request for each object."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator.collection import Collection
from museum_assets.simulator.dialect import (
    Dialect,
    Endpoint,
    ImageRequest,
    Recorded,
    base_url,
    iso,
    json_response,
    whole_number,
)
from museum_assets.simulator.dice import mix
from museum_assets.simulator.facts import Facts
from museum_assets.simulator.motifs import Motif, shown_in
from museum_assets.simulator.towns import made_in
from museum_assets.simulator.works import ARTISTS, Artist, SimulatedWork, Traits

SEARCH_LIMIT_DEFAULT, SEARCH_LIMIT_MAX = 100, 500
# The longer side of `web-large` pictures.
WEB_LARGE = 600

# The 19 departments as the API listed them in June 2026 (envelopes/v1-departments.2026.json).
DEPARTMENTS = {
    1: "American Decorative Arts", 3: "Ancient West Asian Art", 4: "Arms and Armor",
    5: "Arts of Africa, Oceania, and the Americas", 6: "Asian Art", 7: "The Cloisters", 8: "The Costume Institute",
    9: "Drawings and Prints", 10: "Egyptian Art", 11: "European Paintings",
    12: "European Sculpture and Decorative Arts", 13: "Greek and Roman Art", 14: "Islamic Art",
    15: "The Robert Lehman Collection", 16: "The Libraries", 17: "Medieval Art", 18: "Musical Instruments",
    19: "Photographs", 21: "Modern Art",
}  # fmt: skip
# kind: (department, classification, objectName). objectName holds several names between commas; both may be "".
WORDS = {
    "painting": (11, "Paintings", "Painting"), "drawing": (9, "Drawings", "Drawing"), "print": (9, "Prints", "Print"),
    "watercolor": (9, "Drawings", "Drawing, watercolor"), "pastel": (15, "Drawings", "Pastel"),
    "aquatint": (9, "Prints", "Print, aquatint"), "bust": (12, "Sculpture", "Bust"),
    "gouache": (9, "Drawings", "Gouache"), "miniature": (11, "Miniatures", "Painting, miniature"),
    "design": (9, "Drawings, Ornament & Architecture", "Drawing, ornament"),
    "sculpture": (12, "Sculpture", "Statuette"), "ceramics": (6, "Ceramics", "Cover"),
    "photograph": (19, "Photographs", ""),
}  # fmt: skip
_EMPTY = ("culture", "dynasty", "reign", "portfolio", "artistSuffix", "geographyType", "city", "state", "county",
          "country", "region", "subregion", "locale", "locus", "excavation", "river", "linkResource")  # fmt: skip


class Met(Dialect):
    """Metropolitan Museum of Art."""

    slug = "met"
    api_path = "/public/collection"
    first_id = 430_000

    def groups(self, n: int, traits: Traits) -> frozenset[str]:
        """Return the department; a fifth of the paintings hang in the Robert Lehman Collection."""
        return frozenset({str(_department(n, traits))})

    def object_number(self, n: int) -> str:
        """Return a number like the real ones; one in 23 is the number of the work before it."""
        n = n - 1 if n % 23 == 22 else n
        forms = ("{}.{}", "{}.100.{}", "{}.40.{}a, b", "2019.{}.{}a–o–.95", "{}.2.{}(1-4)")
        return forms[n % len(forms)].format(10 + n % 80, n + 1)

    def image_key(self, n: int) -> str:
        """Return the file name; every fifth has a space and a dash that must be quoted (records/786829.2019.json)."""
        return f"ESDA 2019–{n:07d}.jpg" if n % 5 == 4 else f"DP{n:07d}.jpg"

    def image(self, path: str) -> ImageRequest | None:
        """Read an address of `original` or `web-large`."""
        match = re.fullmatch(r"CRDImages/[a-z]{2}/(original|web-large)/(?:DP|ESDA 2019–)(\d{7})\.jpg", path)
        if not match:
            return None
        return ImageRequest(int(match[2]), "max" if match[1] == "original" else f"!{WEB_LARGE},{WEB_LARGE}")

    def synthetic(self, work: SimulatedWork, base: str) -> dict[str, Any]:
        """Write a work in the shape of the 2026 samples; what is missing is an empty text."""
        _, classification, object_name = WORDS[work.traits.kind]
        department = _department(work.n, work.traits)
        shown = work.traits.is_open and work.traits.has_image
        first = work.artists[0] if work.artists else None
        town = made_in(work)
        year = 1880 + work.pick(1, 140)
        return {
            "objectID": self.first_id + work.n,
            "isHighlight": work.pick(2, 40) == 0,
            "accessionNumber": self.object_number(work.n),
            "accessionYear": str(year),
            "isPublicDomain": work.traits.is_open,
            **(self._images(work.n, base) if shown else {"primaryImage": "", "primaryImageSmall": ""}),
            "additionalImages": [],
            "constituents": [_constituent(artist) for artist in work.artists] or None,
            "department": DEPARTMENTS[department],
            "objectName": object_name,
            "title": work.titles[0] if work.titles else "",
            "period": "",
            **dict.fromkeys(_EMPTY, ""),
            **({"geographyType": "Made in", "city": town.name, "country": town.country} if town else {}),
            "artistRole": "Artist" if first else "",
            "artistPrefix": "",
            "artistDisplayName": first.name if first else "",
            "artistDisplayBio": f"{first.nationality}, {first.born}–{first.died}" if first else "",
            "artistAlphaSort": first.inverted if first else "",
            "artistNationality": first.nationality if first else "",
            "artistBeginDate": str(first.born) if first else "",
            "artistEndDate": str(first.died) if first else "",
            "artistGender": "",
            "artistWikidata_URL": "",
            "artistULAN_URL": "",
            "objectDate": _date(work.start, work.end),
            "objectBeginDate": work.start or 0,
            "objectEndDate": work.end or 0,
            "medium": "Oil on canvas" if work.traits.kind == "painting" else "Paper",
            "dimensions": "36 3/4 x 29 1/8 in. (93.4 x 74 cm)",
            "measurements": None,
            "creditLine": f"Rogers Fund, {year}",
            "classification": classification,
            "rightsAndReproduction": "" if work.traits.is_open else "© Artists Rights Society (ARS), New York",
            "metadataDate": _metadata_date(work.traits.modified, work.pick(3, 1000)),
            "repository": "Metropolitan Museum of Art, New York, NY",
            "objectURL": f"https://www.metmuseum.org/art/collection/search/{self.first_id + work.n}",
            "tags": [_tag(motif) for motif in shown_in(work)] or None,
            "objectWikidata_URL": "",
            "isTimelineWork": False,
            "GalleryNumber": "",
        }

    def recorded(self, folder: Path) -> list[dict[str, Any]]:
        """Load the single objects."""
        return [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("records/*.json"))]

    def read(self, record: dict[str, Any]) -> Recorded:
        """Read a recorded object. 915129's department is newer than the last list of departments."""
        known = {name: str(key) for key, name in DEPARTMENTS.items()} | {"Modern and Contemporary Art": "21"}
        facts = Facts(
            self.kinds(record["classification"]),
            record["isPublicDomain"],
            bool(record["primaryImage"]),
            int(datetime.fromisoformat(record["metadataDate"]).timestamp()),
            frozenset({known[record["department"]]}),
        )
        words = (record[key] for key in ("title", "artistDisplayName", "classification", "objectName"))
        return Recorded(str(record["objectID"]), record["accessionNumber"], facts, " ".join(words).lower())

    def with_images(self, record: dict[str, Any], n: int, base: str) -> dict[str, Any]:
        """Replace the addresses; an empty one stays empty."""
        images = self._images(n, base)
        shown = {key: url for key, url in images.items() if record[key]}
        return record | shown | {"additionalImages": [images["primaryImage"] for _ in record["additionalImages"]]}

    def touched(self, record: dict[str, Any], version: int, modified: datetime) -> dict[str, Any]:
        """Change title and metadataDate."""
        title = f"{record['title']} ({version})" if version else record["title"]
        return record | {"title": title, "metadataDate": _metadata_date(int(modified.timestamp()), 0)}

    def endpoints(self) -> list[Endpoint]:
        """/v1/search is gone since 2026-10-01, and only search moved: /v1.1/objects/{id} does not exist."""
        return [
            Endpoint("departments", "/public/collection/v1/departments", _departments),
            Endpoint("listing", "/public/collection/v1/objects", _objects),
            Endpoint("object", "/public/collection/v1/objects/{id:path}", _object),
            Endpoint("search", "/public/collection/v1.1/search", _search),
        ]

    def not_found(self) -> Response:
        """Answer as /v1/objects/ does (errors/404-objects_.2026.json)."""
        return json_response({"message": "Not Found"}, 404)

    def _images(self, n: int, base: str) -> dict[str, str]:
        # Unquoted, as the API gives them (records/786829.2019.json).
        folder, key = f"{base}/images/met/CRDImages/ep", self.image_key(n)
        return {"primaryImage": f"{folder}/original/{key}", "primaryImageSmall": f"{folder}/web-large/{key}"}


async def _departments(collection: Collection, request: Request) -> Response:  # noqa: ARG001 - a Handler
    listed = [{"departmentId": key, "displayName": name} for key, name in DEPARTMENTS.items()]
    return json_response({"departments": listed})


async def _objects(collection: Collection, request: Request) -> Response:
    wanted = frozenset(filter(None, request.query_params.get("departmentIds", "").split("|")))
    try:
        since = _since(request.query_params.get("metadataDate"))
    except ValueError as error:
        # The real answer to a date that is none is not recorded anywhere.
        return json_response({"message": f"metadataDate must be YYYY-MM-DD: {error}"}, 400)

    def keep(n: int, facts: Facts) -> bool:  # noqa: ARG001 - a predicate of `select`
        return facts.modified >= since and (not wanted or not wanted.isdisjoint(facts.groups))

    numbers = collection.select(("objects", wanted, since), keep if wanted or since else None)
    return _listed(collection, collection.page(numbers, 0, len(numbers)), len(numbers))


async def _object(collection: Collection, request: Request) -> Response:
    record_id = request.path_params["id"]
    if not record_id:
        return collection.dialect.not_found()
    n = collection.find(record_id)
    if n is None:
        return json_response({"message": "ObjectID not found"}, 404)
    return json_response(collection.record(n, base_url(request)))


async def _search(collection: Collection, request: Request) -> Response:
    """Search. Other parameters than these are taken and ignored: the notes call them unreliable anyway."""
    params = request.query_params
    try:
        offset = whole_number(params, "offset", 0)
        limit = min(whole_number(params, "limit", SEARCH_LIMIT_DEFAULT), SEARCH_LIMIT_MAX)
    except ValueError as error:
        return json_response({"message": str(error)}, 400)
    words = tuple(word for word in params.get("q", "").lower().split() if word != "*")
    department = params.get("departmentId")

    def keep(n: int, facts: Facts) -> bool:
        return (not department or department in facts.groups) and _mentions(collection.source.text(n), words)

    numbers = collection.select(("search", words, department), keep if words or department else None)
    return _listed(collection, collection.page(numbers, offset, limit), len(numbers))


def _mentions(text: str, words: tuple[str, ...]) -> bool:
    return all(word in text for word in words)


def _listed(collection: Collection, numbers: list[int], total: int) -> Response:
    ids = [int(collection.source.id(n)) for n in numbers]
    # No ids are null, never [] (envelopes/v1.1-search-nothing.2026.json).
    return json_response({"total": total, "objectIDs": ids or None})


def _since(date: str | None) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) if date else 0


def _department(n: int, traits: Traits) -> int:
    department = WORDS[traits.kind][0]
    return 15 if department == 11 and mix(n) % 5 == 0 else department


def _constituent(artist: Artist) -> dict[str, Any]:
    return {"constituentID": 161_000 + ARTISTS.index(artist), "role": "Artist", "name": artist.name,
            "constituentULAN_URL": "", "constituentWikidata_URL": "", "gender": ""}  # fmt: skip


def _tag(motif: Motif) -> dict[str, Any]:
    aat = f"http://vocab.getty.edu/page/aat/{motif.aat}" if motif.aat else ""
    # Where there is a link to the one, there is mostly one to the other.
    wikidata = f"https://www.wikidata.org/wiki/{motif.entry}" if motif.number % 4 else ""
    return {"term": motif.names[0], "AAT_URL": aat, "Wikidata_URL": wikidata}


def _date(start: int | None, end: int | None) -> str:
    if start is None or end is None:
        return ""
    if start < 0:
        return f"{-start}–{-end} B.C." if start != end else f"{-start} B.C."
    return str(start) if start == end else f"{start}–{end}"


def _metadata_date(unix_seconds: int, milliseconds: int) -> str:
    """Write the date with the varying number of digits that the real ones have (`30Z`, `39.43Z`, `21.257Z`)."""
    fraction = f".{milliseconds:03d}".rstrip("0").rstrip(".")
    return iso(unix_seconds, UTC).replace("+00:00", f"{fraction}Z")
