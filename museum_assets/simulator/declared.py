"""The dialect of any declared museum, from its declaration and the sample beside it: what was saved is served again.

It reads the declaration by itself and knows only where records, ids and pictures are, not how a record is understood.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from starlette.responses import Response

from museum_assets.museums import DECLARED, sample_file
from museum_assets.simulator import sources
from museum_assets.simulator.dialect import Dialect, Endpoint, ImageRequest, Recorded
from museum_assets.simulator.facts import Facts
from museum_assets.simulator.hostile import LEARNT
from museum_assets.simulator.works import OLDEST_CHANGE, SimulatedWork

THUMBNAIL = "!800,800"
IN_TEXT = {"oai-pmh", "iiif"}
"""Kinds of source whose records name pictures in places that the declaration does not say."""


class Declared(Dialect):
    """A declared museum."""

    first_id = 0

    def __init__(self, slug: str, declaration: dict[str, Any], sample: list[dict[str, Any]]) -> None:
        self.slug = slug  # type: ignore[misc] # one class, a slug for each of its objects
        self.source, self.fields = declaration["source"], declaration["fields"]
        self.sample = sample
        years = declaration.get("years", {})
        LEARNT[slug] = {
            name: path
            for name, spec in {
                "id": self.source.get("id", "id"), "number": self.fields.get("object_number"),
                "title": self.fields.get("title"), "image": self.fields.get("thumbnail_url"),
                "year": years.get("start") or years.get("text"),
            }.items()
            if isinstance(path := spec.get("path") if isinstance(spec, dict) else spec, str) and "." not in path
        }  # fmt: skip
        self.api_path = sources.path_of(self.source["kind"])  # type: ignore[misc]
        self._ids = [self._id(record) for record in sample]
        self._numbers = {record_id: n for n, record_id in enumerate(self._ids)}
        hosts = "|".join(map(re.escape, self.source["image_hosts"]))
        self._picture = re.compile(rf"https?://(?:{hosts})(/[^\s\"'<>]*)")

    def id(self, n: int) -> str:
        """Return a record's id."""
        return self._ids[n]

    def number(self, record_id: str) -> int | None:
        """Return the record with this id."""
        return self._numbers.get(record_id)

    def object_number(self, n: int) -> str:
        """Return the record's object number where it is easily found, else its id."""
        found = list(_texts(self.sample[n], self.fields.get("object_number")))
        return str(found[0]) if found else self.id(n)

    def synthetic(self, work: SimulatedWork, base: str) -> dict[str, Any]:
        """Return a record of the sample."""
        return self.with_images(self.sample[work.n], work.n, base)

    def recorded(self, folder: Path) -> list[dict[str, Any]]:  # noqa: ARG002 - the sample is what was recorded
        """Return the sample."""
        return self.sample

    def read(self, record: dict[str, Any]) -> Recorded:
        """Return what is known of a record: its ids."""
        record_id = self._id(record)
        facts = Facts(frozenset(), is_open=True, has_image=True, modified=OLDEST_CHANGE)
        return Recorded(record_id, record_id, facts, "")

    def with_images(self, record: dict[str, Any], n: int, base: str) -> dict[str, Any]:
        """Return the record with every address of a picture leading here."""
        if self.source["kind"] in IN_TEXT:
            here = rf"{base}/images/{self.slug}/{n}\1"
            return orjson.loads(self._picture.sub(here, orjson.dumps(record).decode()))  # type: ignore[no-any-return]
        changed: dict[str, Any] = orjson.loads(orjson.dumps(record))
        for field in ("thumbnail_url", "image_url"):
            for holder, key in _places(changed, self.fields.get(field)):
                holder[key] = _here(holder[key], f"{base}/images/{self.slug}/{n}")
        return changed

    def touched(self, record: dict[str, Any], version: int, modified: datetime) -> dict[str, Any]:  # noqa: ARG002
        """Change the title."""
        changed: dict[str, Any] = orjson.loads(orjson.dumps(record))
        for holder, key in _places(changed, self.fields.get("title")) if version else ():
            if isinstance(holder[key], str):
                holder[key] = f"{holder[key]} ({version})"
        return changed

    def image_key(self, n: int) -> str:
        """Return the record's place."""
        return str(n)

    def image(self, path: str) -> ImageRequest | None:
        """Read the record's place at the beginning of an address."""
        first = path.partition("/")[0]
        return ImageRequest(int(first), THUMBNAIL) if first.isascii() and first.isdigit() else None

    def endpoints(self) -> list[Endpoint]:
        """Return what this kind of source answers."""
        return sources.endpoints(self.source)

    def not_found(self) -> Response:
        """Answer as a file server does."""
        return Response("Not Found", 404, media_type="text/plain")

    def _id(self, record: dict[str, Any]) -> str:
        if self.source["kind"] == "oai-pmh":
            return str(record["identifier"]).rstrip("/").rpartition("/")[2]
        if self.source["kind"] == "iiif":
            return str(record.get("id") or record["@id"])
        return str(next(_texts(record, self.source.get("id", "id")), ""))


def declared_dialect(slug: str) -> Declared | None:
    """Return the dialect of a declared museum that has a sample, None for any other."""
    if slug not in DECLARED or not (sample := sample_file(slug)).exists():
        return None
    records = [orjson.loads(line) for line in sample.read_bytes().splitlines() if line.strip()]
    return Declared(slug, tomllib.loads(DECLARED[slug].read_text(encoding="utf-8")), records)


def _here(value: Any, base: str) -> Any:
    """Return an address as one that leads here, with its path; what stands for a picture becomes an address too."""
    if isinstance(value, list):
        return [_here(each, base) for each in value]
    if not value or not isinstance(value, (str, int)):
        return value
    path = urlsplit(str(value)).path if str(value).startswith("http") else f"/{quote(str(value), safe='')}"
    return f"{base}{path}"


def _texts(record: Any, spec: Any) -> Iterator[Any]:
    return (holder[key] for holder, key in _places(record, spec) if holder[key])


def _places(record: Any, spec: Any) -> Iterator[tuple[Any, str]]:
    """Yield (object, key) of every place that a field of a declaration names and the record has."""
    if isinstance(spec, list):
        for each in spec:
            yield from _places(record, each)
    elif isinstance(spec, dict):
        yield from _places(record, spec.get("first") or spec.get("path"))
    elif isinstance(spec, str):
        *inner, last = (step.replace("\\.", ".") for step in re.split(r"(?<!\\)\.", spec))
        holders = [record]
        for step in inner:
            found = [each.get(step.removesuffix("[]")) for each in holders if isinstance(each, dict)]
            holders = [one for each in found for one in (each if isinstance(each, list) else [each])]
        yield from ((each, last) for each in holders if isinstance(each, dict) and last in each)
