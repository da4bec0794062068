"""An open collection of a Qdrant server."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from museum_assets.core.collection_layout import CollectionLayout
from museum_assets.core.failures import MuseumError, Unavailable
from resources.vector_index import messages, searching
from resources.vector_index.index import Hit, PointRecord, Search, SearchFilter, Vectors, contract_field, indexed_fields
from resources.vector_index.layout import LayoutState, changes, creation, search_params, state
from resources.vector_index.qdrant_failures import Intent, patiently
from resources.vector_index.qdrant_server import TIMEOUT, QdrantServer
from resources.vector_index.searching import filter_of
from resources.vector_index.session import WRITE_BATCH, VectorSession

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

T = TypeVar("T")
BUILT_EVERY = 0.25
BUILT_WITHIN = 3600.0
"""A server that is not ready by then is slow to answer, and right: nobody has to wait longer for that."""
PARALLEL = 4
"""Requests of one write that are on their way at once: the next is made while the server works at those before."""


class RemoteSession(VectorSession):
    """A connection. Every write waits until the server has it on disk (`wait`, the client's default).

    The collection itself is asked for and made over REST, so that QDRANT_URL alone decides where that is. Its points
    go to the client that `points` returns, by default the same one; another one speaks gRPC.
    """

    vector_batch = 250
    """As many as whole points: a write of 1,000 vectors is four requests, which are made in parallel."""

    def __init__(
        self,
        rest: QdrantClient,
        server: QdrantServer,
        collection: str,
        points: Callable[[], QdrantClient] | None = None,
        *,
        parallel: int = PARALLEL,
        sizes: dict[str, int] | None = None,
        layout: CollectionLayout | None = None,
    ) -> None:
        """Make the session. `sizes` are dimensions that a session before it was told, which never change."""
        self._rest = rest
        self._server = server
        self._collection = collection
        self._points_client = points or (lambda: rest)
        self._parallel = parallel
        self._sizes = {} if sizes is None else sizes
        self._layout = layout or CollectionLayout()

    @cached_property
    def _points(self) -> QdrantClient:
        return self._points_client()

    @cached_property
    def vectors(self) -> Vectors:
        """The vectors of the collection as the server tells them."""
        if not self.exists:
            return {}
        found = self._call("read", self._rest.get_collection).config.params.vectors
        # A collection of somebody else's may have one vector without a name, which is none of ours.
        return {name: params.size for name, params in found.items()} if isinstance(found, dict) else {}

    def dimension_of(self, name: str) -> int:
        """Return a vector's dimension, asked for once: two requests cost as much as 60 vectors."""
        if name not in self._sizes:
            self._sizes[name] = super().dimension_of(name)
        return self._sizes[name]

    @property
    def exists(self) -> bool:
        """Whether the server has a collection of this name."""
        return bool(self._call("read", self._rest.collection_exists))

    def ensure_collection(self, vectors: Vectors, *, released: bool = False) -> None:
        """Create the collection, its vectors and its payload indexes where missing, and give it its layout."""
        from qdrant_client import models

        if not self.exists:
            self._call("make", self._rest.create_collection, **creation(self._layout, vectors))
        for name, size in self.missing_vectors(vectors).items():
            dense = models.DenseVectorConfig(size=size, distance=models.Distance.COSINE)
            config = models.DenseVectorNameConfig(dense=dense)
            self._call("write", self._rest.create_vector_name, vector_name=name, vector_name_config=config)
        self.__dict__.pop("vectors", None)
        info = self._call("read", self._rest.get_collection)
        if asked := changes(self._layout, info):
            self._call("change", self._rest.update_collection, **asked)
        schema = info.payload_schema
        fields = indexed_fields(vectors, released=released)
        for name in fields.keys() - schema.keys():
            kind = models.PayloadSchemaType(fields[name])
            self._call("write", self._rest.create_payload_index, field_name=name, field_schema=kind)

    def layout_state(self) -> LayoutState | None:
        """Compare the collection with the layout asked for; None where there is none yet."""
        if not self.exists:
            return None
        info = self._call("read", self._rest.get_collection)
        cluster = self._call("read", self._rest.collection_cluster_info)
        return state(self._layout, info, cluster, self._peers())

    def _peers(self) -> set[int]:
        """Return the cluster's nodes, or none: a key for collections alone may not ask, and a proxy may not answer."""
        try:
            found = patiently(self._server.attempt(self._collection, "read"), self._rest.cluster_status)
        except Unavailable:
            raise
        except MuseumError:
            return set()
        return {int(peer) for peer in getattr(found, "peers", {})}

    def existing(self, ids: Sequence[str]) -> set[str]:
        """Return which of these ids have a point."""
        if not self._over_grpc:
            return super().existing(ids)
        requests = messages.get_points(self._collection, ids)
        answers = [self._send("read", self._points.grpc_points.Get, request) for request in requests]
        return {point.id.uuid for answer in answers for point in answer.result}

    def set_where(self, where: SearchFilter, key: str, value: int) -> None:
        """Set a payload key of every point that matches."""
        self._call("write", self._points.set_payload, payload={key: value}, points=filter_of(where))

    def delete_points(self, ids: Sequence[str]) -> None:
        """Remove these points."""
        if ids:
            self._call("write", self._points.delete, points_selector=list(ids))

    def count(self, where: SearchFilter | None = None) -> int:
        """Count exactly the points that match."""
        return self._call("read", self._points.count, count_filter=filter_of(where or SearchFilter()), exact=True).count

    def optimise(self) -> None:
        """Do nothing: a server builds its graphs by itself, in the background."""

    def wait_until_built(self) -> float:
        """Wait until the server has no graph to build, at most BUILT_WITHIN seconds; return how many.

        Until then it compares each question with every new vector. Raises Unavailable when the server stops answering.
        """
        from qdrant_client.models import CollectionStatus

        begun, still = time.monotonic(), 0
        # It says so a moment after the write that made the work: twice in a row it has none.
        while still < 2 and time.monotonic() < begun + BUILT_WITHIN:
            time.sleep(BUILT_EVERY)
            built = self._call("read", self._rest.get_collection).status == CollectionStatus.GREEN
            still = still + 1 if built else 0
        return time.monotonic() - begun

    def _write(self, writes: Sequence[Callable[[], None]]) -> None:
        """Make these writes, some at a time. When one fails, those that were not begun are left."""
        if len(writes) < 2 or self._parallel < 2:
            super()._write(writes)
            return
        self._points  # noqa: B018 - which server that is, is asked once and not by every thread
        with ThreadPoolExecutor(self._parallel, "qdrant") as threads:
            sent = [threads.submit(write) for write in writes]
            for waiting in wait(sent, return_when=FIRST_EXCEPTION).not_done:
                waiting.cancel()
        for each in sent:
            if not each.cancelled():
                each.result()

    @property
    def _over_grpc(self) -> bool:
        return self._points is not self._rest

    def _put(self, records: Sequence[PointRecord]) -> None:
        from qdrant_client import models

        if self._over_grpc:
            request = messages.put_points(self._collection, records)
            self._send("write", self._points.grpc_points.Upsert, request)
            return
        new = [
            models.PointStruct(id=r.id, vector={n: v.tolist() for n, v in r.vectors.items()}, payload=r.payload)
            for r in records
        ]
        self._call("write", self._points.upsert, points=new)

    def _delete_where(self, where: SearchFilter) -> None:
        self._call("write", self._points.delete, points_selector=filter_of(where))

    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[PointRecord], Any]:
        points, following = self._call(
            "read",
            self._points.scroll,
            scroll_filter=filter_of(where),
            limit=WRITE_BATCH,
            offset=offset,
            with_payload=with_payload,
        )
        return [PointRecord(str(point.id), point.payload or {}) for point in points], following

    def _insert(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_client import models

        if points:
            new = [models.PointStruct(id=id_, vector={}, payload=payload) for id_, payload in points]
            self._call("write", self._points.upsert, points=new)

    def _merge(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_client import models

        if points:
            operations = [
                models.SetPayloadOperation(set_payload=models.SetPayload(payload=payload, points=[id_]))
                for id_, payload in points
            ]
            self._call("write", self._points.batch_update_points, update_operations=operations)

    def _replace_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32], contract: str) -> None:
        from qdrant_client import models

        if self._over_grpc:
            request = messages.replace_vectors(self._collection, name, ids, vectors, contract)
            self._send("write", self._points.grpc_points.UpdateBatch, request)
            return
        key, points = contract_field(name), list(ids)
        rows = zip(ids, vectors.tolist(), strict=True)
        replaced = [models.PointVectors(id=id_, vector={name: row}) for id_, row in rows]
        operations: list[models.UpdateOperation] = [
            models.DeletePayloadOperation(delete_payload=models.DeletePayload(keys=[key], points=points)),
            models.UpdateVectorsOperation(update_vectors=models.UpdateVectors(points=replaced)),
            models.SetPayloadOperation(set_payload=models.SetPayload(payload={key: contract}, points=points)),
        ]
        self._call("write", self._points.batch_update_points, update_operations=operations)

    def _drop_key(self, ids: Sequence[str], key: str) -> None:
        self._call("write", self._points.delete_payload, keys=[key], points=list(ids))

    def _drop_vectors(self, name: str, ids: Sequence[str]) -> None:
        self._call("write", self._points.delete_vectors, vectors=[name], points=list(ids))

    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[PointRecord]:
        found = self._call(
            "read", self._points.retrieve, ids=list(ids), with_payload=with_payload, with_vectors=with_vectors
        )
        return [PointRecord(str(point.id), point.payload or {}, _arrays(point.vector)) for point in found]

    def _search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        params = search_params(self._layout)
        if self._over_grpc:
            request = searching.batch(self._collection, searches, params)
            return searching.hits(self._send("read", self._points.grpc_points.QueryBatch, request))
        requests = searching.requests(searches, params)
        answers = self._call("read", self._points.query_batch_points, requests=requests)
        return [[Hit(str(p.id), p.score, p.payload or {}) for p in answer.points] for answer in answers]

    def _call(self, intent: Intent, method: Callable[..., T], **arguments: Any) -> T:
        attempt = self._server.attempt(self._collection, intent)
        return patiently(attempt, partial(method, collection_name=self._collection, **arguments))

    def _send(self, intent: Intent, method: Callable[..., Any], request: Any) -> Any:
        """Send a message of gRPC, and return the one that answers it."""
        return patiently(self._server.attempt(self._collection, intent), partial(method, request, timeout=TIMEOUT))


def _arrays(vectors: Any) -> dict[str, NDArray[np.float32]]:
    return {name: np.asarray(values, np.float32) for name, values in (vectors or {}).items()}
