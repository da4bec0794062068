"""The vector index as the platform sees it: a collection of points with four named vectors.

The working collection has one point per artwork; that of production one per version of an artwork, which says in
which releases it shows. Two engines stand behind it, `resources.vector_index.edge` (in process) and
`resources.vector_index.remote` (a Qdrant server); both pass the same contract tests. What both must do alike is
written here once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypedDict, TypeVar
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from museum_assets.failures import MuseumError

COLLECTION = "artworks_etl_v1"
VECTORS = {"image_clip": 768, "text_clip": 768, "image_jina": 1024, "text_jina": 1024}
"""Vector name -> dimension; the distance is cosine for all of them."""

KEYWORDS = ("museum", "searchable_work_types", *(f"{name}_contract" for name in VECTORS))
INTEGERS = ("production_date_start", "production_date_end")
"""The payload fields that get an index: Qdrant filters on others by reading every payload."""
RELEASED = {"object_number": "keyword", "from_release": "integer", "until_release": "integer"}
"""The fields that get an index as well where points are versions of artworks."""

STILL = 2**53
"""The `until_release` of a point that no later release replaced. Up to here floats, in which ranges are compared, are
exact; and with a number always there, one pair of ranges says in which releases a point shows."""

WRITE_BATCH = 1000
"""Points per request: 1,000 vectors of 1,024 floats are 4 MB, far below a server's default limit of 32 MB."""
PUT_BATCH = 250
"""Whole points per request. With four vectors 250 were written at 8,300/s, 1,000 at 6,700/s with 115 MB of floats."""

_NAMESPACE = UUID("6f0d0c4e-6c0b-5d0e-9a52-2a6d3c1f7b11")


def point_id(museum: str, object_number: str) -> str:
    """Return the point's id, the same in every run: uuid5 over museum and object number."""
    # A slug holds no colon, so that two different artworks can never give one name.
    return str(uuid5(_NAMESPACE, f"{museum}:{object_number}"))


class Payload(TypedDict):
    """What a point says of its artwork. Every key is always given, so that replacing leaves nothing stale.

    Qdrant drops a key whose value is None: read a stored payload with `get`.
    """

    museum: str
    object_number: str
    museum_db_id: str
    title: str | None
    artists: list[str]
    production_date: str | None
    production_date_start: int | None
    production_date_end: int | None
    work_types: list[str]
    searchable_work_types: list[str]


class ReleasedPayload(Payload):
    """What a point of production says, beside a `<vector>_contract` for each vector.

    It shows in every release r of its museum with `from_release` <= r < `until_release`. `digest` is that of the
    artwork's row in the release's index status, in hexadecimal.
    """

    digest: str
    from_release: int
    until_release: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One search result. `score` is the cosine similarity, or a fused rank after `search_text`."""

    id: str
    score: float
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """One point as stored. `vectors` is empty unless they were asked for; each is float32, unit length."""

    id: str
    payload: dict[str, Any]
    vectors: dict[str, NDArray[np.float32]] = field(default_factory=dict)


Bounds = tuple[int | None, int | None]
"""From and to, both inclusive, None being open."""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """Conditions that must all hold; None asks nothing.

    A work matches the years when its production overlaps them; an undated work never does. `contract` is the
    model contract that vector `vector_present` was made under (in a search: the vector searched in). `releases` are
    pairs of museum and release: a point matches when it shows in its museum's; those of other museums never do.
    """

    museum: str | None = None
    work_type: str | None = None
    year_from: int | None = None
    year_to: int | None = None
    vector_present: str | None = None
    contract: str | None = None
    object_numbers: tuple[str, ...] | None = None
    releases: tuple[tuple[str, int], ...] | None = None
    from_release: Bounds | None = None
    until_release: Bounds | None = None

    def __post_init__(self) -> None:
        if self.vector_present is not None:
            dimension_of(self.vector_present)

    def keywords(self) -> dict[str, tuple[str, ...]]:
        """Return the payload fields that must hold exactly one of these words."""
        wanted = {"museum": self.museum, "searchable_work_types": self.work_type}
        if self.vector_present is not None:
            wanted[f"{self.vector_present}_contract"] = self.contract
        words: dict[str, tuple[str, ...]] = {key: (word,) for key, word in wanted.items() if word is not None}
        return words if self.object_numbers is None else words | {"object_number": self.object_numbers}

    def ranges(self) -> dict[str, Bounds]:
        """Return the payload fields that must lie within bounds."""
        bounds = {
            "production_date_end": (self.year_from, None),
            "production_date_start": (None, self.year_to),
            "from_release": self.from_release or (None, None),
            "until_release": self.until_release or (None, None),
        }
        return {key: bound for key, bound in bounds.items() if bound != (None, None)}

    def shown(self) -> list[SearchFilter] | None:
        """Return one filter for each of `releases`, one of which must match; None when they ask nothing."""
        if self.releases is None:
            return None
        return [
            SearchFilter(museum=museum, from_release=(None, release), until_release=(release + 1, None))
            for museum, release in self.releases
        ]


class VectorIndex(Protocol):
    """Where the points are. Open a session for each batch of writes: it is cheap, and others wait for it."""

    def open(self) -> AbstractContextManager[VectorSession]:
        """Open a session. What it wrote is durable once the `with` block ends. Raises MuseumError."""
        ...


class VectorSession(ABC):
    """An open index. Methods raise `Unavailable` (try later) or another `MuseumError` (do something first)."""

    @abstractmethod
    def ensure_collection(self, *, released: bool = False) -> None:
        """Create the collection and its payload indexes where missing; a second call changes nothing.

        `released` is for the collection of production, whose points are versions.
        """

    def upsert_points(self, points: Sequence[tuple[str, Payload]]) -> None:
        """Create the missing points without vectors, and replace the payload of the others.

        Qdrant's own upsert replaces a whole point, vectors included, and would throw away hours of embedding.
        """
        for batch in _batches(list(dict(points).items())):
            existing = self.existing([id_ for id_, _ in batch])
            self._insert([(id_, dict(payload)) for id_, payload in batch if id_ not in existing])
            # Merging replaces: every payload has every key, and the contracts of the kept vectors stay.
            self._merge([(id_, dict(payload)) for id_, payload in batch if id_ in existing])

    def update_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32], contract: str) -> None:
        """Store vector `name` of existing points: `vectors` is float32 [len(ids), dimension], one row per id.

        `contract` names the model that made them; `SearchFilter.contract` finds it. Raises MuseumError naming
        the ids that have no point, and then writes nothing.
        """
        expected = (len(ids), dimension_of(name))
        if vectors.shape != expected:
            raise MuseumError(f"Vectors for {name} have the shape {vectors.shape}, not {expected}.")
        missing = set(ids) - self.existing(ids)
        if missing:
            raise MuseumError(
                f"{len(missing)} of {len(ids)} points are not in the vector index, so their {name} vectors "
                f"cannot be stored: {', '.join(sorted(missing)[:5])}{', …' if len(missing) > 5 else ''}. "
                "Call upsert_points for them first."
            )
        for batch, rows in zip(_batches(ids), _batches(vectors), strict=True):
            # In this order a crash leaves a vector without a contract, never under another model's.
            self._drop_key(batch, f"{name}_contract")
            self._write_vectors(name, batch, rows)
            self._set_key(batch, f"{name}_contract", contract)

    def delete_vectors(self, name: str, ids: Sequence[str]) -> None:
        """Remove vector `name` from these points; the points stay."""
        dimension_of(name)
        # Deleting from a point that is not there is an error to the engine, and already true to the caller.
        for batch in _batches(sorted(self.existing(ids))):
            self._drop_key(batch, f"{name}_contract")
            self._drop_vectors(name, batch)

    def put_records(self, records: Sequence[Record]) -> None:
        """Create points whole, with payload and vectors, or replace them."""
        for start in range(0, len(records), PUT_BATCH):
            self._put(records[start : start + PUT_BATCH])

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

    def retrieve(self, ids: Sequence[str], *, with_vectors: bool = False) -> list[Record]:
        """Return the points that exist among `ids`, in no particular order."""
        return [record for batch in _batches(ids) for record in self._retrieve(batch, True, with_vectors)]

    def existing(self, ids: Sequence[str]) -> set[str]:
        """Return which of these ids have a point."""
        return {record.id for batch in _batches(ids) for record in self._retrieve(batch, False, False)}

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
        if vector.shape != (dimension_of(name),):
            raise MuseumError(f"A search in {name} needs {VECTORS[name]} numbers, not the shape {vector.shape}.")
        return self._search(name, vector, limit, replace(where or SearchFilter(), vector_present=name), exclude)

    def ids(self, museum: str | None = None) -> Iterator[str]:
        """Walk the ids of all points, or of one museum's."""
        return (record.id for record in self.scroll(SearchFilter(museum=museum), with_payload=False))

    def scroll(self, where: SearchFilter, *, with_payload: bool = True) -> Iterator[Record]:
        """Walk the points that match, in no particular order, a page in memory at a time; without their vectors."""
        offset: Any = None
        while True:
            page, offset = self._page(where, offset, with_payload)
            yield from page
            if offset is None:
                return

    @abstractmethod
    def optimise(self) -> None:
        """Build the search structure over what was written; call it once at the end of a stage that wrote."""

    @abstractmethod
    def _put(self, records: Sequence[Record]) -> None: ...

    @abstractmethod
    def _delete_where(self, where: SearchFilter) -> None: ...

    @abstractmethod
    def _page(self, where: SearchFilter, offset: Any, with_payload: bool) -> tuple[list[Record], Any]:
        """Return up to WRITE_BATCH points from `offset` on, and the next page's offset, None at the end."""

    @abstractmethod
    def _insert(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Create points without vectors."""

    @abstractmethod
    def _merge(self, points: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Set the given payload keys of existing points and keep their other keys."""

    @abstractmethod
    def _set_key(self, ids: Sequence[str], key: str, value: str) -> None: ...

    @abstractmethod
    def _drop_key(self, ids: Sequence[str], key: str) -> None: ...

    @abstractmethod
    def _write_vectors(self, name: str, ids: Sequence[str], vectors: NDArray[np.float32]) -> None: ...

    @abstractmethod
    def _drop_vectors(self, name: str, ids: Sequence[str]) -> None: ...

    @abstractmethod
    def _retrieve(self, ids: Sequence[str], with_payload: bool, with_vectors: bool) -> list[Record]: ...

    @abstractmethod
    def _search(
        self, name: str, vector: NDArray[np.float32], limit: int, where: SearchFilter, exclude: Sequence[str]
    ) -> list[Hit]: ...


def indexed_fields(*, released: bool) -> dict[str, str]:
    """Return the payload fields that get an index, each `keyword` or `integer`."""
    fields = dict.fromkeys(KEYWORDS, "keyword") | dict.fromkeys(INTEGERS, "integer")
    return fields | RELEASED if released else fields


Sized = TypeVar("Sized", Sequence[Any], NDArray[np.float32])


def _batches(items: Sized) -> Iterator[Sized]:
    return (items[start : start + WRITE_BATCH] for start in range(0, len(items), WRITE_BATCH))


def dimension_of(name: str) -> int:
    """Return a vector's dimension. Raises MuseumError for a name that the collection does not have."""
    if name not in VECTORS:
        raise MuseumError(f"There is no vector named {name!r}; the index has {', '.join(VECTORS)}.")
    return VECTORS[name]
