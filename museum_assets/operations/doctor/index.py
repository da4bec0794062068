"""The vector index: the server and its version, the collections, and the vectors that they lack."""

from __future__ import annotations

from collections.abc import Iterator

from museum_assets.core.failures import MuseumError
from museum_assets.operations.collections import active_vectors, indexes
from museum_assets.operations.doctor.line import Line, well
from resources.platform import Platform
from resources.vector_index.remote import RemoteVectorIndex
from resources.vector_index.session import VectorIndex

OLDEST = (1, 13)
"""The first version of Qdrant that is tried (docs/servers.md)."""


def collections(platform: Platform) -> Iterator[Line]:
    """Look at both collections. An embedded index is one process's at a time, so that it is not opened."""
    settings = platform.settings
    if not settings.qdrant_url:
        there = [
            name for name, _ in indexes(platform).values() if (settings.home / "vectors" / name / "shard").exists()
        ]
        text = f"embedded in {settings.home / 'vectors'}: {', '.join(there) or 'no collection yet'}"
        if settings.profile == "prod":
            yield Line("QDRANT_URL", "warn", f"not set: {text}", "set QDRANT_URL, unless one machine does everything")
            return
        yield well("vector index", f"{text}; runs make what is missing")
        return
    _, index = indexes(platform)["QDRANT_COLLECTION"]
    if isinstance(index, RemoteVectorIndex):
        yield _server(index.server.version(), index.server.rest)
    for variable, (name, each) in indexes(platform).items():
        yield _collection(platform, variable, name, each)


def _server(version: str, where: str) -> Line:
    text = f"Qdrant {version} at {where}"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if numbers and numbers < OLDEST:
        return Line("QDRANT_URL", "fail", text, f"use Qdrant {'.'.join(map(str, OLDEST))} or later")
    return well("QDRANT_URL", text)


def _collection(platform: Platform, variable: str, name: str, index: VectorIndex) -> Line:
    try:
        with index.open() as session:
            if not session.exists:
                return Line(variable, "fail", f"there is no collection {name}", "run `museum init`, which makes it")
            missing = session.missing_vectors(active_vectors(platform.settings))
            points = session.count()
    except MuseumError as error:
        return Line(variable, "fail", str(error), "check QDRANT_URL and QDRANT_API_KEY with `museum settings`")
    if missing:
        text = f"the collection {name} lacks {', '.join(sorted(missing))}"
        return Line(variable, "warn", text, "run `museum init`, or let the next run of those vectors add them")
    return well(variable, f"the collection {name} holds {points:,} points")
