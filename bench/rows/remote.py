"""Vectors on their way to a Qdrant server: what they cost the process that sends them, not the server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from qdrant_client import QdrantClient, models

from bench.bench import Bench
from bench.measuring import IMAGES, VECTORS, Result, Target, alternated, ratio
from bench.qdrant_sink import sink
from resources.vector_index.index import COLLECTION, contract_field, point_id
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote_session import RemoteSession
from resources.vector_index.session import WRITE_BATCH


def measure(bench: Bench) -> Iterator[Result]:
    """Send the same vectors by a session and by the client's own methods, in turns."""
    count = bench.size(8_000, 2_000)
    ids = [point_id("bench", str(number)) for number in range(count)]
    vectors = np.random.default_rng(0).standard_normal((count, VECTORS[IMAGES]), dtype=np.float32)
    with sink() as port:
        server = QdrantServer(f"http://127.0.0.1:{port}", grpc_port=port)
        with server.client(grpc=True) as grpc:
            # Who has the vector's dimension is asked for once; all else goes to the server.
            session = RemoteSession(QdrantClient(":memory:"), server, COLLECTION, lambda: grpc, sizes=dict(VECTORS))
            rates = alternated(
                bench.size(7, 3),
                {
                    "session": lambda: _cpu(count, lambda: session.update_vectors(IMAGES, ids, vectors, "bench")),
                    "client": lambda: _cpu(count, lambda: _by_the_client(grpc, ids, vectors)),
                },
            )
    each = ", ".join(f"{name} {1e3 / sorted(found)[len(found) // 2]:.3f}" for name, found in rates.items())
    yield Result("remote", "CPU of a vector's way to a Qdrant server, of the client's own",
                 100 * ratio(rates, "client", "session"), "%", Target("at most", 50),
                 f"{each} ms a vector")  # fmt: skip


def _cpu(items: int, work: Callable[[], object]) -> float:
    """Return the items per second of this process's CPU."""
    started = time.process_time()
    work()
    return items / (time.process_time() - started)


def _by_the_client(client: QdrantClient, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
    """Replace vectors and contracts by the client's models, in the requests that they took before."""
    for start in range(0, len(ids), WRITE_BATCH):
        batch: list[models.ExtendedPointId] = list(ids[start : start + WRITE_BATCH])
        rows = vectors[start : start + WRITE_BATCH].tolist()
        key = contract_field(IMAGES)
        client.retrieve(COLLECTION, batch, with_payload=False)
        client.delete_payload(COLLECTION, [key], batch)
        points = [models.PointVectors(id=id_, vector={IMAGES: row}) for id_, row in zip(batch, rows, strict=True)]
        client.update_vectors(COLLECTION, points)
        client.set_payload(COLLECTION, {key: "bench"}, batch)
