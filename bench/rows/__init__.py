"""The rows of the table: one module each, with one function that measures and yields results."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.bench import Bench
from bench.measuring import Result
from bench.rows import (
    archive,
    artists,
    embedding,
    index,
    kiosk,
    matching,
    memory,
    points,
    readers,
    release,
    remote,
    rerun,
    store,
    thumbnails,
    transform,
    workers,
)

ROWS: dict[str, Callable[[Bench], Iterator[Result]]] = {
    "store": store.measure,
    "transform": transform.measure,
    "rerun": rerun.measure,
    "memory": memory.measure,
    "archive": archive.measure,
    "thumbnails": thumbnails.measure,
    "index": index.measure,
    "remote": remote.measure,
    "embedding": embedding.measure,
    "kiosk": kiosk.measure,
    "release": release.measure,
    "points": points.measure,
    "readers": readers.measure,
    "artists": artists.measure,
    "workers": workers.measure,
    "matching": matching.measure,
}
"""By the name that `--only` takes."""
