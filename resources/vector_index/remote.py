"""The vector index on a Qdrant server or cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from resources.vector_index.index import COLLECTION, Hit, PointRecord, SearchFilter, Vectors, indexed_fields
from resources.vector_index.qdrant_failures import Intent, patiently
from resources.vector_index.qdrant_server import Points, QdrantServer
from resources.vector_index.session import WRITE_BATCH, VectorSession

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

T = TypeVar("T")


class RemoteVectorIndex:
    """A collection of a Qdrant server; any number of processes may use it at once."""

    def __init__(
        self, server: QdrantServer, *, collection: str = COLLECTION, client: QdrantClient | None = None
    ) -> None:
        self.server = server
        self.collection = collection
        self._client = client
        self._points = Points(server, collection)

    @contextmanager
    def open(self) -> Iterator[VectorSession]:
        """Connect, or use the client given. Raises Unavailable, SlowDown or MuseumError naming the address."""
        if self._client is not None:
            yield RemoteSession(self._client, self.server, self.collection)
            return
        with ExitStack() as clients:
            rest = clients.enter_context(self.server.client())
            if self.server.port is None:
                yield RemoteSession(rest, self.server, self.collection)
                return
            grpc = clients.enter_context(self.server.client(grpc=True))
            yield RemoteSession(rest, self.server, self.collection, lambda: self._points.client(rest, grpc))


class RemoteSession(VectorSession):
    """A connection. Every write waits until the server has it on disk (`wait`, the client's default).

    The collection itself is asked for and made over REST, so that QDRANT_URL alone decides where that is. Its points
    go to the client that `points` returns, by default the same one.
    """

    def __init__(
        self,
        rest: QdrantClient,
        server: QdrantServer,
        collection: str,
        points: Callable[[], QdrantClient] | None = None,
    ) -> None:
        self._rest = rest
        self._server = server
        self._collection = collection
        self._points_client = points or (lambda: rest)

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

    @property
    def exists(self) -> bool:
        """Whether the server has a collection of this name."""
        return bool(self._call("read", self._rest.collection_exists))

    def ensure_collection(self, vectors: Vectors, *, released: bool = False) -> None:
        """Create the collection, its vectors and its payload indexes where missing."""
        from qdrant_client import models

        if not self.exists:
            sizes = {
                name: models.VectorParams(size=size, distance=models.Distance.COSINE) for name, size in vectors.items()
            }
            self._call("make", self._rest.create_collection, vectors_config=sizes)
        for name, size in self.missing_vectors(vectors).items():
            dense = models.DenseVectorConfig(size=size, distance=models.Distance.COSINE)
            config = models.DenseVectorNameConfig(dense=dense)
            self._call("write", self._rest.create_vector_name, vector_name=name, vector_name_config=config)
        self.__dict__.pop("vectors", None)
        schema = self._call("read", self._rest.get_collection).payload_schema
        fields = indexed_fields(vectors, released=released)
        for name in fields.keys() - schema.keys():
            kind = models.PayloadSchemaType(fields[name])
            self._call("write", self._rest.create_payload_index, field_name=name, field_schema=kind)

    def set_where(self, where: SearchFilter, key: str, value: int) -> None:
        """Set a payload key of every point that matches."""
        self._call("write", self._points.set_payload, payload={key: value}, points=_filter(where))

    def delete_points(self, ids: Sequence[str]) -> None:
        """Remove these points."""
        if ids:
            self._call("write", self._points.delete, points_selector=list(ids))

    def count(self, where: SearchFilter | None = None) -> int:
        """Count exactly the points that match."""
        return self._call("read", self._points.count, count_filter=_filter(where or SearchFilter()), exact=True).count

    def optimise(self) -> None:
        """Do nothing: a server builds its graphs by itself, in the background."""

    def _put(self, records: Sequence[PointRecord]) -> None:
        from qdrant_client import models

        new = [
            models.PointStruct(id=r.id, vector={n: v.tolist() for n, v in r.vectors.items()}, payload=r.payload)
            for r in records
        ]
        self._call("write", self._points.upsert, points=new)

    def _delete_where(self, where: SearchFilter) -> None:
        self._call("write", self._points.delete, points_selector=_filter(where))

    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[PointRecord], Any]:
        points, following = self._call(
            "read",
            self._points.scroll,
            scroll_filter=_filter(where),
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

    def _set_key(self, ids: Sequence[str], key: str, value: str) -> None:
        self._call("write", self._points.set_payload, payload={key: value}, points=list(ids))

    def _drop_key(self, ids: Sequence[str], key: str) -> None:
        self._call("write", self._points.delete_payload, keys=[key], points=list(ids))

    def _write_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        from qdrant_client import models

        rows = zip(ids, vectors.tolist(), strict=True)
        self._call(
            "write",
            self._points.update_vectors,
            points=[models.PointVectors(id=id_, vector={name: row}) for id_, row in rows],
        )

    def _drop_vectors(self, name: str, ids: Sequence[str]) -> None:
        self._call("write", self._points.delete_vectors, vectors=[name], points=list(ids))

    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[PointRecord]:
        found = self._call(
            "read", self._points.retrieve, ids=list(ids), with_payload=with_payload, with_vectors=with_vectors
        )
        return [PointRecord(str(point.id), point.payload or {}, _arrays(point.vector)) for point in found]

    def _search(
        self, name: str, vector: NDArray[np.float32], limit: int, where: SearchFilter, exclude: Sequence[str]
    ) -> list[Hit]:
        answer = self._call(
            "read",
            self._points.query_points,
            query=vector.tolist(),
            using=name,
            limit=limit,
            query_filter=_filter(where, exclude),
        )
        return [Hit(str(point.id), point.score, point.payload or {}) for point in answer.points]

    def _call(self, intent: Intent, method: Callable[..., T], **arguments: Any) -> T:
        attempt = self._server.attempt(self._collection, intent)
        return patiently(attempt, partial(method, collection_name=self._collection, **arguments))


def _filter(where: SearchFilter, exclude: Sequence[str] = ()) -> models.Filter:
    from qdrant_client import models

    must: list[models.Condition] = [
        models.FieldCondition(key=key, match=models.MatchAny(any=list(words)))
        for key, words in where.keywords().items()
    ]
    must += [
        models.FieldCondition(key=key, range=models.Range(gte=low, lte=high))
        for key, (low, high) in where.ranges().items()
    ]
    if where.vector_present is not None:
        must.append(models.HasVectorCondition(has_vector=where.vector_present))
    if (shown := where.shown()) is not None:
        # An empty `should` would match everything.
        must.append(models.Filter(should=[_filter(release) for release in shown] or [models.HasIdCondition(has_id=[])]))
    return models.Filter(must=must, must_not=[models.HasIdCondition(has_id=list(exclude))] if exclude else [])


def _arrays(vectors: Any) -> dict[str, NDArray[np.float32]]:
    return {name: np.asarray(values, np.float32) for name, values in (vectors or {}).items()}
