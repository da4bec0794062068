"""What lies near a vector, as an index is asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from museum_assets.search.answer import QueryVector, Reason
from museum_assets.search.nearest import by_query
from resources.vector_index.index import STILL, Hit, Search, SearchFilter

NOW = SearchFilter(releases=(("smk", 7),))
VECTOR = QueryVector("clip", "clip:v1", np.zeros(3, np.float32))


def hit(number: int, *, first: int = 1, until: int = STILL, contract: str = "clip:v1", museum: str = "smk") -> Hit:
    """A point of a museum, shown in the releases from `first` to before `until`."""
    return Hit(str(number), 1 - number / 100, {
        "museum": museum, "object_number": str(number), "digest": "d", "from_release": first, "until_release": until,
        "image_clip_contract": contract,
    })  # fmt: skip


@dataclass
class Asked:
    """An index that answers every search with the same hits and remembers what it was asked."""

    hits: Sequence[Hit]
    vectors: dict[str, int] = field(default_factory=lambda: {"image_clip": 3})
    searches: list[Search] = field(default_factory=list)

    def search_all(self, searches: Sequence[Search]) -> list[list[Hit]]:
        self.searches += searches
        return [list(self.hits) for _ in searches]


@pytest.mark.parametrize(
    "hidden",
    [
        hit(9, first=8), hit(9, until=7), hit(9, contract="clip:v0"), hit(9, museum="met"),
    ],
)  # fmt: skip
def test_the_few_points_that_do_not_show_are_left_out_of_one_search(hidden: Hit) -> None:
    shown = [hit(number) for number in range(9)]
    index = Asked([hidden, *shown])
    assert by_query(index, VECTOR, [NOW], 10) == {Reason.LOOKS: shown}  # type: ignore[arg-type]
    assert [each.where for each in index.searches] == [SearchFilter()]


def test_where_many_points_do_not_show_the_index_is_asked_for_those_that_do() -> None:
    index = Asked([hit(number, until=7) for number in range(3)] + [hit(number) for number in range(3, 10)])
    by_query(index, VECTOR, [NOW], 10)  # type: ignore[arg-type]
    assert [each.where.releases for each in index.searches] == [None, NOW.releases]
    assert index.searches[1].where.contract == "clip:v1"


def test_what_is_filtered_is_asked_for_at_once() -> None:
    index = Asked([hit(1)])
    where = SearchFilter(museum="smk", releases=NOW.releases)
    by_query(index, VECTOR, [where], 10)  # type: ignore[arg-type]
    assert [each.where.museum for each in index.searches] == ["smk"]
