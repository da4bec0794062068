"""The vector index as the platform sees it: a collection of points with named vectors.

The working collection has one point per artwork; that of production one per version of an artwork, which says in
which releases it shows. Two engines stand behind it, `resources.vector_index.edge` (in process) and
`resources.vector_index.remote` (a Qdrant server); both pass the same contract tests. What both must do alike is
written here once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

COLLECTION = "artworks_etl_v1"
Vectors = Mapping[str, int]
"""Vector name -> dimension; the distance is cosine for all of them."""

KEYWORDS = ("museum", "searchable_work_types")
INTEGERS = ("production_date_start", "production_date_end")
"""The payload fields that get an index: Qdrant filters on others by reading every payload."""
RELEASED = {"object_number": "keyword", "from_release": "integer", "until_release": "integer"}
"""The fields that get an index as well where points are versions of artworks."""

STILL = 2**53
"""The `until_release` of a point that no later release replaced. Up to here floats, in which ranges are compared, are
exact; and with a number always there, one pair of ranges says in which releases a point shows."""

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
class PointRecord:
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

    def keywords(self) -> dict[str, tuple[str, ...]]:
        """Return the payload fields that must hold exactly one of these words."""
        wanted = {"museum": self.museum, "searchable_work_types": self.work_type}
        if self.vector_present is not None:
            wanted[contract_field(self.vector_present)] = self.contract
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


@dataclass(frozen=True, slots=True)
class Search:
    """A question for the `limit` points whose vector `name` is nearest to `vector` [dimension] among those admitted.

    `fields` are what hits bring of their payload, None for all of it: a hundred whole payloads take longer to pass on
    than to find.
    """

    name: str
    vector: NDArray[np.float32]
    limit: int
    where: SearchFilter = field(default_factory=SearchFilter)
    exclude: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None


def contract_field(vector: str) -> str:
    """Return the payload field that names the model contract of a vector."""
    return f"{vector}_contract"


def indexed_fields(vectors: Vectors, *, released: bool) -> dict[str, str]:
    """Return the payload fields that get an index, each `keyword` or `integer`."""
    words = [*KEYWORDS, *map(contract_field, vectors)]
    fields = dict.fromkeys(words, "keyword") | dict.fromkeys(INTEGERS, "integer")
    return fields | RELEASED if released else fields
