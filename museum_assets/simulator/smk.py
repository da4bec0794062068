"""SMK's dialect (museum_apis.md 1): offset paging in full records, filters in brackets, Danish words."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator import iiif
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
from museum_assets.simulator.motifs import content_person
from museum_assets.simulator.towns import on_a_map
from museum_assets.simulator.works import ARTISTS, Artist, SimulatedWork

ROWS_MAX = 2000
UNSIMULATED = ("facets", "range", "qfields")

# kind: (Danish, English). `lang=da` is the API's default; upstream filters on the Danish words, `Buste` in capital.
WORDS = {
    "painting": ("maleri", "Painting"), "drawing": ("tegning", "Drawing"), "print": ("grafik", "Print"),
    "watercolor": ("akvarel", "Watercolour"), "pastel": ("pastel", "Pastel"), "aquatint": ("akvatinte", "Aquatint"),
    "bust": ("Buste", "Bust"), "gouache": ("gouache", "Gouache"), "miniature": ("miniature", "Miniature"),
    "design": ("arkitekturtegning", "Architectural drawing"), "sculpture": ("skulptur", "Sculpture"),
    "ceramics": ("keramik", "Ceramics"), "photograph": ("fotografi", "Photograph"),
}  # fmt: skip
_NATIONALITIES = {
    "Danish": "dansk", "Dutch": "nederlandsk", "Italian": "italiensk", "German": "tysk", "French": "fransk",
    "British": "britisk", "American": "amerikansk", "Japanese": "japansk", "Spanish": "spansk",
}  # fmt: skip
_FILTER = re.compile(r"\[(?P<field>[^:\[\]]+):(?P<value>[^\[\]]*)\](?P<comma>,?)")


class Smk(Dialect):
    """Statens Museum for Kunst."""

    slug = "smk"
    api_path = "/api/v1"
    first_id = 1_180_000_000
    words: ClassVar = {word.lower(): kind for kind, pair in WORDS.items() for word in pair}

    def id(self, n: int) -> str:
        """Return an id like `1180038434_object`."""
        return f"{super().id(n)}_object"

    def number(self, record_id: str) -> int | None:
        """Return the work with this id."""
        return super().number(record_id.removesuffix("_object"))

    def object_number(self, n: int) -> str:
        """Return a number with what real ones hold: a slash, Ø, a space, brackets."""
        forms = ("KMS{}", "KKS{}", "KKSgb{}", "KKSgb{}/3", "KMSst{}Ø", "KAS{} (kopi)", "KMS{} b")
        return forms[n % len(forms)].format(n + 1)

    def image_key(self, n: int) -> str:
        """Return the name of the image file."""
        return f"smk{n:07d}.tif.jp2"

    def image(self, path: str) -> ImageRequest | None:
        """Read a IIIF, a legacy thumbnail or a download address."""
        if match := re.fullmatch(r"iiif/jp2/smk(\d{7})\.tif\.jp2/(.+)", path):
            size = iiif.size_of(match[2])
            return ImageRequest(int(match[1]), size) if size else None
        if match := re.fullmatch(r"api/v1/thumbnail/[0-9a-f]{8}-0000-4000-8000-(\d{12})\.jpg", path):
            return ImageRequest(int(match[1]))
        if match := re.fullmatch(r"api/v1/download/[^/]+/smk(\d{7})\.jpg", path):
            return ImageRequest(int(match[1]))
        return None

    def synthetic(self, work: SimulatedWork, base: str) -> dict[str, Any]:
        """Write a work in the shape of the 2026 sample; what is missing is left out, not null."""
        number, (danish, english) = self.object_number(work.n), WORDS[work.traits.kind]
        item: dict[str, Any] = {
            "id": self.id(work.n),
            "created": "2020-03-21T10:57:26Z",
            "modified": _utc(work.traits.modified),
            "acquisition_date_precision": f"{1850 + work.pick(1, 150)}-12-31",
            "responsible_department": "Samling og Forskning (KMS)",
            "object_names": [{"name": danish, "name_en": english}],
            "production": [_production(artist) for artist in work.artists] or [{"creator": "Ubekendt"}],
            "techniques": ["Olie på lærred" if work.traits.kind == "painting" else "Papir"],
            "materials": ["lærred"] if work.traits.kind == "painting" else ["papir"],
            "number_of_parts": 1,
            "object_number": number,
            "object_url": f"https://api.smk.dk/api/v1/art?object_number={quote(number)}",
            "frontend_url": f"https://open.smk.dk/artwork/image/{quote(number)}",
            "iiif_manifest": f"https://api.smk.dk/api/v1/iiif/manifest?id={quote(number)}",
            "public_domain": work.traits.is_open,
            "rights": "https://creativecommons.org/publicdomain/mark/1.0/"
            if work.traits.is_open
            else "https://www.smk.dk/article/copyright/",
            "on_display": work.pick(2, 10) == 0,
            "has_3d_file": False,
            "has_image": work.traits.has_image,
            "artist": [artist.name for artist in work.artists] or ["Ubekendt"],
        }
        item |= on_a_map(work) | content_person(work)
        if work.titles:
            written = zip(work.titles[1::-1], ("dansk", "engelsk"), strict=True)
            item["titles"] = [{"title": title, "language": language} for title, language in written]
        if work.start is not None and work.end is not None:
            item["production_date"] = [_date(work.start, work.end, circa=work.pick(3, 3) == 0)]
        if work.traits.has_image:
            # 4 of 15 objects sampled had no IIIF (museum_apis.md 1, Images).
            item |= self._legacy_image(work.n, base) if work.pick(4, 15) < 4 else self._image(work.n, base)
            item |= {
                "image_width": work.width,
                "image_height": work.height,
                "image_size": work.width * work.height * 3.0,
            }
        return item

    def recorded(self, folder: Path) -> list[dict[str, Any]]:
        """Load single items and the items of the envelopes."""
        items: dict[str, dict[str, Any]] = {}
        for path in sorted([*folder.glob("records/*.json"), *folder.glob("envelopes/*.json")]):
            body = orjson.loads(path.read_bytes())
            for item in body.get("items", []) if "object_number" not in body else [body]:
                items.setdefault(item["id"], item)
        return list(items.values())

    def read(self, record: dict[str, Any]) -> Recorded:
        """Read a recorded item: real ones are Danish in 2019 and English in 2026."""
        names = [entry["name"] for entry in record.get("object_names", [])]
        titles = [text for entry in record.get("titles", []) for text in entry.values()]
        makers = [entry["creator"] for entry in record.get("production", []) if "creator" in entry]
        facts = Facts(
            frozenset[str]().union(*(self.kinds(name) for name in names)),
            record["public_domain"],
            record.get("has_image", False),
            int(datetime.fromisoformat(record["modified"]).timestamp()),
        )
        return Recorded(record["id"], record["object_number"], facts, " ".join([*titles, *makers, *names]).lower())

    def with_images(self, record: dict[str, Any], n: int, base: str) -> dict[str, Any]:
        """Replace the addresses and nothing else; an address that the record lacks stays lacking."""
        images = self._image(n, base)
        served = record | {key: url for key, url in images.items() if record.get(key) is not None}
        if "alternative_images" in record:
            others = {key.removeprefix("image_"): url for key, url in images.items()}
            served["alternative_images"] = [image | others for image in record["alternative_images"]]
        return served

    def touched(self, record: dict[str, Any], version: int, modified: datetime) -> dict[str, Any]:
        """Change every title and `modified`."""
        changed = record | {"modified": _utc(modified.timestamp())}
        if version:
            titles = [{**entry, "title": f"{entry.get('title')} ({version})"} for entry in record.get("titles", [{}])]
            changed["titles"] = titles
        return changed

    def endpoints(self) -> list[Endpoint]:
        """Both addresses answer with and without the last slash."""
        return [Endpoint("search", "/api/v1/art/search", _search), Endpoint("search", "/api/v1/art/search/", _search),
                Endpoint("object", "/api/v1/art", _art), Endpoint("object", "/api/v1/art/", _art)]  # fmt: skip

    def not_found(self) -> Response:
        """Answer as nginx does; the body is not recorded anywhere."""
        return Response("<html><head><title>404 Not Found</title></head></html>", 404, media_type="text/html")

    def _image(self, n: int, base: str) -> dict[str, Any]:
        images, key = f"{base}/images/smk", self.image_key(n)
        token = b64encode(orjson.dumps([{"img_url": key}])).decode()
        return {
            "image_iiif_id": f"{images}/iiif/jp2/{key}",
            "image_iiif_info": f"{images}/iiif/jp2/{key}/info.json",
            "image_thumbnail": f"{images}/iiif/jp2/{key}/full/!1024,/0/default.jpg",
            "image_native": f"{images}/api/v1/download/{quote(token)}/smk{n:07d}.jpg",
        }

    def _legacy_image(self, n: int, base: str) -> dict[str, Any]:
        url = f"{base}/images/smk/api/v1/thumbnail/52f00edc-0000-4000-8000-{n:012d}.jpg"
        return {"image_iiif_id": None, "image_thumbnail": url, "image_native": url}


def filters(values: list[str]) -> dict[str, str]:
    """Read `filters`: `[a:x],[b:y]`, or the parameter repeated.

    `[a:x][b:y]` without a comma silently ignores the second filter (measured 2026-07, museum_apis.md 1).
    """
    found: dict[str, str] = {}
    for value in values:
        follows_comma = True
        for match in _FILTER.finditer(value):
            if follows_comma:
                found[match["field"]] = match["value"]
            follows_comma = bool(match["comma"])
    return found


async def _search(collection: Collection, request: Request) -> Response:
    params = request.query_params
    if missing := _refused(params):
        return missing
    try:
        offset, rows = whole_number(params, "offset", 0), min(whole_number(params, "rows", 10), ROWS_MAX)
    except ValueError as error:
        return json_response({"message": str(error)}, 400)
    wanted = filters(params.getlist("filters"))
    words = [word for word in params["keys"].lower().split() if word != "*"]

    def keep(n: int, facts: Facts) -> bool:
        return all(_passes(collection, n, facts, *item) for item in wanted.items()) and all(
            word in collection.source.text(n) for word in words
        )

    key = ("search", tuple(sorted(wanted.items())), tuple(words))
    numbers = collection.select(key, keep if wanted or words else None, newest_first=params.get("sort") == "modified")
    envelope: dict[str, Any] = {"offset": offset, "rows": rows, "found": len(numbers)}
    if offset < len(numbers) or not numbers:
        base = base_url(request)
        items = [collection.record(n, base) for n in collection.page(numbers, offset, rows)]
        envelope["items"] = [_in_language(item, params) for item in items]
    # Past the end there is no `items` key at all (errors/search-offset-past-end, 2020); zero hits give [] (2026).
    envelope |= {"facets": {}, "facets_ranges": {}, "autocomplete": []}
    if not numbers:
        envelope["corrections"] = []
    return json_response(envelope)


async def _art(collection: Collection, request: Request) -> Response:
    """Answer `?object_number=`: whatever the case; an unknown number is 200 with no items."""
    numbers = collection.with_object_number(request.query_params.get("object_number", ""))
    items = [_in_language(collection.record(n, base_url(request)), request.query_params) for n in numbers]
    return json_response({"items": items})


def _refused(params: Any) -> Response | None:
    # The real body of this 400 is not recorded anywhere.
    if "keys" not in params:
        return json_response({"message": "keys is required"}, 400)
    if unsimulated := [name for name in UNSIMULATED if name in params]:
        return json_response({"message": f"the simulator does not do {', '.join(unsimulated)}"}, 501)
    return None


def _passes(collection: Collection, n: int, facts: Facts, field: str, value: str) -> bool:
    if field in ("public_domain", "has_image"):
        return (facts.is_open if field == "public_domain" else facts.has_image) == (value == "true")
    if field == "object_names":
        return not collection.dialect.kinds(value).isdisjoint(facts.kinds)
    if field == "object_number":
        return collection.source.object_number(n) == value
    # Solr answers a filter on a field that no record has with no hits.
    return False


def _in_language(item: dict[str, Any], params: Any) -> dict[str, Any]:
    """Give a synthetic item's words in `lang` (Danish unless `en`), and only the `fields` asked for."""
    names = item.get("object_names", [])
    if any("name_en" in name for name in names):
        english = params.get("lang") == "en"
        item = item | {"object_names": [{"name": name["name_en"] if english else name["name"]} for name in names]}
        if english:
            item["titles"] = [title for title in item.get("titles", []) if title["language"] == "engelsk"]
        if english and item["artist"] == ["Ubekendt"]:
            item |= {"artist": ["Unknown"], "production": [{"creator": "Unknown"}]}
    wanted = [field for field in params.get("fields", "").split(",") if field]
    return {key: value for key, value in item.items() if key in wanted} if wanted else item


def _production(artist: Artist) -> dict[str, Any]:
    return {
        "creator": artist.inverted, "creator_forename": artist.forename, "creator_surname": artist.surname,
        "creator_date_of_birth": f"{artist.born}-01-01T00:00:00.000Z",
        "creator_date_of_death": f"{artist.died}-01-01T00:00:00.000Z",
        "creator_nationality": _NATIONALITIES[artist.nationality],
        "creator_lref": f"{29_000 + ARTISTS.index(artist)}_person",
    }  # fmt: skip


def _date(start: int, end: int, *, circa: bool) -> dict[str, str]:
    period = str(start) if start == end else f"{start}-{end}"
    return {
        "start": f"{start:04d}-01-01T00:00:00.000Z",
        "end": f"{end:04d}-12-31T00:00:00.000Z",
        "period": f"Ca. {period}" if circa else period,
    }


def _utc(unix_seconds: float) -> str:
    return iso(unix_seconds, UTC).replace("+00:00", "Z")
