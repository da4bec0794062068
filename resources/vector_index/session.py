"""An open vector index: what both engines do alike, and what each does its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from museum_assets.core.failures import MuseumError
from resources.vector_index.index import Hit, Payload, PointRecord, Search, SearchFilter, Vectors, contract_field
from resources.vector_index.layout import LayoutState

WRITE_BATCH = 1000
"""Points per request: 1,000 vectors of 1,024 floats are 4 MB, far below a server's default limit of 32 MB."""
PUT_BATCH = 250
"""Whole points per request. With four vectors 250 were written at 8,300/s, 1,000 at 6,700/s with 115 MB of floats."""


class VectorIndex(Protocol):
    """Where the points are. Open a session for each batch of writes: it is cheap, and others wait for it."""

    def open(self) -> AbstractContextManager[VectorSession]:
        """Open a session. What it wrote is durable once the `with` block ends. Raises MuseumError."""
        ...


class VectorSession(ABC):
    """An open index. Methods raise `Unavailable` (try later) or another `MuseumError` (do something first).

    A write has happened, all of it, when its method returns; when it raises, any part of it may have.
    """

    vector_batch = WRITE_BATCH
    """Vectors per request."""

    @abstractmethod
    def ensure_collection(self, vectors: Vectors, *, released: bool = False) -> None:
        """Create collection, vectors and payload indexes where missing; a second call changes nothing.

        A vector that is new is added to the points that are there. `released` is for the collection of production,
        whose points are versions. Raises MuseumError when a vector is there with another dimension.
        """

    @property
    @abstractmethod
    def vectors(self) -> Vectors:
        """The vectors that the collection has; none before `ensure_collection`."""

    @property
    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a collection, be it without points."""

    def dimension_of(self, name: str) -> int:
        """Return a vector's dimension. Raises MuseumError for a name that the collection does not have."""
        if name not in self.vectors:
            known = ", ".join(sorted(self.vectors)) or "none"
            raise MuseumError(f"There is no vector named {name!r} in the index, which has {known}.")
        return self.vectors[name]

    def missing_vectors(self, vectors: Vectors) -> Vectors:
        """Return which of these vectors the collection lacks. Raises MuseumError when one has another dimension."""
        for name in vectors.keys() & self.vectors.keys():
            if vectors[name] != self.vectors[name]:
                raise MuseumError(
                    f"The vector {name} in the index has {self.vectors[name]} dimensions, its model makes "
                    f"{vectors[name]}: give the new vector another name, or start with an empty index."
                )
        return {name: size for name, size in vectors.items() if name not in self.vectors}

    def upsert_points(self, points: Sequence[tuple[str, Payload]]) -> None:
        """Create the missing points without vectors, and replace the payload of the others.

        Qdrant's own upsert replaces a whole point, vectors included, and would throw away hours of embedding.
        """
        self._write([partial(self._upsert, batch) for batch in batches(list(dict(points).items()))])

    def _upsert(self, points: Sequence[tuple[str, Payload]]) -> None:
        existing = self.existing([id_ for id_, _ in points])
        self._insert([(id_, dict(payload)) for id_, payload in points if id_ not in existing])
        # Merging replaces: every payload has every key, and the contracts of the kept vectors stay.
        self._merge([(id_, dict(payload)) for id_, payload in points if id_ in existing])

    def update_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32], contract: str) -> None:
        """Store vector `name` of existing points: `vectors` is float32 [len(ids), dimension], one row per id.

        `contract` names the model that made them; `SearchFilter.contract` finds it. Of an id that is there twice the
        last row counts. Raises MuseumError naming the ids that have no point, and then writes nothing.
        """
        expected = (len(ids), self.dimension_of(name))
        if vectors.shape != expected:
            raise MuseumError(f"Vectors for {name} have the shape {vectors.shape}, not {expected}.")
        missing = set(ids) - self.existing(ids)
        if missing:
            raise MuseumError(
                f"{len(missing)} of {len(ids)} points are not in the vector index, so their {name} vectors "
                f"cannot be stored: {', '.join(sorted(missing)[:5])}{', …' if len(missing) > 5 else ''}. "
                "Call upsert_points for them first."
            )
        last = {id_: row for row, id_ in enumerate(ids)}
        if len(last) < len(ids):
            ids, vectors = list(last), vectors[list(last.values())]
        parts = zip(batches(ids, self.vector_batch), batches(vectors, self.vector_batch), strict=True)
        self._write([partial(self._replace_vectors, name, part, rows, contract) for part, rows in parts])

    def delete_vectors(self, name: str, ids: Sequence[str]) -> None:
        """Remove vector `name` from these points; the points stay."""
        self.dimension_of(name)
        # Deleting from a point that is not there is an error to the engine, and already true to the caller.
        for batch in batches(sorted(self.existing(ids))):
            self._drop_key(batch, contract_field(name))
            self._drop_vectors(name, batch)

    def put_records(self, records: Sequence[PointRecord]) -> None:
        """Create points whole, with payload and vectors, or replace them; of two with one id the last one counts."""
        last = list({record.id: record for record in records}.values())
        self._write([partial(self._put, batch) for batch in batches(last, PUT_BATCH)])

    @abstractmethod
    def set_where(self, where: SearchFilter, key: str, value: int) -> None:
        """Set a payload key of every point that matches, in one operation of the engine."""

    def delete_where(self, where: SearchFilter) -> None:
        """Remove every point that matches. Raises MuseumError unless a museum is named."""
        if where.museum is None:
            raise MuseumError("Points are deleted for one museum at a time, and this filter names none.")
        self._delete_where(where)

    @abstractmethod
    def delete_points(self, ids: Sequence[str]) -> None:
        """Remove these points; ids that have none are ignored."""

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[PointRecord]:
        """Return the points that exist among `ids`, in no particular order."""
        return [record for batch in batches(ids) for record in self._retrieve(batch, True, with_vectors)]

    def existing(self, ids: Sequence[str]) -> set[str]:
        """Return which of these ids have a point."""
        return {record.id for batch in batches(ids) for record in self._retrieve(batch, False, False)}

    @abstractmethod
    def count(self, where: SearchFilter | None = None) -> int:
        """Count exactly the points that match."""

    def search(
        self,
        name: str,
        vector: NDArray[np.float32],
        limit: int,
        where: SearchFilter | None = None,
        exclude: Sequence[str] = (),
    ) -> list[Hit]:
        """Return up to `limit` points nearest to `vector` [dimension] by vector `name`, best first."""
        return self.search_all([Search(name, vector, limit, where or SearchFilter(), tuple(exclude))])[0]

    def search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        """Return what each search finds, best first. They are asked at once: a server is waited for one time."""
        for each in searches:
            if each.vector.shape != (size := self.dimension_of(each.name),):
                raise MuseumError(f"A search in {each.name} needs {size} numbers, not the shape {each.vector.shape}.")
        return self._search_all(
            [replace(each, where=replace(each.where, vector_present=each.name)) for each in searches]
        )

    def ids(self, museum: str | None = None) -> Iterator[str]:
        """Walk the ids of all points, or of one museum's."""
        return (record.id for record in self.scroll(SearchFilter(museum=museum), with_payload=False))

    def scroll(self, where: SearchFilter, *, with_payload: bool = True) -> Iterator[PointRecord]:
        """Walk the points that match, in no particular order, a page in memory at a time; without their vectors."""
        offset: Any = None
        while True:
            page, offset = self._page(where, offset, with_payload)
            yield from page
            if offset is None:
                return

    def layout_state(self) -> LayoutState | None:
        """Compare the collection with the layout asked for; None for an engine that has none."""
        return None

    @abstractmethod
    def optimise(self) -> None:
        """Build the search structure over what was written; call it once at the end of a stage that wrote."""

    def wait_until_built(self) -> float:
        """Wait for a search structure that is built in the background; return the seconds that took."""
        return 0.0

    def _write(self, writes: Sequence[Callable[[], None]]) -> None:
        """Make these writes, of which no two concern one point."""
        for write in writes:
            write()

    @abstractmethod
    def _put(self, records: Sequence[PointRecord]) -> None: ...

    @abstractmethod
    def _delete_where(self, where: SearchFilter) -> None: ...

    @abstractmethod
    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[PointRecord], Any]:
        """Return up to WRITE_BATCH points from `offset` on, and the next page's offset, None at the end."""

    @abstractmethod
    def _insert(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Create points without vectors."""

    @abstractmethod
    def _merge(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Set the given payload keys of existing points and keep their other keys."""

    @abstractmethod
    def _replace_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32], contract: str) -> None:
        """Drop the contract, replace the vector, set the new contract.

        In this order a crash leaves a vector without a contract, never under another model's.
        """

    @abstractmethod
    def _drop_key(self, ids: Sequence[str], key: str) -> None: ...

    @abstractmethod
    def _drop_vectors(self, name: str, ids: Sequence[str]) -> None: ...

    @abstractmethod
    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[PointRecord]: ...

    @abstractmethod
    def _search_all(self, searches: Sequence[Search]) -> list[list[Hit]]: ...


Sized = TypeVar("Sized", Sequence[Any], NDArray[np.float32])


def batches(items: Sized, size: int = WRITE_BATCH) -> Iterator[Sized]:
    """Cut a sequence, or an array's rows, into parts of this size."""
    return (items[start : start + size] for start in range(0, len(items), size))
