"""What a server is asked for a layout: for a new collection, a live one, a vector added later, and in a search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from qdrant_client import QdrantClient

from museum_assets.core.collection_layout import CollectionLayout
from museum_assets.core.failures import MuseumError
from resources.vector_index.layout import LayoutState
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from tests.support.little_qdrant import LittleQdrant, little_qdrant
from tests.support.vector_indexes import given_qdrant, unit

# The client in memory keeps no payload indexes, and warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Payload indexes have no effect")]
VECTORS = {"image_clip": 768}
ALL = CollectionLayout(
    shards=6, replicas=2, write_consistency=2, on_disk=True, quantization="int8", oversampling=2, m=32,
    ef_construct=200, hnsw_ef=128,
)  # fmt: skip
INT8 = {"scalar": {"type": "int8", "always_ram": True}}
PEERS: dict[str, Any] = {"peer": 1, "other_peers": (2, 3)}


def index(server: LittleQdrant, layout: CollectionLayout | None, *, grpc: bool = False) -> RemoteVectorIndex:
    found = QdrantServer(server.url, grpc_port=server.grpc_port if grpc else 0)
    return RemoteVectorIndex(found, collection="c", layout=layout)


def ensured(server: LittleQdrant, layout: CollectionLayout | None, vectors: dict[str, int] = VECTORS) -> LayoutState:
    """Ensure the collection by this layout, and say how it compares then."""
    server.said.pop("PATCH", None)
    with index(server, layout).open() as session:
        session.ensure_collection(vectors)
        state = session.layout_state()
    assert state
    return state


def given(body: Any) -> Any:
    """What of a body is not null."""
    if isinstance(body, dict):
        return {key: given(value) for key, value in body.items() if value is not None}
    return body


@pytest.fixture
def server() -> Iterator[LittleQdrant]:
    with little_qdrant(**PEERS) as found:
        yield found


def test_a_collection_is_made_with_all_of_its_layout(server: LittleQdrant) -> None:
    assert ensured(server, ALL) == LayoutState({}, nodes=3, replicas=2)
    assert given(server.said["PUT"]) == {
        "vectors": {"image_clip": {"size": 768, "distance": "Cosine", "on_disk": True}},
        "shard_number": 6, "replication_factor": 2, "write_consistency_factor": 2,
        "hnsw_config": {"m": 32, "ef_construct": 200}, "quantization_config": INT8,
    }  # fmt: skip
    assert "PATCH" not in server.said


def test_without_a_layout_nothing_is_asked_beyond_the_vectors(server: LittleQdrant) -> None:
    ensured(server, None)
    assert given(server.said["PUT"]) == {"vectors": {"image_clip": {"size": 768, "distance": "Cosine"}}}
    ensured(server, CollectionLayout(hnsw_ef=64))
    assert "PATCH" not in server.said


def test_a_live_collection_is_changed_where_qdrant_can_and_only_once(server: LittleQdrant) -> None:
    ensured(server, None)
    state = ensured(server, ALL)
    assert given(server.said["PATCH"]) == {
        "vectors": {"image_clip": {"on_disk": True}}, "hnsw_config": {"m": 32, "ef_construct": 200},
        "quantization_config": INT8, "params": {"replication_factor": 2, "write_consistency_factor": 2},
    }  # fmt: skip
    assert state.differences == {"shards": (1, 6)}
    ensured(server, ALL)
    assert "PATCH" not in server.said
    ensured(server, CollectionLayout(m=16, quantization="none", on_disk=False))
    assert given(server.said["PATCH"]) == {
        "vectors": {"image_clip": {"on_disk": False}}, "hnsw_config": {"m": 16}, "quantization_config": "Disabled",
    }  # fmt: skip


def test_a_vector_that_is_added_later_has_the_same_layout(server: LittleQdrant) -> None:
    layout = CollectionLayout(on_disk=True, m=32)
    ensured(server, layout)
    state = ensured(server, layout, {"image_clip": 768, "text_toy": 4})
    assert given(server.said["PATCH"]) == {"vectors": {"text_toy": {"on_disk": True}}}
    assert state.differences == {}


def test_copies_that_lack_are_named_and_where_they_could_be(server: LittleQdrant) -> None:
    ensured(server, CollectionLayout(shards=2))
    with index(server, CollectionLayout(replicas=3)).open() as session:
        state = session.layout_state()
    assert state
    assert (state.nodes, state.replicas, state.differences) == (3, 1, {"replicas": (1, 3)})
    assert list(state.copies) == [
        {"shard_id": 0, "from_peer_id": 1, "to_peer_id": 2}, {"shard_id": 0, "from_peer_id": 1, "to_peer_id": 3},
        {"shard_id": 1, "from_peer_id": 2, "to_peer_id": 1}, {"shard_id": 1, "from_peer_id": 2, "to_peer_id": 3},
    ]  # fmt: skip


def test_a_key_for_collections_alone_sees_the_nodes_that_hold_them() -> None:
    with little_qdrant(keys={"key": "rw"}, **PEERS) as server:
        server.layouts.kept["c"] = {"params": {"shard_number": 2}, "hnsw": {}, "on_disk": {}, "quantization": None}
        server.engine.create_collection("c", vectors_config={})
        with RemoteVectorIndex(QdrantServer(server.url, "key", 0), collection="c").open() as session:
            assert session.layout_state() == LayoutState({}, nodes=2, replicas=1)


def test_there_is_nothing_to_compare_before_there_is_a_collection(server: LittleQdrant) -> None:
    with index(server, ALL).open() as session:
        assert session.layout_state() is None


def test_a_key_that_may_not_change_a_layout_is_told_so(server: LittleQdrant) -> None:
    ensured(server, None)
    server.keys = {"reader": "r"}
    reader = RemoteVectorIndex(QdrantServer(server.url, "reader", 0), collection="c", layout=ALL)
    with reader.open() as session, pytest.raises(MuseumError, match=r"refused changing c: .*QDRANT_API_KEY"):
        session.ensure_collection({})


@pytest.mark.parametrize("grpc", [True, False])
def test_a_search_says_its_effort_and_ranks_by_whole_vectors(server: LittleQdrant, grpc: bool) -> None:
    for layout, effort, oversampling in ((ALL, 128, 2), (CollectionLayout(quantization="int8"), None, None)):
        with index(server, layout, grpc=grpc).open() as session:
            session.ensure_collection(VECTORS)
            session.search("image_clip", unit(0), 5)
        if grpc:
            asked = server.said["grpc QueryBatch"].query_points[0].params
            assert asked.quantization.rescore
            assert (asked.hnsw_ef or None, asked.quantization.oversampling or None) == (effort, oversampling)
        else:
            quantization = given({"rescore": True, "oversampling": oversampling})
            assert given(server.said["POST /points/query/batch"]["searches"][0]["params"]) == given(
                {"hnsw_ef": effort, "quantization": quantization}
            )


@pytest.mark.parametrize("grpc", [False, True])
def test_a_given_server_takes_every_part_of_a_layout_and_tells_it_again(grpc: bool) -> None:
    given = given_qdrant(grpc=grpc)
    name, asked = "test_layout", ALL.model_copy(update={"replicas": 1, "write_consistency": 1})
    client = QdrantClient(url=given.url)
    client.delete_collection(name)
    try:
        for layout in (asked.model_copy(update={"m": 8, "on_disk": False}), asked):
            with RemoteVectorIndex(given, collection=name, layout=layout).open() as session:
                session.ensure_collection(VECTORS)
                session.ensure_collection({"text_toy": 4})
                session.search("image_clip", unit(0), 5)
                state = session.layout_state()
            assert state
            assert state.differences == {}
    finally:
        client.delete_collection(name)
