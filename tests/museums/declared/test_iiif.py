"""A IIIF Collection: what it lists, and what a harvest of it takes."""

from collections.abc import Iterable, Iterator
from typing import Any

from museum_assets.core.failures import Failure
from museum_assets.museums.declared.iiif import MANIFESTS_WEIGHED, legs
from museum_assets.museums.museum import Leg
from tests.support.museum_apis import MuseumApi, Params

BASE = "https://example.org"


class Collections(MuseumApi):
    """A collection of two collections with some manifests each, one of them in both."""

    def __init__(self, manifests: int) -> None:
        half = manifests // 2
        named = [{"id": f"{BASE}/{number}", "type": "Manifest"} for number in range(manifests)]
        self.lists = {
            "": [{"id": f"{BASE}/a", "type": "Collection"}, {"id": f"{BASE}/b", "type": "Collection"}],
            f"{BASE}/a": named[: half + 1],
            f"{BASE}/b": named[half:],
        }
        self.asked: list[str] = []

    def json(self, path: str, params: Params | None = None) -> Any:
        self.asked.append(path)
        return {"items": self.lists[path]}

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Any | Failure]]:
        for path in paths:
            self.asked.append(path)
            yield path, {"id": path}


def test_a_plan_reads_the_lists_and_weighs_a_few_manifests() -> None:
    api = Collections(40)
    assert list(legs(api)) == [Leg("lists", None, 40, 1.0), Leg("manifests", 40, None, MANIFESTS_WEIGHED / 40)]
    assert len(api.asked) == 3 + MANIFESTS_WEIGHED


def test_an_empty_collection_takes_its_list_alone() -> None:
    assert list(legs(Collections(0))) == [Leg("lists", None, 0, 1.0), Leg("manifests", 0, None, 1.0)]
