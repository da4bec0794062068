"""Readers of a server's collection: asked once which vectors it has, and told when it is gone."""

from __future__ import annotations

import pytest

from museum_assets.core.failures import Unavailable
from resources.vector_index.index import Search
from resources.vector_index.qdrant_server import QdrantServer
from resources.vector_index.readers import ServerReaders
from resources.vector_index.remote import RemoteVectorIndex
from tests.support.little_qdrant import little_qdrant
from tests.support.vector_indexes import VECTORS, unit

pytestmark = pytest.mark.slow
SEARCH = Search("image_clip", unit(0), 3)
NOW = {"smk": 1}


def test_which_vectors_there_are_is_asked_once_for_the_same_releases():
    with little_qdrant() as server:
        index = RemoteVectorIndex(QdrantServer(server.url, grpc_port=server.grpc_port))
        with index.open() as session:
            session.ensure_collection(VECTORS)
        readers = ServerReaders(index)
        with readers.open(NOW) as session:
            session.search_all([SEARCH])
        server.asked.clear()
        with readers.open(NOW) as session:
            assert set(session.vectors) == set(VECTORS)
            assert session.search_all([SEARCH]) == [[]]
        assert server.asked == ["grpc QueryBatch"]
        with readers.open({"smk": 2}) as session:
            assert set(session.vectors) == set(VECTORS)
        assert len(server.asked) > 1


def test_a_collection_that_is_gone_can_be_had_again_later():
    with little_qdrant() as server:
        index = RemoteVectorIndex(QdrantServer(server.url, grpc_port=server.grpc_port))
        readers = ServerReaders(index)
        with readers.open(NOW) as session:
            assert session.vectors == {}
        with index.open() as session:
            session.ensure_collection(VECTORS)
        with readers.open(NOW) as session:
            session.search_all([SEARCH])
        server.engine.delete_collection(index.collection)
        with readers.open(NOW) as session, pytest.raises(Unavailable, match="not found") as gone:
            session.search_all([SEARCH])
        assert gone.value.code == "index_gone"
