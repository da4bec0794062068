"""Writes to a server: in parallel requests, of which none that failed is passed over."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from qdrant_client import grpc as protocol
from qdrant_client import models
from qdrant_client.conversions.conversion import RestToGrpc

from museum_assets.core.failures import RequestRefused, Unavailable
from resources.vector_index import messages, remote_session
from resources.vector_index.index import PointRecord, SearchFilter, point_id
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from tests.support.index_payload import payload
from tests.support.little_qdrant import LittleQdrant, little_qdrant

# The client in memory keeps no payload indexes, and warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Payload indexes have no effect")]
IDS = [point_id("smk", str(number)) for number in range(1000)]
ROWS = np.random.default_rng(0).standard_normal((1000, 4), dtype=np.float32)
MADE = SearchFilter(vector_present="image_toy", contract="toy:1")


@pytest.fixture
def server() -> Iterator[LittleQdrant]:
    with little_qdrant() as found:
        yield found


@pytest.fixture(params=["REST", "gRPC"])
def index(request: pytest.FixtureRequest, server: LittleQdrant) -> RemoteVectorIndex:
    port = server.grpc_port if request.param == "gRPC" else 0
    found = RemoteVectorIndex(QdrantServer(server.url, grpc_port=port))
    with found.open() as session:
        session.ensure_collection({"image_toy": 4})
        session.upsert_points([(id_, payload("smk", str(number))) for number, id_ in enumerate(IDS)])
    return found


def update(index: RemoteVectorIndex) -> int:
    """Write all vectors, and say how many have their contract then."""
    with index.open() as session:
        session.update_vectors("image_toy", IDS, ROWS, "toy:1")
        return session.count(MADE)


@pytest.mark.parametrize("number", [0, 600, 999])
def test_a_write_of_which_one_request_is_refused_has_not_happened(
    server: LittleQdrant, index: RemoteVectorIndex, number: int
) -> None:
    poisoned = IDS[number].encode()

    def refuse(request: bytes) -> tuple[str, str] | None:
        return ("INVALID_ARGUMENT", "poisoned") if poisoned in request and b"toy:1" in request else None

    server.react = refuse
    with pytest.raises(RequestRefused, match="poisoned"):
        update(index)
    server.react = lambda _: None
    with index.open() as session:
        assert session.count(MADE) <= 750
    assert update(index) == 1000


def test_a_request_that_fails_in_passing_is_made_again_alone(server: LittleQdrant, index: RemoteVectorIndex) -> None:
    poisoned, left, writes = IDS[600].encode(), [2], []

    def refuse(request: bytes) -> tuple[str, str] | None:
        if b"toy:1" not in request or b"image_toy" not in request:
            return None
        writes.append(request)
        if poisoned in request and left[0]:
            left[0] -= 1
            return "UNAVAILABLE", "restarting"
        return None

    server.react = refuse
    with index.open() as session:
        session.update_vectors("image_toy", IDS, ROWS, "toy:1")
    assert len(writes) == 4 + 2
    server.react = lambda _: None
    with index.open() as session:
        assert session.count(MADE) == 1000


def test_a_request_that_goes_on_failing_fails_the_write(server: LittleQdrant, index: RemoteVectorIndex) -> None:
    server.react = lambda request: ("UNAVAILABLE", "gone") if IDS[600].encode() in request else None
    with index.open() as session, pytest.raises(Unavailable, match="gone"):
        session.put_records([PointRecord(id_, {"museum": "smk"}) for id_ in IDS])


def test_requests_of_one_write_are_on_their_way_at_once(server: LittleQdrant, index: RemoteVectorIndex) -> None:
    together = threading.Barrier(4)

    def meet(request: bytes) -> None:
        if b"toy:1" in request and b"image_toy" in request:
            together.wait(60)

    server.react = meet
    with index.open() as session:
        session.update_vectors("image_toy", IDS, ROWS, "toy:1")
    assert not together.broken


def test_what_a_server_builds_by_itself_is_waited_for(
    server: LittleQdrant, index: RemoteVectorIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_session, "BUILT_EVERY", 0)
    with index.open() as session:
        session.ensure_collection({"image_toy": 4})
        server.layouts.building = 3
        session.wait_until_built()
        assert server.layouts.building == 0
        server.asked.clear()
        session.wait_until_built()
    assert len(server.asked) == 2, "a server begins a moment after the write: it is asked twice"


def test_sessions_share_their_clients(index: RemoteVectorIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QdrantServer, "client", lambda *_, **__: pytest.fail("a session made a client of its own"))
    for _ in range(3):
        assert update(index) == 1000


@pytest.mark.parametrize("size", [1, 31, 32, 768, 4096])
def test_messages_are_those_that_the_client_makes(size: int) -> None:
    rows = np.random.default_rng(1).standard_normal((3, size), dtype=np.float64)
    made = messages.replace_vectors("c", "text_toy", IDS[:3], rows.astype(np.float32), "toy:1")
    points = [models.PointVectors(id=id_, vector={"text_toy": row.tolist()})
              for id_, row in zip(IDS, rows.astype(np.float32), strict=False)]  # fmt: skip
    operations: list[models.UpdateOperation] = [
        models.DeletePayloadOperation(delete_payload=models.DeletePayload(keys=["text_toy_contract"], points=IDS[:3])),
        models.UpdateVectorsOperation(update_vectors=models.UpdateVectors(points=points)),
        models.SetPayloadOperation(
            set_payload=models.SetPayload(payload={"text_toy_contract": "toy:1"}, points=IDS[:3])
        ),
    ]
    converted = [RestToGrpc.convert_update_operation(each) for each in operations]
    assert made == protocol.UpdateBatchPoints(collection_name="c", wait=True, operations=converted)


@pytest.mark.parametrize("vectors", [{}, {"a": ROWS[0]}, {"a": ROWS[0], "b": ROWS[1]}])
def test_whole_points_are_those_that_the_client_makes(vectors: dict[str, np.ndarray]) -> None:
    said = {**payload("smk", "KMS1"), "nothing": None, "number": 2**53}
    point = models.PointStruct(id=IDS[0], payload=said, vector={name: row.tolist() for name, row in vectors.items()})
    made = messages.put_points("c", [PointRecord(IDS[0], said, vectors)])
    converted = [RestToGrpc.convert_point_struct(point)]
    assert made == protocol.UpsertPoints(collection_name="c", wait=True, points=converted)
