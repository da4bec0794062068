"""The vector index on a server alone: which server that is, and that gRPC leads to no other."""

from __future__ import annotations

import socket
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from qdrant_client import QdrantClient

from museum_assets.core.failures import MuseumError, Unavailable
from museum_assets.core.settings import Settings
from resources.embedded.s3 import free_port
from resources.platform import Platform
from resources.vector_index import qdrant_server
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from resources.vector_index.session import VectorSession
from tests.support.little_qdrant import LittleQdrant, little_qdrant
from tests.support.vector_indexes import POINT

# The client in memory keeps no payload indexes, and warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Payload indexes have no effect")]


def write(session: VectorSession) -> None:
    session.ensure_collection({"image_clip": 768})
    session.upsert_points([POINT])
    assert session.count() == 1


@contextmanager
def listener(port: int) -> Iterator[Callable[[], int]]:
    """Listen, and say how many connections came."""
    came: list[socket.socket] = []
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("127.0.0.1", port))
        except OSError:
            pytest.skip(f"something else listens at {port}")
        server.listen()

        def accept() -> None:
            while True:
                try:
                    came.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield lambda: len(came)
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in came:
        connection.close()


def test_the_place_of_a_server_holds_no_credentials() -> None:
    chosen = Platform(Settings(qdrant_url="https://qdrant.example:6334/base"))
    expected = f"https://qdrant.example:6334/base/{chosen.settings.qdrant_collection}"
    assert chosen.vector_place() == expected
    secret = chosen.with_settings(qdrant_url="https://u:s3cret@qdrant.example:6334/base?api_key=s3cret")
    assert secret.vector_place() == expected


@pytest.mark.parametrize(
    ("url", "given", "port"),
    [
        ("http://localhost:6333", None, 6334),
        ("https://qdrant.example:6333/", None, 6334),
        ("http://localhost:7777", None, None),
        ("https://qdrant.example", None, None),
        ("https://proxy.example:6333/qdrant", None, None),
        ("https://proxy.example/qdrant", 8443, 8443),
        ("http://localhost:7777", 7778, 7778),
        ("http://localhost:6333", 0, None),
    ],
)
def test_the_address_decides_whether_grpc_is_spoken(url: str, given: int | None, port: int | None) -> None:
    index = Platform(Settings(qdrant_url=url, qdrant_grpc_port=given)).vector_index()
    assert isinstance(index, RemoteVectorIndex)
    assert index.server.port == port


def test_a_listener_at_6334_gets_no_connection_when_the_address_names_another_port() -> None:
    platform = Platform(Settings(qdrant_url=f"http://127.0.0.1:{free_port()}"))
    with listener(6334) as came:
        for index in (platform.vector_index(), platform.production_index()):
            with index.open() as session, pytest.raises(Unavailable, match=r"http://127\.0\.0\.1.*QDRANT_URL"):
                session.ensure_collection({})
            with index.open() as session, pytest.raises(Unavailable):
                session.upsert_points([POINT])
        with little_qdrant() as server, RemoteVectorIndex(QdrantServer(server.url)).open() as session:
            write(session)
        assert came() == 0


def test_a_path_of_a_proxy_is_kept_and_everything_goes_over_rest() -> None:
    with little_qdrant(prefix="/qdrant") as server:
        with RemoteVectorIndex(QdrantServer(server.url)).open() as session:
            write(session)
        assert {each.split()[1].split("/")[1] for each in server.asked} == {"qdrant"}
        with (
            RemoteVectorIndex(QdrantServer(server.url.removesuffix("/qdrant"))).open() as session,
            pytest.raises(MuseumError, match=r"404 Not Found, so it is no Qdrant server\. Check that QDRANT_URL"),
        ):
            session.count()


@pytest.mark.parametrize("open_", [True, False])
def test_qdrants_own_port_for_grpc_is_used_where_it_is_open(monkeypatch: pytest.MonkeyPatch, open_: bool) -> None:
    with little_qdrant() as server:
        monkeypatch.setattr(qdrant_server, "REST_PORT", server.rest_port)
        monkeypatch.setattr(qdrant_server, "GRPC_PORT", server.grpc_port if open_ else free_port())
        with RemoteVectorIndex(QdrantServer(server.url)).open() as session:
            write(session)
        assert ("grpc Upsert" in server.asked) == open_


def test_a_port_that_is_set_is_not_given_up_for_rest() -> None:
    with little_qdrant() as server:
        closed = free_port()
        with RemoteVectorIndex(QdrantServer(server.url, grpc_port=closed)).open() as session:
            session.ensure_collection({})
            with pytest.raises(Unavailable, match=rf"127\.0\.0\.1:{closed} \(gRPC\).*QDRANT_GRPC_PORT"):
                session.upsert_points([POINT])


@pytest.mark.parametrize("same_collections", [True, False])
def test_another_server_at_the_port_for_grpc_is_told_apart_before_the_first_write(same_collections: bool) -> None:
    with little_qdrant() as meant, little_qdrant(peer=1368157976925539) as other:
        if same_collections:
            with RemoteVectorIndex(QdrantServer(other.url)).open() as session:
                session.ensure_collection({"image_clip": 768})
        other.asked.clear()
        with RemoteVectorIndex(QdrantServer(meant.url, grpc_port=other.grpc_port)).open() as session:
            session.ensure_collection({"image_clip": 768})
            with pytest.raises(MuseumError, match=r"are not the same server.*QDRANT_GRPC_PORT"):
                session.upsert_points([POINT])
        assert set(other.asked) <= {"grpc CollectionExists", "grpc CollectionClusterInfo"}


def test_two_nodes_of_a_cluster_are_the_same_server() -> None:
    engine = QdrantClient(":memory:")
    with (
        little_qdrant(engine=engine, peer=1, other_peers=(2, 3)) as one,
        little_qdrant(engine=engine, peer=2, other_peers=(1, 3)) as two,
        RemoteVectorIndex(QdrantServer(one.url, grpc_port=two.grpc_port)).open() as session,
    ):
        write(session)


def test_the_servers_are_compared_once_and_not_for_every_batch() -> None:
    with little_qdrant() as server:
        index = RemoteVectorIndex(QdrantServer(server.url, grpc_port=server.grpc_port))
        for _ in range(3):
            with index.open() as session:
                write(session)
        assert server.asked.count("grpc CollectionClusterInfo") == 1


@pytest.mark.parametrize("grpc", [True, False])
def test_a_key_reaches_the_server_and_nothing_is_warned_of(grpc: bool) -> None:
    with little_qdrant(keys={"planted": "rw"}) as server, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        given = QdrantServer(server.url, "planted", server.grpc_port if grpc else 0)
        with RemoteVectorIndex(given).open() as session:
            write(session)
        assert "planted" not in repr(given)
    # The engine behind the little server has warnings of its own.
    assert [each for each in caught if "Payload indexes" not in str(each.message)] == []


def _asked(server: LittleQdrant, word: str) -> int:
    return sum(word in each for each in server.asked)


@pytest.mark.parametrize("grpc", [True, False])
def test_a_node_that_is_down_is_an_outage_which_is_waited_for(grpc: bool) -> None:
    with little_qdrant() as server:
        index = RemoteVectorIndex(QdrantServer(server.url, grpc_port=server.grpc_port if grpc else 0))
        with index.open() as session:
            session.ensure_collection({"image_clip": 768})
            server.failing = ("INTERNAL", "Service internal error: Failed to connect to http://10.0.0.2:6335/")
            server.asked.clear()
            with pytest.raises(Unavailable, match=r"Failed to connect to .*:6335.*every node.*run this again") as found:
                session.upsert_points([POINT])
            assert "new enough" not in str(found.value)
            assert not found.value.permanent
            assert _asked(server, "grpc Get" if grpc else "POST /collections") == 4
            server.failing = None
            write(session)
