"""A real Qdrant that is killed, lets nobody in, only reads, or shows an old certificate; and a cluster's lost node."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from museum_assets.core.collection_layout import CollectionLayout
from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.loop.stage import Options
from museum_assets.simulator.server import Running
from resources.platform import Platform
from resources.vector_index.index import point_id
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from resources.vector_index.session import VectorSession
from tests.servers import qdrant
from tests.servers.plugin import Servers
from tests.servers.process import Missing, ServerProcess
from tests.servers.qdrant import QdrantPorts
from tests.support import whole_pipeline
from tests.support.clock import wait_until
from tests.support.index_payload import payload
from tests.support.vector_indexes import MODEL, unit

KEYS = {"QDRANT__SERVICE__API_KEY": "writes", "QDRANT__SERVICE__READ_ONLY_API_KEY": "reads"}
VECTORS = {"image_clip": 768}
WORKS = 200


def started(folder: Path, options: dict[str, str]) -> tuple[ServerProcess, QdrantPorts]:
    try:
        found = qdrant.qdrant(folder, options=options)
    except Missing as why:
        pytest.skip(str(why))
    found[0].start()
    return found


@pytest.fixture
def locked(servers: Servers, tmp_path: Path) -> Iterator[tuple[ServerProcess, QdrantPorts]]:
    """A server of the test's own with two keys."""
    server, ports = started(tmp_path, KEYS)
    yield server, ports
    server.stop()


@pytest.fixture(params=["REST", "gRPC"])
def ready(
    request: pytest.FixtureRequest, locked: tuple[ServerProcess, QdrantPorts], platform: Platform, simulator: Running
) -> tuple[Platform, ServerProcess]:
    """SMK, ready for the index, over either transport."""
    server, ports = locked
    given = platform.with_settings(
        qdrant_url=f"http://127.0.0.1:{ports.rest}",
        qdrant_grpc_port=ports.grpc if request.param == "gRPC" else 0,
        qdrant_api_key=SecretStr("writes"),
    )
    whole_pipeline.gather(given, "smk")
    whole_pipeline.run(given, "smk", "transformed_artworks")
    return given, server


def test_it_is_killed_while_works_are_written_and_back(ready: tuple[Platform, ServerProcess]) -> None:
    platform, server = ready
    ended: list[str] = []

    def work() -> None:
        for _ in range(20):
            try:
                whole_pipeline.run(platform, "smk", "indexed_artworks", Options(force=True))
                ended.append("done")
            except Unavailable as error:
                ended.append(str(error))

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(3):
        server.kill()
        server.start()
    worker.join()
    assert "done" in ended
    assert all(each == "done" or "finished work is kept" in each for each in ended), ended
    counts = whole_pipeline.run(platform, "smk", "indexed_artworks")
    assert (counts.failed, counts.left) == (0, 0)
    with platform.vector_index().open() as session:
        assert session.count() == counts.inputs > 0


@pytest.mark.parametrize(
    "key, told", [("guessed", "refused reading .*QDRANT_API_KEY"), ("reads", "refused .*QDRANT_API_KEY")]
)
def test_a_wrong_key_and_one_that_only_reads(ready: tuple[Platform, ServerProcess], key: str, told: str) -> None:
    platform, _ = ready
    with pytest.raises(MuseumError, match=told) as caught:
        whole_pipeline.run(
            platform.with_settings(qdrant_api_key=SecretStr(key)), "smk", "indexed_artworks", Options(force=True)
        )
    assert key not in str(caught.value).replace("read-only", "").replace("refused reading", "")
    assert whole_pipeline.run(platform, "smk", "indexed_artworks").failed == 0


def test_an_expired_certificate(servers: Servers, tmp_path: Path) -> None:
    both = str(servers.authority.certificate("qdrant-expired", expired=True))
    tls = {"QDRANT__SERVICE__ENABLE_TLS": "true", "QDRANT__TLS__CERT": both, "QDRANT__TLS__KEY": both}
    server, ports = started(tmp_path, tls)
    for grpc_port in (0, ports.grpc):
        given = QdrantServer(f"https://127.0.0.1:{ports.rest}", grpc_port=grpc_port, ca=servers.authority.file)
        told = pytest.raises(MuseumError, match=r"certificate has expired|CERTIFICATE_VERIFY_FAILED")
        with told, RemoteVectorIndex(given).open() as session:
            session.ensure_collection(VECTORS)
    server.stop()


@pytest.fixture
def nodes(servers: Servers, tmp_path: Path) -> Iterator[list[tuple[ServerProcess, QdrantPorts]]]:
    """A cluster of three."""
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    try:
        found = qdrant.cluster(folders)
    except Missing as why:
        pytest.skip(str(why))
    yield found
    for server, _ in found:
        server.stop()


def put(session: VectorSession, first: int) -> None:
    """Write works from this number on, each with a vector."""
    numbers = [f"KMS{number}" for number in range(first, first + WORKS)]
    ids = [point_id("smk", number) for number in numbers]
    session.upsert_points([(id_, payload("smk", number)) for id_, number in zip(ids, numbers, strict=True)])
    session.update_vectors("image_clip", ids, np.tile(unit(0), (WORKS, 1)), MODEL)


@pytest.mark.parametrize("grpc", [False, True])
def test_a_cluster_loses_a_node(nodes: list[tuple[ServerProcess, QdrantPorts]], grpc: bool) -> None:
    """With two copies of each shard everything goes on; with one it is an outage, waited for and told as one."""
    port = nodes[0][1]
    given = QdrantServer(f"http://127.0.0.1:{port.rest}", grpc_port=port.grpc if grpc else 0)
    layouts: dict[str, Any] = {
        "two": CollectionLayout(shards=6, replicas=2, write_consistency=1, quantization="int8"),
        "one": CollectionLayout(shards=6, replicas=1),
    }
    indexes = {name: RemoteVectorIndex(given, collection=name, layout=layout) for name, layout in layouts.items()}
    for index in indexes.values():
        with index.open() as session:
            session.ensure_collection(VECTORS)
            put(session, 0)
            state = session.layout_state()
            assert state
            assert (state.differences, state.nodes) == ({}, 3)
    lost = nodes[2][0]
    lost.kill()
    with indexes["two"].open() as session:
        put(session, WORKS)
        assert session.count() == 2 * WORKS
        assert len(session.search("image_clip", unit(0), 10)) == 10
    with indexes["one"].open() as session, pytest.raises(Unavailable, match=r"every node of it.*finished work is kept"):
        put(session, WORKS)
    lost.start()
    with indexes["one"].open() as session:
        put(session, WORKS)
        assert session.count() == 2 * WORKS
    with RemoteVectorIndex(given, collection="one", layout=CollectionLayout(replicas=2)).open() as session:
        session.ensure_collection(VECTORS)
        wait_until(lambda: copied(session, given), 0.5)


def copied(session: VectorSession, server: QdrantServer) -> bool:
    """Ask for the copies that the check names, and say whether every shard has two by now."""
    state = session.layout_state()
    assert state
    for copy in state.copies:
        # Refused while the copy before it is being made.
        httpx.post(f"{server.url}/collections/one/cluster", json={"replicate_shard": copy}, trust_env=False)
    return state.replicas == 2 and not state.differences
