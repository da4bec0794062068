"""CMA's dialect (museum_apis.md 3): limit and skip in full records, sizes of images as text."""

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
    json_response,
    whole_number,
)
from museum_assets.simulator.facts import Facts
from museum_assets.simulator.towns import made_in
from museum_assets.simulator.works import Artist, SimulatedWork

LIMIT_MAX = 1000
WEB_BOX, PRINT_BOX = 900, 3400

# kind: the museum's `type`, which is coarser.
TYPES = {
    "painting": "Painting", "drawing": "Drawing", "print": "Print", "watercolor": "Drawing", "pastel": "Drawing",
    "aquatint": "Print", "bust": "Sculpture", "gouache": "Painting", "miniature": "Portrait Miniature",
    "design": "Drawing", "sculpture": "Sculpture", "ceramics": "Ceramic", "photograph": "Photograph",
}  # fmt: skip
_COUNTRIES = {"Danish": "Denmark", "Dutch": "Netherlands", "Italian": "Italy", "German": "Germany", "French": "France",
              "British": "England", "American": "America", "Japanese": "Japan", "Spanish": "Spain"}  # fmt: skip
_NULL = ("title_in_original_language", "series", "series_in_original_language", "state_of_the_work",
         "edition_of_the_work", "find_spot", "fun_fact", "digital_description", "catalogue_raisonne")  # fmt: skip
_EMPTY = ("support_materials", "inscriptions", "provenance", "related_works", "citations")


class Cma(Dialect):
    """Cleveland Museum of Art."""

    slug = "cma"
    api_path = "/api"
    first_id = 90_000

    def kinds(self, word: str) -> frozenset[str]:
        """Return the museum's type, which is what its filter knows."""
        return frozenset({TYPES.get(word, word).lower()})

    def object_number(self, n: int) -> str:
        """Return a number with dots, and letters now and then; these are unique."""
        return self.image_key(n) + (".a" if n % 6 == 5 else "")

    def image_key(self, n: int) -> str:
        """Return the folder of the image: the accession number without its letter."""
        return f"{1915 + n % 100}.{n + 1}"

    def image(self, path: str) -> ImageRequest | None:
        """Read an address of `_web`, `_print` or `_full`."""
        match = re.fullmatch(r"(\d{4}\.(\d+))/\1_(web\.jpg|print\.jpg|full\.tif)", path)
        if not match:
            return None
        boxes = {"web.jpg": f"!{WEB_BOX},{WEB_BOX}", "print.jpg": f"!{PRINT_BOX},{PRINT_BOX}", "full.tif": "max"}
        return ImageRequest(int(match[2]) - 1, boxes[match[3]], "TIFF" if match[3] == "full.tif" else "JPEG")

    def synthetic(self, work: SimulatedWork, base: str) -> dict[str, Any]:
        """Write a work in the shape of the 2020 samples: everything is there, null or empty when unknown."""
        number = self.object_number(work.n)
        title = work.titles[0] if work.titles else None
        date, town = _date(work.start, work.end), made_in(work)
        makers = [_creator(artist) for artist in work.artists]
        country = _COUNTRIES[work.artists[0].nationality] if work.artists else "Italy"
        return {
            "id": self.first_id + work.n,
            "accession_number": number,
            "share_license_status": "CC0" if work.traits.is_open else "Copyrighted",
            "tombstone": f"{title}, {date}. The Cleveland Museum of Art",
            "current_location": None if work.pick(1, 4) else "219 19th Century European",
            "title": title,
            "creation_date": date,
            "creation_date_earliest": work.start,
            "creation_date_latest": work.end,
            "creators": makers,
            "culture": [country if work.start is None else f"{country}, {_century(work.start)}"],
            "technique": "oil on canvas" if work.traits.kind == "painting" else work.traits.kind,
            "department": "European Painting and Sculpture",
            "collection": "Mod Euro - Painting 1800-1960",
            "type": TYPES[work.traits.kind],
            "measurements": "Overall: 41.1 x 17.6 cm (16 3/16 x 6 15/16 in.)",
            "dimensions": {"overall": {"height": 0.411, "width": 0.176}},
            "creditline": "Gift of Mr. and Mrs. J. H. Wade",
            "copyright": None if work.traits.is_open else "Copyright © the artist",
            "exhibitions": {"current": [], "legacy": []},
            "wall_description": None,
            "url": f"https://clevelandart.org/art/{number}",
            "images": self._variants(work, base) if work.traits.has_image else None,
            "updated_at": _updated_at(work.traits.modified),
            **dict.fromkeys(_NULL),
            **{key: [] for key in _EMPTY},
            # Few works of this museum were dug up.
            "find_spot": town.name if town and work.pick(33, 8) == 0 else None,
        }

    def recorded(self, folder: Path) -> list[dict[str, Any]]:
        """Load the single records and the records of the envelopes."""
        records: dict[int, dict[str, Any]] = {}
        for path in sorted([*folder.glob("records/*.json"), *folder.glob("envelopes/*.json")]):
            body = orjson.loads(path.read_bytes())
            for record in body.get("data", [body]):
                records.setdefault(record["id"], record)
        return list(records.values())

    def read(self, record: dict[str, Any]) -> Recorded:
        """Read a recorded record; its date has no zone, taken as UTC."""
        facts = Facts(
            self.kinds(record["type"]),
            record["share_license_status"] == "CC0",
            bool(record["images"]),
            int(datetime.fromisoformat(record["updated_at"]).replace(tzinfo=UTC).timestamp()),
        )
        makers = [creator["description"] for creator in record["creators"]]
        text = " ".join([record["title"] or "", *makers, record["type"]]).lower()
        return Recorded(str(record["id"]), record["accession_number"], facts, text)

    def with_images(self, record: dict[str, Any], n: int, base: str) -> dict[str, Any]:
        """Replace the addresses; sizes stay as recorded, a variant that is missing stays missing."""
        images = {name: dict(image) for name, image in (record["images"] or {}).items()}
        for name, image in images.items():
            image["url"] = self._url(n, name, base)
        return record | {"images": images}

    def touched(self, record: dict[str, Any], version: int, modified: datetime) -> dict[str, Any]:
        """Change title and updated_at."""
        title = f"{record['title']} ({version})" if version else record["title"]
        return record | {"title": title, "updated_at": _updated_at(modified.timestamp())}

    def endpoints(self) -> list[Endpoint]:
        """The listing answers with and without the last slash."""
        return [
            Endpoint("listing", "/api/artworks", _artworks),
            Endpoint("listing", "/api/artworks/", _artworks),
            Endpoint("object", "/api/artworks/{id}", _artwork),
        ]

    def not_found(self) -> Response:
        """Answer an unknown address or artwork; the real body is not recorded anywhere."""
        return json_response({"detail": "Not Found"}, 404)

    def _variants(self, work: SimulatedWork, base: str) -> dict[str, Any]:
        images = {}
        for name, box in (("web", WEB_BOX), ("print", PRINT_BOX), ("full", 0)):
            # Any of the three can be missing (fragments/image_type_*); web, the thumbnail, is most often there.
            if work.pick(len(name), 20) > 0:
                scale = min(1.0, box / max(work.width, work.height)) if box else 1.0
                width, height = round(work.width * scale), round(work.height * scale)
                images[name] = {
                    "url": self._url(work.n, name, base),
                    "filename": self._url(work.n, name, base).rsplit("/", 1)[1],
                    "filesize": str(width * height // 8),
                    "width": str(width),
                    "height": str(height),
                }
        return images

    def _url(self, n: int, name: str, base: str) -> str:
        key = self.image_key(n)
        return f"{base}/images/cma/{key}/{key}_{name}.{'tif' if name == 'full' else 'jpg'}"


async def _artworks(collection: Collection, request: Request) -> Response:
    """List. `page` and every other unknown parameter is ignored (museum_apis.md 3)."""
    params = request.query_params
    try:
        limit = min(whole_number(params, "limit", LIMIT_MAX), LIMIT_MAX)
        skip = whole_number(params, "skip", 0)
        since = _since(params.get("updated_since"))
    except ValueError as error:
        return json_response({"detail": str(error)}, 422)
    # Both names are seen in real code; their value does not matter.
    only_open, only_images = "cc0" in params or "cc" in params, params.get("has_image") == "1"
    only_type = params.get("type", "").lower()
    words = tuple(params.get("q", "").lower().split())

    def keep(n: int, facts: Facts) -> bool:
        return (
            (facts.is_open or not only_open)
            and (facts.has_image or not only_images)
            and (not only_type or only_type in facts.kinds)
            and facts.modified >= since
            and all(word in collection.source.text(n) for word in words)
        )

    filtered = any((only_open, only_images, only_type, since, words))
    key = ("artworks", only_open, only_images, only_type, since, words)
    numbers = collection.select(key, keep if filtered else None)
    base = base_url(request)
    records = [collection.record(n, base) for n in collection.page(numbers, skip, limit)]
    if "fields" in params:
        wanted = params["fields"].split(",")
        records = [{name: record[name] for name in wanted if name in record} for record in records]
    return json_response({"info": {"total": len(numbers), "parameters": dict(params)}, "data": records})


async def _artwork(collection: Collection, request: Request) -> Response:
    """Answer by internal id or by accession number; a text with a dot can only be the latter."""
    key = request.path_params["id"]
    n = collection.find(key)
    found = [n] if n is not None else collection.with_object_number(key)
    if not found:
        return collection.dialect.not_found()
    return json_response({"data": collection.record(found[0], base_url(request))})


def _since(date: str | None) -> int:
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp()) if date else 0


def _creator(artist: Artist) -> dict[str, Any]:
    return {
        "description": f"{artist.name} ({artist.nationality}, {artist.born}-{artist.died})",
        "extent": None,
        "qualifier": None,
        "role": "artist",
        "biography": None,
        "name_in_original_language": None,
        "birth_year": str(artist.born),
        "death_year": str(artist.died),
    }


def _date(start: int | None, end: int | None) -> str | None:
    if start is None or end is None:
        return None
    if start < 0:
        return f"{-start}-{-end} BCE" if start != end else f"{-start} BCE"
    return str(start) if start == end else f"{start}-{end}"


def _century(year: int) -> str:
    if year < 0:
        return f"{-year // 100 + 1}th century BCE"
    return f"{year // 100 + 1}th century"


def _updated_at(unix_seconds: float) -> str:
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
