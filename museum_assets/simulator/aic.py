"""AIC's dialect (museum_apis.md 4): numbered pages of at most 100, the last updated first, images by IIIF."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator import iiif
from museum_assets.simulator.aic_record import artwork
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
from museum_assets.simulator.facts import Facts
from museum_assets.simulator.works import SimulatedWork

LIMIT_DEFAULT, LIMIT_MAX = 12, 100
# Anonymous clients' window; the documentation says 10,000 (museum_apis.md 4, probes).
SEARCH_WINDOW = 1000
CHICAGO = timezone(timedelta(hours=-5))

INFO = {
    "license_text": "The `description` field in this response is licensed under a Creative Commons Attribution 4.0 "
    "Generic License (CC-By) and the Terms and Conditions of artic.edu. All other data in this response is licensed "
    "under a Creative Commons Zero (CC0) 1.0 designation and the Terms and Conditions of artic.edu.",
    "license_links": ["https://creativecommons.org/publicdomain/zero/1.0/", "https://www.artic.edu/terms"],
    "version": "1.13",
}
_HIT_FIELDS = ("id", "api_model", "api_link", "is_boosted", "title", "thumbnail", "timestamp")
_IMAGE = re.compile(r"iiif/2/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-([0-9a-f]{12})/(.+)")


class Aic(Dialect):
    """Art Institute of Chicago."""

    slug = "aic"
    api_path = "/api/v1"
    first_id = 20_000

    def object_number(self, n: int) -> str:
        """Return a number like the real ones; one in 41 is the number of the work before it."""
        n = n - 1 if n % 41 == 40 else n
        forms = ("{}.{}", "{}.{}a-b", "{}.{}R/V", "RX{}/{}")
        return forms[n % len(forms)].format(1887 + n % 130, n + 1)

    def image_key(self, n: int) -> str:
        """Return the image's UUID."""
        return f"7f5429b5-a966-ccbe-1ce3-{n:012x}"

    def image(self, path: str) -> ImageRequest | None:
        """Read a IIIF address."""
        match = _IMAGE.fullmatch(path)
        size = iiif.size_of(match[2]) if match else None
        return ImageRequest(int(match[1], 16), size) if match and size else None

    def synthetic(self, work: SimulatedWork, base: str) -> dict[str, Any]:  # noqa: ARG002 - only config holds the server
        """Write a work in the shape of the 2025 dump, which is the API's."""
        image_id = self.image_key(work.n) if work.traits.has_image else None
        number = self.object_number(work.n)
        return artwork(work, self.first_id + work.n, number, image_id, updated=iso(work.traits.modified, CHICAGO))

    def recorded(self, folder: Path) -> list[dict[str, Any]]:
        """Load the single records; those in the listings' envelopes are cut down to some fields."""
        return [orjson.loads(path.read_bytes()) for path in sorted(folder.glob("records/*.json"))]

    def read(self, record: dict[str, Any]) -> Recorded:
        """Read a recorded record; before 2023 the date of change had another name."""
        updated = record.get("updated_at") or record["last_updated"]
        facts = Facts(
            self.kinds(record["artwork_type_title"]),
            record["is_public_domain"],
            record["image_id"] is not None,
            int(datetime.fromisoformat(updated).timestamp()),
        )
        text = f"{record['title']} {record['artist_title']} {record['artwork_type_title']}".lower()
        return Recorded(str(record["id"]), record["main_reference_number"], facts, text)

    def with_images(self, record: dict[str, Any], n: int, base: str) -> dict[str, Any]:  # noqa: ARG002
        """Replace the image's id: the address comes from `config.iiif_url`."""
        return record | {"image_id": self.image_key(n)} if record["image_id"] else record

    def touched(self, record: dict[str, Any], version: int, modified: datetime) -> dict[str, Any]:
        """Change the title and every date of change that the record has."""
        dates = ("source_updated_at", "updated_at", "last_updated_source", "last_updated", "timestamp")
        changed = {key: iso(modified.timestamp(), CHICAGO) for key in dates if key in record}
        if version:
            changed["title"] = f"{record['title']} ({version})"
        return record | changed

    def endpoints(self) -> list[Endpoint]:
        """Search is GET only here; the real one takes Elasticsearch queries by POST as well."""
        return [
            Endpoint("listing", "/api/v1/artworks", _artworks),
            Endpoint("search", "/api/v1/artworks/search", _search),
            Endpoint("search", "/api/v1/artworks/search", _unsimulated, ("POST",)),
            Endpoint("object", "/api/v1/artworks/{id}", _artwork),
        ]

    def not_found(self) -> Response:
        """Answer an unknown route (errors/404-unknown-route.2026.json)."""
        return _error(
            404,
            "Sorry, something went wrong.",
            "An unrecognized exception was thrown. Our developers have been alerted to the situation.",
        )


async def _artworks(collection: Collection, request: Request) -> Response:
    params = request.query_params
    try:
        limit = whole_number(params, "limit", LIMIT_DEFAULT, least=1)
        page = whole_number(params, "page", 1, least=1)
    except ValueError as error:
        return _error(400, "Invalid parameter", str(error))
    if limit > LIMIT_MAX:
        detail = "You have requested too many artworks. Please set a smaller limit."
        return _error(403, "Invalid limit", detail)
    if "ids" in params:
        found = [collection.find(record_id) for record_id in params["ids"].split(",")]
        numbers: Any = [n for n in found if n is not None]
    else:
        numbers = collection.select("artworks", newest_first=True)
    offset, total = (page - 1) * limit, len(numbers)
    pagination = _pagination(total, limit, offset)
    for key, other, exists in (("prev_url", page - 1, page > 1), ("next_url", page + 1, offset + limit < total)):
        if exists:
            query = {"page": other, "limit": limit} | {
                name: params[name] for name in ("fields", "ids") if name in params
            }
            pagination[key] = f"{base_url(request)}/aic/api/v1/artworks?{urlencode(query)}"
    records = _records(collection, request, collection.page(numbers, offset, limit))
    return _answer(request, {"pagination": pagination, "data": records})


async def _artwork(collection: Collection, request: Request) -> Response:
    n = collection.find(request.path_params["id"])
    if n is None:
        return _error(404, "Not found", "The item you requested cannot be found.")
    return _answer(request, {"data": _records(collection, request, [n])[0]})


async def _search(collection: Collection, request: Request) -> Response:
    """Search by `q`, paged by page and limit or by from and size; nonsense finds everything (measured)."""
    params = request.query_params
    try:
        limit = whole_number(params, "size" if "size" in params else "limit", 10)
        offset = whole_number(params, "from", (whole_number(params, "page", 1, least=1) - 1) * limit)
    except ValueError as error:
        return _error(400, "Invalid parameter", str(error))
    if offset + limit > SEARCH_WINDOW:
        detail = "You have requested too many results. Please refine your parameters."
        return _error(403, "Invalid number of results", detail)
    words = tuple(params.get("q", "").lower().split())

    def keep(n: int, facts: Facts) -> bool:  # noqa: ARG001 - a predicate of `select`
        return all(word in collection.source.text(n) for word in words)

    numbers = collection.select(("search", words), keep if words else None) or collection.select("search")
    hits = _records(collection, request, collection.page(numbers, offset, limit), _HIT_FIELDS)
    data = [{"_score": 100 - i / 10} | hit for i, hit in enumerate(hits)]
    return _answer(request, {"preference": None, "pagination": _pagination(len(numbers), limit, offset), "data": data})


async def _unsimulated(collection: Collection, request: Request) -> Response:  # noqa: ARG001 - a Handler
    return _error(501, "Not simulated", "The simulator answers search by GET only.")


def _records(
    collection: Collection, request: Request, numbers: list[int], fields: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    base = base_url(request)
    wanted = {field for field in request.query_params.get("fields", "").split(",") if field} or set(fields)
    records = [collection.record(n, base) for n in numbers]
    if not wanted:
        return records
    return [{key: value for key, value in record.items() if key in wanted} for record in records]


def _answer(request: Request, body: dict[str, Any]) -> Response:
    config = {"iiif_url": f"{base_url(request)}/images/aic/iiif/2", "website_url": "http://www.artic.edu"}
    return json_response(body | {"info": INFO, "config": config})


def _pagination(total: int, limit: int, offset: int) -> dict[str, Any]:
    pages = -(-total // limit) if limit else 0
    current = offset // limit + 1 if limit else 1
    return {"total": total, "limit": limit, "offset": offset, "total_pages": pages, "current_page": current}


def _error(status: int, error: str, detail: str) -> Response:
    return json_response({"status": status, "error": error, "detail": detail}, status)
