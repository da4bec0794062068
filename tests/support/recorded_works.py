"""The artworks that the museums' readers make of every record beside the repository."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from museum_assets.core.failures import Failure, Rejected
from museum_assets.museums import MUSEUMS, museum
from museum_assets.museums.artwork import Artwork
from tests.support.museum_records import RECORDS


def recorded_works(tate: int) -> dict[str, dict[str, Artwork]]:
    """Return the works of each museum by object number; of Tate's, as many as asked for."""
    found: dict[str, dict[str, Artwork]] = {}
    for slug in MUSEUMS:
        chosen = museum(slug)
        for payload in _tate(tate) if slug == "tate" else payloads(slug):
            with suppress(Rejected, Failure, KeyError, TypeError, ValueError):
                artwork = chosen.read(payload)
                found.setdefault(slug, {})[artwork.object_number] = artwork
    return found


def _tate(count: int) -> Iterator[Any]:
    with tarfile.open(RECORDS.parent / "tate-artworks.tar.gz") as archive:
        files = [member for member in archive if member.name.endswith(".json")]
        for member in files[:: max(1, len(files) // count)]:
            body = archive.extractfile(member)
            assert body
            yield json.load(body)


def payloads(slug: str) -> Iterator[Any]:
    """Yield every object among a museum's recorded answers that may be a record."""
    for file in sorted((RECORDS / slug).rglob("*.*")):
        if file.suffix == ".xml":
            with suppress(Failure):
                yield museum(slug).payload(file.read_text(encoding="utf-8"))
        elif file.suffix == ".json":
            yield from _objects(json.loads(file.read_text(encoding="utf-8")))


def _objects(value: Any, depth: int = 3) -> Iterator[dict[str, Any]]:
    """Yield every object in some JSON: which of them is a record is for the museum to say."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner if depth else ():
        yield from _objects(each, depth - 1)
