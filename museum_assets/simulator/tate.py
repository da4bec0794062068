"""Tate's dialect: no API but one archive of the whole collection, laid out as github.com/tategallery/collection."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museum_assets.simulator.collection import Collection
from museum_assets.simulator.dialect import Dialect, Endpoint, ImageRequest, Recorded, base_url
from museum_assets.simulator.facts import Facts
from museum_assets.simulator.hostile import encoded
from museum_assets.simulator.motifs import portrayed, shown_in
from museum_assets.simulator.towns import TOWNS, made_in
from museum_assets.simulator.works import ARTISTS, OLDEST_CHANGE, Artist, SimulatedWork

ARCHIVE = "/collection-master.tar.gz"
THUMBNAIL = "!512,512"
RECORDED_EVERY = 100
"""Of the recorded 6,000 works one in so many is served: what is looked at must be downloaded and thumbnailed."""

# kind: classification and medium.
KINDS = {
    "painting": ("painting", "Oil paint on canvas"), "drawing": ("on paper, unique", "Graphite on paper"),
    "print": ("on paper, print", "Etching on paper"), "watercolor": ("on paper, unique", "Watercolour on paper"),
    "pastel": ("on paper, unique", "Pastel on paper"), "aquatint": ("on paper, print", "Etching and aquatint on paper"),
    "bust": ("sculpture", "Bronze"), "gouache": ("on paper, unique", "Gouache on paper"),
    "miniature": ("painting", "Watercolour on ivory"), "design": ("on paper, unique", "Ink on paper"),
    "sculpture": ("sculpture", "Plaster"), "ceramics": ("sculpture", "Ceramic"),
    "photograph": ("on paper, print", "Photograph, gelatin silver print on paper"),
}  # fmt: skip
_NULL = ("foreignTitle", "groupTitle", "inscription")


class Tate(Dialect):
    """Tate."""

    slug = "tate"
    api_path = ARCHIVE
    first_id = 1_000

    def object_number(self, n: int) -> str:
        """Return the accession number."""
        return f"N{n + 1:05}"

    def image_key(self, n: int) -> str:
        """Return the number in the file's name."""
        return f"{n + 1:05}"

    def image(self, path: str) -> ImageRequest | None:
        """Read the address of a thumbnail, the only size that records name."""
        match = re.fullmatch(r"art/images/work/N/(\d{5})_8\.jpg", path)
        return ImageRequest(int(match[1]) - 1, THUMBNAIL) if match else None

    def synthetic(self, work: SimulatedWork, base: str) -> dict[str, Any]:
        """Write a work in the shape of the archive of 2014."""
        classification, medium = KINDS[work.traits.kind]
        number, title = self.object_number(work.n), work.titles[0] if work.titles else "title not known"
        years = None if work.start is None else {"startYear": work.start, "endYear": work.end, "text": str(work.start)}
        shown = _shown(work)
        makers = [_contributor(artist, place) for place, artist in enumerate(work.artists, 1)]
        return {
            "acno": number,
            "acquisitionYear": 1900 + work.n % 100,
            "all_artists": ", ".join(maker["fc"] for maker in makers),
            "catalogueGroup": {},
            "classification": classification,
            "contributorCount": len(makers),
            "contributors": makers,
            "creditLine": "Presented by Sir Henry Tate 1894",
            "dateRange": years,
            "dateText": str(work.start) if years else "date not known",
            "depth": "",
            "dimensions": "support: 411 x 176 mm",
            "height": "411",
            "id": self.first_id + work.n,
            "medium": medium,
            "movementCount": 0,
            "subjectCount": len(shown),
            "subjects": _tree(shown),
            "thumbnailCopyright": None if work.traits.is_open else "© The estate of the artist",
            "thumbnailUrl": self._url(work.n, base) if work.traits.has_image else None,
            "title": title,
            "units": "mm",
            "url": f"http://www.tate.org.uk/art/artworks/{number.lower()}",
            "width": "176",
            **dict.fromkeys(_NULL),
        }

    def recorded(self, folder: Path) -> list[dict[str, Any]]:
        """Load some of the real slice, which lies beside museum_records/ as it was published."""
        slice_ = folder.parents[1] / "tate-artworks.tar.gz"
        if not slice_.exists():
            return []
        with tarfile.open(slice_) as archive:
            chosen = [member for member in archive if member.isfile()][::RECORDED_EVERY]
            return [orjson.loads(file.read()) for member in chosen if (file := archive.extractfile(member))]

    def read(self, record: dict[str, Any]) -> Recorded:
        """Read a recorded record; the archive has no dates of change."""
        kinds = frozenset({(record["classification"] or "").lower()})
        facts = Facts(kinds, record["thumbnailCopyright"] is None, bool(record["thumbnailUrl"]), OLDEST_CHANGE)
        text = f"{record['title']} {record['all_artists']}".lower()
        return Recorded(str(record["id"]), record["acno"], facts, text)

    def with_images(self, record: dict[str, Any], n: int, base: str) -> dict[str, Any]:
        """Replace the address of the thumbnail where there is one."""
        return record | {"thumbnailUrl": self._url(n, base) if record["thumbnailUrl"] else None}

    def touched(self, record: dict[str, Any], version: int, modified: datetime) -> dict[str, Any]:  # noqa: ARG002
        """Change the title."""
        return record | {"title": f"{record['title']} ({version})"} if version else record

    def endpoints(self) -> list[Endpoint]:
        """The archive is all there is."""
        return [Endpoint("archive", ARCHIVE, _archive)]

    def not_found(self) -> Response:
        """Answer any other address as a file server does."""
        return Response("Not Found", 404, media_type="text/plain")

    def _url(self, n: int, base: str) -> str:
        return f"{base}/images/tate/art/images/work/N/{self.image_key(n)}_8.jpg"


async def _archive(collection: Collection, request: Request) -> Response:
    """Answer with the archive of all works as they are now."""
    body = await run_in_threadpool(packed, collection, base_url(request))
    etag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers={"ETag": etag})
    return Response(body, headers={"ETag": etag}, media_type="application/x-gzip")


def packed(collection: Collection, base: str) -> bytes:
    """Return the archive's bytes, the same for the same works."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for n in collection.select("archive"):
            record = collection.record(n, base)
            number, body = collection.source.object_number(n).lower(), encoded(record, orjson.OPT_INDENT_2)
            name = f"{number[0]}/{number[1:4]}/{number}-{collection.source.id(n)}.json"
            info = tarfile.TarInfo(f"collection-master/artworks/{name}")
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    # Without a time in its header, which would make every answer another file.
    return gzip.compress(out.getvalue(), mtime=0)


def _shown(work: SimulatedWork) -> list[tuple[str, str, int, str]]:
    """Return (branch, smaller branch, id, name) of each subject."""
    town, sitter = made_in(work), portrayed(work)
    found = [(*motif.branch, 2_000 + motif.number, motif.names[0].lower()) for motif in shown_in(work)]
    if sitter:
        found.append(("people", "named individuals", 5_000 + ARTISTS.index(sitter), sitter.inverted))
    if town:
        found.append(("places", "cities, towns, villages (non-UK)", 12_000 + TOWNS.index(town), town.name))
    return found


def _tree(shown: list[tuple[str, str, int, str]]) -> dict[str, Any]:
    """Return the subjects as Tate writes them: three levels below one root, the upper two by kind."""
    branches: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for branch, smaller, number, name in shown:
        branches.setdefault(branch, {}).setdefault(smaller, []).append({"id": number, "name": name})
    above = [
        _node(branch, [_node(smaller, leaves) for smaller, leaves in below.items()])
        for branch, below in branches.items()
    ]
    return {"id": 1, "name": "subject", "children": above} if above else {}


def _node(name: str, children: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": 100 + crc32(name.encode()) % 900, "name": name, "children": children}


def _contributor(artist: Artist, place: int) -> dict[str, Any]:
    return {
        "birthYear": artist.born,
        "date": f"{artist.born}–{artist.died}",
        "displayOrder": place,
        "fc": artist.name,
        "gender": "",
        "id": artist.born,
        "mda": artist.inverted,
        "role": "artist",
        "startLetter": artist.surname[0],
    }
