from typing import Any

import pytest

from museum_assets.core.failures import CheckpointExpired, Malformed
from museum_assets.museums.paging import entries_and_total, walk_scopes


class Listing:
    """Two scopes, a museum that gives at most `page` entries at once, and the requests it got."""

    def __init__(self, sizes: dict[str, int], page: int = 2) -> None:
        self.sizes, self.page, self.requests = sizes, page, list[tuple[str, int]]()

    def __call__(self, scope: str, offset: int) -> tuple[list[Any], int]:
        self.requests.append((scope, offset))
        total = self.sizes[scope]
        return [{"id": f"{scope}{n}"} for n in range(offset, min(offset + self.page, total))], total


def test_every_scope_is_walked_to_its_end_without_a_request_too_many() -> None:
    listing = Listing({"a": 5, "b": 2})
    pages = list(walk_scopes(("a", "b"), listing, None))
    assert [record.id for page in pages for record in page.records] == ["a0", "a1", "a2", "a3", "a4", "b0", "b1"]
    assert [(page.scope, page.listed, page.total) for page in pages] == [
        ("a", 2, 5),
        ("a", 2, 5),
        ("a", 1, 5),
        ("b", 2, 2),
    ]
    assert listing.requests == [("a", 0), ("a", 2), ("a", 4), ("b", 0)]


def test_an_empty_scope_is_a_page_that_says_so() -> None:
    pages = list(walk_scopes(("a", "b"), Listing({"a": 0, "b": 1}), None))
    assert [(page.scope, page.listed, page.total) for page in pages] == [("a", 0, 0), ("b", 1, 1)]


@pytest.mark.parametrize("stopped_after", [1, 2, 3, 4])
def test_a_harvest_resumed_from_any_checkpoint_asks_for_the_rest_only(stopped_after: int) -> None:
    whole = Listing({"a": 5, "b": 2})
    pages = list(walk_scopes(("a", "b"), whole, None))
    rest = Listing({"a": 5, "b": 2})
    resumed = list(walk_scopes(("a", "b"), rest, pages[stopped_after - 1].checkpoint))
    assert pages[:stopped_after] + resumed == pages
    assert rest.requests == whole.requests[stopped_after:]


def test_pages_shorter_than_asked_for_are_followed_by_what_they_hold() -> None:
    sizes = iter([2, 1, 2])

    def fetch(scope: str, offset: int) -> tuple[list[Any], int]:
        return [{"id": offset + n} for n in range(next(sizes))], 5

    pages = list(walk_scopes(("a",), fetch, None))
    assert [record.id for page in pages for record in page.records] == ["0", "1", "2", "3", "4"]


def test_a_scope_that_runs_dry_early_shows_as_short_and_the_next_one_follows() -> None:
    def fetch(scope: str, offset: int) -> tuple[list[Any], int]:
        return ([{"id": f"{scope}{offset}"}], 3) if offset < 1 else ([], 3)

    pages = list(walk_scopes(("a", "b"), fetch, None))
    assert [(page.scope, page.listed) for page in pages] == [("a", 1), ("a", 0), ("b", 1), ("b", 0)]
    assert sum(page.listed for page in pages if page.scope == "a") < 3


@pytest.mark.parametrize("entry", [{}, {"id": None}, {"id": " "}, {"id": ["x"]}, {"id": True}, "text", None])
def test_an_entry_without_an_id_is_counted_as_failed(entry: object) -> None:
    [page] = walk_scopes(("a",), lambda *_: ([{"id": 1}, entry], 2), None)
    assert page.listed == len(page.records) + len(page.failed) == 2
    assert list(page.failed) == ["a@0+1"]
    assert page.failed["a@0+1"].code == "no_id"


@pytest.mark.parametrize("checkpoint", [{}, {"scope": "c", "offset": 0}, {"scope": "a"}, {"scope": "a", "offset": "2"}])
def test_a_checkpoint_that_fits_nothing_is_expired(checkpoint: dict[str, Any]) -> None:
    with pytest.raises(CheckpointExpired, match="start over"):
        list(walk_scopes(("a", "b"), Listing({"a": 5, "b": 2}), checkpoint))


@pytest.mark.parametrize(("entries", "total"), [(None, 3), ([], None), ({}, 3), ([], "3")])
def test_an_answer_without_a_list_and_a_count_is_malformed(entries: object, total: object) -> None:
    with pytest.raises(Malformed):
        entries_and_total({"error": "busy"}, entries=entries, total=total)
