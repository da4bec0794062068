"""The vector index on a Qdrant server or cluster."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from museum_assets.core.collection_layout import CollectionLayout
from resources.vector_index.index import COLLECTION
from resources.vector_index.qdrant_server import Points, QdrantServer
from resources.vector_index.remote_session import RemoteSession
from resources.vector_index.session import VectorSession

if TYPE_CHECKING:
    from qdrant_client import QdrantClient


class RemoteVectorIndex:
    """A collection of a Qdrant server; any number of processes may use it at once.

    Its connections stay open for the next session: to make them takes 25 ms of CPU, 64 vectors take 2.
    """

    def __init__(
        self,
        server: QdrantServer,
        *,
        collection: str = COLLECTION,
        client: QdrantClient | None = None,
        layout: CollectionLayout | None = None,
    ) -> None:
        self.server = server
        self.collection = collection
        self._client = client
        self._layout = layout
        self._points = Points(server, collection)
        self._sizes: dict[str, int] = {}
        self._open = ExitStack()
        weakref.finalize(self, self._open.close)

    @contextmanager
    def open(self) -> Iterator[VectorSession]:
        """Connect, or use the client given. Raises Unavailable, SlowDown or MuseumError naming the address."""
        if self._client is not None:
            # The client in memory is made for one thread.
            yield RemoteSession(self._client, self.server, self.collection, parallel=1, layout=self._layout)
            return
        rest = self._rest
        grpc = rest if self.server.port is None else self._grpc
        points = (lambda: self._points.client(rest, grpc)) if grpc is not rest else None
        yield RemoteSession(rest, self.server, self.collection, points, sizes=self._sizes, layout=self._layout)

    @cached_property
    def _rest(self) -> QdrantClient:
        return self._open.enter_context(self.server.client())

    @cached_property
    def _grpc(self) -> QdrantClient:
        return self._open.enter_context(self.server.client(grpc=True))
