"""The embedded vector index: Qdrant's own engine in this process, over a directory."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import orjson
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from museum_assets.core.failures import MuseumError, Unavailable
from resources.vector_index.index import (
    Hit,
    PointRecord,
    Search,
    SearchFilter,
    Vectors,
    contract_field,
    indexed_fields,
)
from resources.vector_index.session import WRITE_BATCH, VectorSession


class EdgeVectorIndex:
    """A Qdrant Edge shard in `directory`, used by one process at a time.

    The engine refuses a second process outright, so a session holds a file lock and the next one waits for
    it, at most `wait` seconds: ten minutes, since `optimise` may hold it for several over a large collection. The
    lock is the operating system's: it goes with a process that is killed.
    """

    def __init__(self, directory: Path, *, wait: float = 600.0) -> None:
        self.directory = directory
        self.shard = directory / "shard"
        self.wait = wait

    @contextmanager
    def open(self) -> Iterator[VectorSession]:
        """Open the shard, made when missing; it is flushed before the next process gets it."""
        with self.locked():
            self.create()
            shard = load_shard(self.shard)
            try:
                yield EdgeSession(shard, self.shard)
            finally:
                shard.flush()
                shard.close()

    def identity(self) -> str:
        """Return the shard's own name, made with it: one that replaces it has another, and holds nothing yet."""
        if not self.shard.exists():
            with self.locked():
                self.create()
        name = self.shard / "id"
        return name.read_text() if name.exists() else "unnamed"  # made before shards had names

    def adopt(self, identity: str) -> None:
        """Give the shard the name of one whose points it is about to hold; made when missing."""
        with self.locked():
            self.create()
            (self.shard / "id").write_text(identity)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process from the shard. Raises Unavailable after `wait` seconds."""
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

    def create(self) -> None:
        """Make the shard unless it exists. Only under the lock."""
        from qdrant_edge import Distance, EdgeConfig, EdgeShard, EdgeVectorParams, UpdateOperation

        if self.shard.exists():
            return
        # Created beside and renamed: the engine neither loads nor overwrites a half-created shard.
        half = self.directory / "shard.creating"
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        # The engine makes no shard without a vector: this one goes again, and `ensure_collection` adds the real ones.
        unused = EdgeVectorParams(size=1, distance=Distance.Cosine)
        shard = EdgeShard.create(str(half), EdgeConfig(vectors={"unused": unused}))
        shard.update(UpdateOperation.delete_vector_name("unused"))
        shard.flush()
        shard.close()
        (half / "id").write_text(uuid4().hex)
        half.rename(self.shard)


def load_shard(directory: Path) -> Any:
    """Return the engine's shard of a directory, which is this process's until it is closed. Raises MuseumError."""
    from qdrant_edge import EdgeShard

    try:
        return EdgeShard.load(str(directory))
    except Exception as error:  # the engine raises nothing narrower
        raise MuseumError(
            f"The vector index at {directory} cannot be opened: {error}. It holds nothing that cannot be made "
            "again: move the directory away and run `museum run all`, which makes the points of every museum in "
            "a new one, their vectors from the cache."
        ) from error


class EdgeSession(VectorSession):
    """An open shard."""

    def __init__(self, shard: Any, directory: Path) -> None:
        self._shard = shard
        self._directory = directory

    @cached_property
    def vectors(self) -> Vectors:
        """The vectors in the engine's own description of the shard, which its interface does not show."""
        found = orjson.loads((self._directory / "edge_config.json").read_bytes())["vectors"]
        return {name: params["size"] for name, params in found.items()}

    @property
    def exists(self) -> bool:
        """A shard is made when it is opened."""
        return True

    def ensure_collection(self, vectors: Vectors, *, released: bool = False) -> None:
        """Add the vectors and payload indexes that are missing."""
        from qdrant_edge import Distance, PayloadSchemaType, UpdateOperation

        for name, size in self.missing_vectors(vectors).items():
            self._update(UpdateOperation.create_dense_vector(name, size, Distance.Cosine))
        self.__dict__.pop("vectors", None)
        kinds = {"keyword": PayloadSchemaType.Keyword, "integer": PayloadSchemaType.Integer}
        fields = indexed_fields(vectors, released=released)
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

    def _put(self, records: Sequence[PointRecord]) -> None:
        from qdrant_edge import Point, UpdateOperation

        new = [Point(id=r.id, vector={n: v.tolist() for n, v in r.vectors.items()}, payload=r.payload) for r in records]
        self._update(UpdateOperation.upsert_points(new))

    def _delete_where(self, where: SearchFilter) -> None:
        from qdrant_edge import UpdateOperation

        self._update(UpdateOperation.delete_points_by_filter(_filter(where)))

    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[PointRecord], Any]:
        from qdrant_edge import ScrollRequest

        request = ScrollRequest(
            offset=offset, limit=WRITE_BATCH, filter=_filter(where), with_payload=with_payload, with_vector=False
        )
        points, following = self._shard.scroll(request)
        return [PointRecord(str(point.id), point.payload or {}) for point in points], following

    def _insert(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_edge import Point, UpdateOperation

        if points:
            new = [Point(id=id_, vector={}, payload=payload) for id_, payload in points]
            self._update(UpdateOperation.upsert_points(new))

    def _merge(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        from qdrant_edge import UpdateOperation

        for id_, payload in points:
            self._update(UpdateOperation.set_payload([id_], payload))

    def _replace_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32], contract: str) -> None:
        self._drop_key(ids, contract_field(name))
        self._write_vectors(name, ids, vectors)
        self._set_key(ids, contract_field(name), contract)

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

    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[PointRecord]:
        found = self._shard.retrieve(list(ids), with_payload, with_vectors)
        return [PointRecord(str(point.id), point.payload or {}, _arrays(point.vector)) for point in found]

    def _search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        return [self._search(each) for each in searches]

    def _search(self, search: Search) -> list[Hit]:
        from qdrant_edge import PayloadSelector, Query, SearchRequest

        request = SearchRequest(
            query=Query.Nearest(search.vector.tolist(), using=search.name),
            limit=search.limit,
            filter=_filter(search.where, search.exclude),
            with_payload=True if search.fields is None else PayloadSelector.Include(list(search.fields)),
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
