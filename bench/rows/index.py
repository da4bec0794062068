"""indexed_artworks: points with one vector into the embedded index, against qdrant-client's own local mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from bench.bench import Bench
from bench.collection import MUSEUM, records
from bench.measuring import IMAGES, VECTORS, Result, alternated, per_second, rate, ratio
from museum_assets.collection.vectors.index import point_payload
from museum_assets.loop.stage import Work
from museum_assets.museums.smk import Smk
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import COLLECTION, Payload, point_id
from resources.vector_index.session import WRITE_BATCH

Points = list[tuple[str, Payload]]


def measure(bench: Bench) -> Iterator[Result]:
    """Fill a new index each round."""
    count = bench.size(3_000, 1_000)
    points = _points(count)
    vectors = np.random.default_rng(0).standard_normal((count, VECTORS[IMAGES]), dtype=np.float32)

    def edge() -> float:
        with TemporaryDirectory(dir=bench.settings.home) as home:
            index = EdgeVectorIndex(Path(home))
            with index.open() as session:
                session.ensure_collection(VECTORS)
            return rate(count, lambda: _fill_edge(index, points, vectors))

    def local() -> float:
        with TemporaryDirectory(dir=bench.settings.home) as home:
            client = QdrantClient(path=home)
            sizes = {n: models.VectorParams(size=s, distance=models.Distance.COSINE) for n, s in VECTORS.items()}
            client.create_collection(COLLECTION, vectors_config=sizes)
            measured = rate(count, lambda: _fill_local(client, points, vectors))
            client.close()
        return measured

    rates = alternated(bench.size(3, 2), {"edge": edge, "QdrantClient(path=)": local})
    yield Result("index", "index upserts with one vector, against QdrantClient(path=…)",
                 ratio(rates, "edge", "QdrantClient(path=)"), "times", None, per_second(rates, "points"))  # fmt: skip


def _points(count: int) -> Points:
    read = Smk().read
    works = (Work(r.id, b"", 0, None, read(r.payload).model_dump()) for r in records(count))
    return [(point_id(MUSEUM, work.data["object_number"]), point_payload(work.data)) for work in works]


def _fill_edge(index: EdgeVectorIndex, points: Points, vectors: NDArray[np.float32]) -> None:
    with index.open() as session:
        session.upsert_points(points)
    with index.open() as session:
        session.update_vectors(IMAGES, [id_ for id_, _ in points], vectors, "bench")


def _fill_local(client: QdrantClient, points: Points, vectors: NDArray[np.float32]) -> None:
    for start in range(0, len(points), WRITE_BATCH):
        batch = zip(points[start : start + WRITE_BATCH], vectors[start : start + WRITE_BATCH].tolist(), strict=True)
        client.upsert(
            COLLECTION,
            [
                models.PointStruct(id=id_, vector={IMAGES: vector}, payload=cast(dict[str, Any], shown))
                for (id_, shown), vector in batch
            ],
        )
