"""The vector index on a Qdrant server or cluster, over gRPC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from museum_assets.failures import MuseumError, SlowDown, Unavailable
from resources.vector_index.index import (
    COLLECTION,
    VECTORS,
    WRITE_BATCH,
    Hit,
    Record,
    SearchFilter,
    VectorSession,
    indexed_fields,
)

if TYPE_CHECKING:
    from qdrant_client import QdrantClient, models

T = TypeVar("T")
TIMEOUT = 60
"""Seconds for one request: a write of 1,000 points waits until every replica has it."""

PATIENTLY = Retrying(
    retry=retry_if_exception_type((Unavailable, SlowDown)),
    stop=stop_after_attempt(4),
    wait=wait_exponential_jitter(multiplier=1, max=10),
    reraise=True,
)
"""Every write here may be repeated without harm, so that a server's restart is waited out, about 7 s in all."""


class RemoteVectorIndex:
    """A collection of a Qdrant server at `url`; any number of processes may use it at once."""

    def __init__(
        self,
        url: str,
        api_key: str | None = None,
        *,
        collection: str = COLLECTION,
        client: QdrantClient | None = None,
    ) -> None:
        self.url = url
        self.collection = collection
        self._api_key = api_key
        self._client = client

    @contextmanager
    def open(self) -> Iterator[VectorSession]:
        """Connect, or use the client given. Raises Unavailable, SlowDown or MuseumError naming the URL."""
        if self._client is not None:
            yield RemoteSession(self._client, self.url, self.collection)
            return
        from qdrant_client import QdrantClient

        # check_compatibility would make a request here, where its errors are not mapped.
        client = QdrantClient(
            url=self.url, api_key=self._api_key, prefer_grpc=True, timeout=TIMEOUT, check_compatibility=False
        )
        try:
            yield RemoteSession(client, self.url, self.collection)
        finally:
            client.close()


class RemoteSession(VectorSession):
    """A connection. Every write waits until the server has it on disk (`wait`, the client's default)."""

    def __init__(self, client: QdrantClient, url: str, collection: str) -> None:
        self._client = client
        self._collection = collection
        self._host = urlsplit(url).hostname or url  # a URL may hold a password; messages do not

    def ensure_collection(self, *, released: bool = False) -> None:
        """Create the collection and its payload indexes where missing."""
        from qdrant_client import models

        if not self._call(self._client.collection_exists):
            vectors = {
                name: models.VectorParams(size=size, distance=models.Distance.COSINE) for name, size in VECTORS.items()
            }
            self._call(self._client.create_collection, vectors_config=vectors)
        schema = self._call(self._client.get_collection).payload_schema
        fields = indexed_fields(released=released)
        for name in fields.keys() - schema.keys():
            kind = models.PayloadSchemaType(fields[name])
            self._call(self._client.create_payload_index, field_name=name, field_schema=kind)

    def set_where(self, where: SearchFilter, key: str, value: int) -> None:
        """Set a payload key of every point that matches."""
        self._call(self._client.set_payload, payload={key: value}, points=_filter(where))

    def delete_points(self, ids: Sequence[str]) -> None:
        """Remove these points."""
        if ids:
            self._call(self._client.delete, points_selector=list(ids))

    def count(self, where: SearchFilter | None = None) -> int:
        """Count exactly the points that match."""
        return self._call(self._client.count, count_filter=_filter(where or SearchFilter()), exact=True).count

    def optimise(self) -> None:
        """Do nothing: a server builds its graphs by itself, in the background."""

    def _put(self, records: Sequence[Record]) -> None:
        from qdrant_client import models

        new = [
            models.PointStruct(id=r.id, vector={n: v.tolist() for n, v in r.vectors.items()}, payload=r.payload)
            for r in records
        ]
        self._call(self._client.upsert, points=new)

    def _delete_where(self, where: SearchFilter) -> None:
        self._call(self._client.delete, points_selector=_filter(where))

    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[Record], Any]:
        points, following = self._call(
            self._client.scroll,
            scroll_filter=_filter(where),
            limit=WRITE_BATCH,
            offset=offset,
            with_payload=with_payload,
        )
        return [Record(str(point.id), point.payload or {}) for point in points], following

    def _insert(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_client import models

        if points:
            new = [models.PointStruct(id=id_, vector={}, payload=payload) for id_, payload in points]
            self._call(self._client.upsert, points=new)

    def _merge(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_client import models

        if points:
            operations = [
                models.SetPayloadOperation(set_payload=models.SetPayload(payload=payload, points=[id_]))
                for id_, payload in points
            ]
            self._call(self._client.batch_update_points, update_operations=operations)

    def _set_key(self, ids: Sequence[str], key: str, value: str) -> None:
        self._call(self._client.set_payload, payload={key: value}, points=list(ids))

    def _drop_key(self, ids: Sequence[str], key: str) -> None:
        self._call(self._client.delete_payload, keys=[key], points=list(ids))

    def _write_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        from qdrant_client import models

        rows = zip(ids, vectors.tolist(), strict=True)
        self._call(
            self._client.update_vectors,
            points=[models.PointVectors(id=id_, vector={name: row}) for id_, row in rows],
        )

    def _drop_vectors(self, name: str, ids: Sequence[str]) -> None:
        self._call(self._client.delete_vectors, vectors=[name], points=list(ids))

    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[Record]:
        found = self._call(self._client.retrieve, ids=list(ids), with_payload=with_payload, with_vectors=with_vectors)
        return [Record(str(point.id), point.payload or {}, _arrays(point.vector)) for point in found]

    def _search(
        self, name: str, vector: NDArray[np.float32], limit: int, where: SearchFilter, exclude: Sequence[str]
    ) -> list[Hit]:
        answer = self._call(
            self._client.query_points,
            query=vector.tolist(),
            using=name,
            limit=limit,
            query_filter=_filter(where, exclude),
        )
        return [Hit(str(point.id), point.score, point.payload or {}) for point in answer.points]

    def _call(self, method: Callable[..., T], **arguments: Any) -> T:
        def once() -> T:
            with self._failures():
                return method(collection_name=self._collection, **arguments)

        return PATIENTLY(once)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        import grpc  # type: ignore[import-untyped]
        from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

        try:
            yield
        except grpc.RpcError as error:
            code = error.code().name  # type: ignore[attr-defined]  # a failed call is also a grpc.Call
            raise self._failure(code, f"{code}: {error.details()}") from error  # type: ignore[attr-defined]
        except UnexpectedResponse as error:
            raise self._failure(str(error.status_code), str(error)) from error
        except ResponseHandlingException as error:
            raise self._failure("UNAVAILABLE", str(error)) from error

    def _failure(self, code: str, text: str) -> MuseumError:
        """Return the failure for a gRPC status name or an HTTP status code."""
        said = f"Qdrant at {self._host} answered {text.strip()[:300]}."
        if code in {"UNAUTHENTICATED", "PERMISSION_DENIED", "401", "403"}:
            return MuseumError(f"{said} Set QDRANT_API_KEY to a key that may write to {self._collection}.")
        if code in {"RESOURCE_EXHAUSTED", "429"}:
            return SlowDown(f"{said} It is overloaded; the work list is kept, run this again later.")
        if code in {"UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED"} or code.startswith("5"):
            return Unavailable(f"{said} Check that QDRANT_URL is right and that the server runs, then run this again.")
        if code in {"NOT_FOUND", "404"}:
            return MuseumError(f"{said} Call ensure_collection before writing to {self._collection} or searching it.")
        return MuseumError(
            f"{said} Does {self._collection} have the vectors {', '.join(VECTORS)}, and is the server >= 1.13?"
        )


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
