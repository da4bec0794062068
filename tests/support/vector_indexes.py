"""The vector indexes that keep one contract, and three works in them."""

from __future__ import annotations

import os
from itertools import product

import numpy as np
import pytest

from museum_assets.collection.stages import STAGES
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import point_id
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from tests.support.index_payload import payload
from tests.support.little_qdrant import little_qdrant

VECTORS = {spec.name: spec.vector.dimension for spec in STAGES if spec.vector}
POINT = (point_id("smk", "KMS1"), payload("smk", "KMS1"))
"""A point as it is written."""

MODEL, OTHER_MODEL = "ViT-L-14:aaaa:v1", "ViT-L-14:bbbb:v1"


def unit(*axes, size=768):
    """A unit vector with equal parts along these axes: its cosines are known without computing."""
    vector = np.zeros(size, np.float32)
    vector[list(axes)] = 1
    return vector / np.linalg.norm(vector)


TRANSPORTS = ("REST", "gRPC")
SERVERS = [" over ".join(each) for each in product(("little server", "server"), TRANSPORTS)]


def given_qdrant(*, grpc: bool) -> QdrantServer:
    """The server that QDRANT_TEST_URL names; QDRANT_TEST_GRPC_PORT says where it answers gRPC, unless at 6334."""
    url = os.environ.get("QDRANT_TEST_URL")
    if not url:
        pytest.skip("QDRANT_TEST_URL names no Qdrant server")
    return QdrantServer(url, grpc_port=int(os.environ.get("QDRANT_TEST_GRPC_PORT", "6334")) if grpc else 0)


@pytest.fixture(params=["edge", "client in memory", *SERVERS])
def index(request, tmp_path):
    if request.param == "edge":
        yield EdgeVectorIndex(tmp_path / "index")
        return
    from qdrant_client import QdrantClient

    if request.param == "client in memory":
        yield RemoteVectorIndex(QdrantServer("http://memory"), client=QdrantClient(":memory:"))
        return
    kind, transport = request.param.split(" over ")
    if kind == "little server":
        with little_qdrant() as server:
            port = server.grpc_port if transport == "gRPC" else 0
            yield RemoteVectorIndex(QdrantServer(server.url, grpc_port=port))
            way = "/points" if transport == "gRPC" else "grpc "
            assert not any(way in each for each in server.asked), "points go the one way or the other"
        return
    given = given_qdrant(grpc=transport == "gRPC")
    QdrantClient(url=given.url).delete_collection("test_vector_index")
    yield RemoteVectorIndex(given, collection="test_vector_index")


@pytest.fixture
def session(index):
    with index.open() as session:
        session.ensure_collection(VECTORS)
        yield session


@pytest.fixture
def three(session):
    """Three works of two museums with an image vector each, along axes 0, 0+1 and 1."""
    works = [
        payload("smk", "KMS1", "Winter", 1880, 1882),
        payload("smk", "KMS2", "Summer", 1900, 1900, ("sculpture", "bust")),
        payload("met", "KMS1", "Winter", 1650, 1700),
    ]
    ids = [point_id(work["museum"], work["object_number"]) for work in works]
    session.upsert_points(list(zip(ids, works, strict=True)))
    session.update_vectors("image_clip", ids, np.stack([unit(0), unit(0, 1), unit(1)]), MODEL)
    return ids
