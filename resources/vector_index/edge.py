"""The embedded vector index: Qdrant's own engine in this process, over a directory."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from museum_assets.failures import MuseumError, Unavailable
from resources.vector_index.index import (
    VECTORS,
    WRITE_BATCH,
    Hit,
    Record,
    SearchFilter,
    VectorSession,
    indexed_fields,
)


class EdgeVectorIndex:
    """A Qdrant Edge shard in `directory`, used by one process at a time.

    The engine refuses a second process outright, so a session holds a file lock and the next one waits for
    it, at most `wait` seconds: ten minutes, since `optimise` may hold it for several over a large collection. The
    lock is the operating system's: it goes with a process that is killed.
    """

    def __init__(self, directory: Path, *, wait: float = 600.0) -> None:
        self.directory = directory
        self._shard = directory / "shard"
        self.wait = wait

    @contextmanager
    def open(self) -> Iterator[VectorSession]:
        """Open the shard, made when missing; it is flushed before the next process gets it."""
        with self._locked():
            shard = self._load()
            try:
                yield EdgeSession(shard)
            finally:
                shard.flush()
                shard.close()

    def identity(self) -> str:
        """Return the shard's own name, made with it: one that replaces it has another, and holds nothing yet."""
        if not self._shard.exists():
            with self._locked():
                self._create()
        name = self._shard / "id"
        return name.read_text() if name.exists() else "unnamed"  # made before shards had names

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.directory.mkdir(parents=True, exist_ok=True)
        holder = self.directory / "holder"
        lock = FileLock(self.directory / "lock", timeout=self.wait)
        try:
            # Nobody queues for a file lock: who looks rarely loses to readers that come back at once.
            lock.acquire(poll_interval=0.005)
        except Timeout:
            user = holder.read_text() if holder.exists() else "another process"
            raise Unavailable(
                f"The vector index at {self.directory} is in use by {user}, still after {self.wait:g} s of "
                "waiting. Run this again when that process is done, or end it first.",
                code="index_busy",
            ) from None
        try:
            # Only for the message above; a process that is killed leaves the file, but not the lock.
            holder.write_text(f"process {os.getpid()} ({Path(sys.argv[0]).name})")
            yield
        finally:
            lock.release()

    def _create(self) -> None:
        """Make the shard unless it exists. Only under the lock."""
        from qdrant_edge import EdgeShard

        if self._shard.exists():
            return
        # Created beside and renamed: the engine neither loads nor overwrites a half-created shard.
        half = self.directory / "shard.creating"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        EdgeShard.create(str(half), _config()).close()
        (half / "id").write_text(uuid4().hex)
        half.rename(self._shard)

    def _load(self) -> Any:
        from qdrant_edge import EdgeShard

        self._create()
        try:
            return EdgeShard.load(str(self._shard), _config())
        except Exception as error:  # the engine raises nothing narrower
            raise MuseumError(
                f"The vector index at {self._shard} cannot be opened: {error}. It holds nothing that cannot be made "
                "again: move the directory away and run indexed_artworks and the embeddings of every museum, which "
                "write everything to a new one, the vectors from the cache."
            ) from error


def _config() -> Any:
    from qdrant_edge import Distance, EdgeConfig, EdgeVectorParams

    return EdgeConfig(vectors={n: EdgeVectorParams(size=size, distance=Distance.Cosine) for n, size in VECTORS.items()})


class EdgeSession(VectorSession):
    """An open shard."""

    def __init__(self, shard: Any) -> None:
        self._shard = shard

    def ensure_collection(self, *, released: bool = False) -> None:
        """Create the payload indexes; the vectors were fixed when the shard was created."""
        from qdrant_edge import PayloadSchemaType, UpdateOperation

        kinds = {"keyword": PayloadSchemaType.Keyword, "integer": PayloadSchemaType.Integer}
        fields = indexed_fields(released=released)
        for name in fields.keys() - self._shard.info().payload_schema.keys():
            self._update(UpdateOperation.create_field_index(name, kinds[fields[name]]))

    def set_where(self, where: SearchFilter, key: str, value: int) -> None:
        """Set a payload key of every point that matches."""
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.set_payload_by_filter(_filter(where), {key: value}))

    def delete_points(self, ids: Sequence[str]) -> None:
        """Remove these points."""
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.delete_points(list(ids)))

    def count(self, where: SearchFilter | None = None) -> int:
        """Count exactly the points that match."""
        from qdrant_edge import CountRequest

        return int(self._shard.count(CountRequest(exact=True, filter=_filter(where or SearchFilter()))))

    def optimise(self) -> None:
        """Build the HNSW graph: 10,000 new vectors of 768 took 7 s, and a search then 1.3 instead of 8 ms."""
        self._shard.optimize()

    def _update(self, operation: Any) -> None:
        try:
            self._shard.update(operation)
        except Exception as error:  # the engine raises nothing narrower
            raise Unavailable(
                f"The embedded vector index did not take a write: {error}. Check that its disk has space and "
                "run this again: what was not confirmed is still on the work list."
            ) from error

    def _put(self, records: Sequence[Record]) -> None:
        from qdrant_edge import Point, UpdateOperation

        new = [Point(id=r.id, vector={n: v.tolist() for n, v in r.vectors.items()}, payload=r.payload) for r in records]
        self._update(UpdateOperation.upsert_points(new))

    def _delete_where(self, where: SearchFilter) -> None:
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.delete_points_by_filter(_filter(where)))

    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[Record], Any]:
        from qdrant_edge import ScrollRequest

        request = ScrollRequest(
            offset=offset, limit=WRITE_BATCH, filter=_filter(where), with_payload=with_payload, with_vector=False
        )
        points, following = self._shard.scroll(request)
        return [Record(str(point.id), point.payload or {}) for point in points], following

    def _insert(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_edge import Point, UpdateOperation

        if points:
            new = [Point(id=id_, vector={}, payload=payload) for id_, payload in points]
            self._update(UpdateOperation.upsert_points(new))

    def _merge(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_edge import UpdateOperation

        for id_, payload in points:
            self._update(UpdateOperation.set_payload([id_], payload))

    def _set_key(self, ids: Sequence[str], key: str, value: str) -> None:
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.set_payload(list(ids), {key: value}))

    def _drop_key(self, ids: Sequence[str], key: str) -> None:
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.delete_payload(list(ids), [key]))

    def _write_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        from qdrant_edge import PointVectors, UpdateOperation

        points = [PointVectors(id=id_, vector={name: row}) for id_, row in zip(ids, vectors.tolist(), strict=True)]
        self._update(UpdateOperation.update_vectors(points))

    def _drop_vectors(self, name: str, ids: Sequence[str]) -> None:
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.delete_vectors(list(ids), [name]))

    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[Record]:
        found = self._shard.retrieve(list(ids), with_payload, with_vectors)
        return [Record(str(point.id), point.payload or {}, _arrays(point.vector)) for point in found]

    def _search(
        self, name: str, vector: NDArray[np.float32], limit: int, where: SearchFilter, exclude: Sequence[str]
    ) -> list[Hit]:
        from qdrant_edge import Query, SearchRequest

        request = SearchRequest(
            query=Query.Nearest(vector.tolist(), using=name),
            limit=limit,
            filter=_filter(where, exclude),
            with_payload=True,
        )
        return [Hit(str(point.id), point.score, point.payload or {}) for point in self._shard.search(request)]


def _filter(where: SearchFilter, exclude: Sequence[str] = ()) -> Any:
    from qdrant_edge import FieldCondition, Filter, HasIdCondition, HasVectorCondition, MatchAny, RangeFloat

    must: list[Any] = [FieldCondition(key, match=MatchAny(list(words))) for key, words in where.keywords().items()]
    must += [FieldCondition(key, range=RangeFloat(gte=low, lte=high)) for key, (low, high) in where.ranges().items()]
    if where.vector_present is not None:
        must.append(HasVectorCondition(where.vector_present))
    if (shown := where.shown()) is not None:
        # An empty `should` would match everything.
        must.append(Filter(should=[_filter(release) for release in shown] or [HasIdCondition(set())]))
    return Filter(must=must, must_not=[HasIdCondition(set(exclude))] if exclude else [])


def _arrays(vectors: dict[str, list[float]] | None) -> dict[str, NDArray[np.float32]]:
    return {name: np.asarray(values, np.float32) for name, values in (vectors or {}).items()}
