"""What a server refuses is told with what was refused, by whom, and what helps."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from museum_assets.core.failures import MuseumError, SlowDown, Unavailable
from resources.vector_index.index import COLLECTION
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.remote import RemoteVectorIndex
from tests.support.certificates import Authority
from tests.support.little_qdrant import little_qdrant
from tests.support.scripted_server import ScriptedServer, answer
from tests.support.vector_indexes import POINT

# The client in memory keeps no payload indexes, and warns.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect")


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        ("UNAVAILABLE", "Unavailable", "QDRANT_URL"),
        ("503", "Unavailable", "QDRANT_URL"),
        ("INTERNAL", "Unavailable", "QDRANT_URL"),
        ("500", "Unavailable", "QDRANT_URL"),
        ("RESOURCE_EXHAUSTED", "SlowDown", "later"),
        ("UNAUTHENTICATED", "MuseumError", "QDRANT_API_KEY"),
        ("403", "MuseumError", "QDRANT_API_KEY"),
        ("NOT_FOUND", "MuseumError", "ensure_collection"),
        ("INVALID_ARGUMENT", "RequestRefused", f"Was {COLLECTION} made by this platform"),
        ("UNIMPLEMENTED", "MuseumError", "new enough"),
    ],
)
def test_a_server_error_names_the_address_and_what_to_do(code: str, kind: str, says: str) -> None:
    error = QdrantServer("https://user:secret@qdrant.example:7777").attempt(COLLECTION, "write").failure(code, "text")
    assert type(error).__name__ == kind
    assert says in str(error)
    assert "https://qdrant.example:7777" in str(error)
    assert "secret" not in str(error)


def test_a_server_that_is_not_there_is_unavailable_in_words() -> None:
    with (
        RemoteVectorIndex(QdrantServer("http://127.0.0.1:9")).open() as session,
        pytest.raises(Unavailable, match=r"^Qdrant at http://127\.0\.0\.1:9 cannot be reached: Connection refused\."),
    ):
        session.count()


@pytest.mark.parametrize("grpc", [True, False])
def test_a_key_that_may_not_is_told_what_it_lacks(grpc: bool) -> None:
    with little_qdrant(keys={"writer": "rw", "reader": "r"}) as server:
        port = server.grpc_port if grpc else 0
        with RemoteVectorIndex(QdrantServer(server.url, "reader", port)).open() as session:
            assert not session.exists
            with pytest.raises(MuseumError, match=r"refused making .*Set QDRANT_API_KEY to a key that may make coll"):
                session.ensure_collection({})
        with RemoteVectorIndex(QdrantServer(server.url, "writer", port)).open() as session:
            session.ensure_collection({})
            session.upsert_points([POINT])
        with RemoteVectorIndex(QdrantServer(server.url, "reader", port)).open() as session:
            assert session.count() == 1
            with pytest.raises(MuseumError, match=rf"refused writing to {COLLECTION}.*a read-only key is not enough"):
                session.upsert_points([POINT])
        for key in ("wrong", None):
            with (
                RemoteVectorIndex(QdrantServer(server.url, key, port)).open() as session,
                pytest.raises(MuseumError, match=rf"refused reading {COLLECTION}.*a read-only key is enough"),
            ):
                session.count()


def test_a_server_that_is_none_of_qdrant_is_called_that() -> None:
    with closing(ScriptedServer()) as server:
        server.scripts[f"/collections/{COLLECTION}/exists"] = [answer(b"<html>hello</html>", kind="text/html")]
        with (
            RemoteVectorIndex(QdrantServer(server.base)).open() as session,
            pytest.raises(MuseumError, match=r"so it is no Qdrant server") as found,
        ):
            assert session.exists
        assert "json" not in str(found.value).lower()


def test_an_overloaded_server_says_when_to_come_back() -> None:
    busy = answer(b'{"status": {"error": "Rate limit exceeded"}}', 429, Retry_After="7")
    with closing(ScriptedServer()) as server:
        server.scripts[f"/collections/{COLLECTION}/exists"] = [busy]
        with RemoteVectorIndex(QdrantServer(server.base)).open() as session, pytest.raises(SlowDown) as found:
            assert session.exists
    assert found.value.retry_after == 7


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate authority, and a certificate for 127.0.0.1 that it signed."""
    made = Authority(tmp_path_factory.mktemp("authority"))
    made.certificate("server")
    return made.folder


@pytest.mark.parametrize("grpc", [True, False])
def test_a_certificate_of_a_private_authority_is_trusted_once_it_is_named(authority: Path, grpc: bool) -> None:
    with little_qdrant((authority / "server.crt", authority / "server.key")) as server:
        port = server.grpc_port if grpc else 0
        trusting = QdrantServer(server.url, "key", port, authority / "authority.pem")
        with RemoteVectorIndex(trusting).open() as session:
            session.ensure_collection({})
            session.upsert_points([POINT])
            assert session.count() == 1
        assert ("grpc Upsert" in server.asked) == grpc
        server.asked.clear()
        with (
            RemoteVectorIndex(QdrantServer(server.url, "key", port)).open() as session,
            pytest.raises(MuseumError, match=r"Set QDRANT_CA to the file of the authority"),
        ):
            session.ensure_collection({})
        assert server.asked == []


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_a_file_of_authorities_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_bytes(content)
    index = RemoteVectorIndex(QdrantServer("https://127.0.0.1:9", ca=file))
    with pytest.raises(MuseumError, match=rf"QDRANT_CA names {file}, which is no file of certificates"), index.open():
        pass
