"""The Art Institute of Chicago: its harvest from the newest record to the oldest."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest

from museum_assets.core.failures import CheckpointExpired, Malformed
from museum_assets.museums.aic import MUSEUM
from museum_assets.museums.museum import Page
from tests.support.museum_apis import MuseumApi, OneAnswer
from tests.support.museum_records import RECORDS

RECORDED = RECORDS / "aic"

IIIF = "https://images.example.org/iiif/2"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Collection(MuseumApi):
    """The listing over records in memory, sorted as the API sorts it. Record n was updated n days after START."""

    def __init__(self, ids: Iterable[int], before_page: Callable[["Collection", int], None] | None = None) -> None:
        self.updated = {id_: START + timedelta(days=id_) for id_ in ids}
        self.before_page = before_page
        self.asked: list[tuple[int, int]] = []
        self.config: dict[str, Any] = {"iiif_url": IIIF, "website_url": "http://www.artic.edu"}

    def touch(self, id_: int) -> None:
        self.updated[id_] = max(self.updated.values()) + timedelta(days=1)

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        assert path == "/artworks"
        assert params is not None
        page, limit = params["page"], params["limit"]
        assert 1 <= limit <= 100, "the API answers 403 above 100"
        assert {"id", "updated_at", "is_public_domain"} <= set(params["fields"].split(","))
        self.asked.append((page, limit))
        if self.before_page:
            self.before_page(self, len(self.asked))
        newest_first = sorted(self.updated.items(), key=lambda entry: entry[1], reverse=True)
        entries = [{"id": id_, "updated_at": time.isoformat()} for id_, time in newest_first]
        pagination = {"total": len(entries), "limit": limit, "current_page": page}
        return {"pagination": pagination, "data": entries[(page - 1) * limit : page * limit], "config": self.config}


def ids_of(pages: Iterable[Page]) -> list[int]:
    return [int(record.id) for page in pages for record in page.records]


def first_look(pages: Iterable[Page]) -> list[Page]:
    """The walk itself, without the second look at the head, which the checkpoint before a page announces."""
    pages = list(pages)
    return [page for before, page in zip([None, *pages], pages, strict=False) if not again(before)]


def again(page: Page | None) -> bool:
    return page is not None and page.checkpoint["scope"] == "moved"


def test_harvest_walks_the_listing_and_looks_at_its_head_again():
    api = Collection(range(1, 251))
    pages = list(MUSEUM.harvest(api))
    # One scope: the second look counts for the same total.
    assert [(page.scope, page.listed, page.total) for page in pages] == [
        ("artworks", 100, 250),
        ("artworks", 100, 250),
        ("artworks", 50, 250),
        ("artworks", 1, None),
    ]
    assert ids_of(pages[:3]) == list(range(250, 0, -1))
    assert ids_of(pages[3:]) == [250]
    assert api.asked == [(1, 100), (2, 100), (3, 100), (1, 100)]


def test_the_address_of_the_image_server_is_stored_with_the_record():
    page = next(MUSEUM.harvest(Collection([1])))
    assert page.records[0].payload["iiif_url"] == IIIF


@pytest.mark.parametrize("limit, size", [(None, 100), (5_000, 100), (100, 100), (7, 7)])
def test_no_request_asks_for_more_than_a_hundred(limit, size):
    api = Collection(range(1, 21))
    list(MUSEUM.harvest(api, limit=limit))
    assert {asked for _, asked in api.asked} == {size}


def test_a_record_that_moved_to_the_head_during_the_walk_is_not_missed():
    def oldest_jumps(api: Collection, request: int) -> None:
        if request == 3:
            api.touch(1)

    pages = list(MUSEUM.harvest(Collection(range(1, 41), oldest_jumps), limit=10))
    walked = first_look(pages)
    assert 1 not in ids_of(walked)
    assert set(ids_of(pages)) == set(range(1, 41))
    assert sum(page.listed for page in walked) == walked[-1].total == 40


def test_many_records_that_moved_are_followed_over_several_pages():
    def half_the_collection_jumps(api: Collection, request: int) -> None:
        if request == 2:
            for id_ in range(1, 26):
                api.touch(id_)

    pages = list(MUSEUM.harvest(Collection(range(1, 51), half_the_collection_jumps), limit=10))
    assert set(ids_of(pages)) == set(range(1, 51))
    assert len(pages) - len(first_look(pages)) == 3


@pytest.mark.parametrize("stop_after", range(1, 6))
@pytest.mark.parametrize("other_limit", [None, 7, 10])
def test_resuming_anywhere_brings_every_record(stop_after, other_limit):
    api = Collection(range(1, 41))
    before = list(islice(MUSEUM.harvest(api, limit=10), stop_after))
    api.touch(1)
    after = list(MUSEUM.harvest(api, checkpoint=json.loads(json.dumps(before[-1].checkpoint)), limit=other_limit))
    assert set(ids_of([*before, *after])) == set(range(1, 41))
    walked = first_look([*before, *after])
    assert sum(page.listed for page in walked) == 40


def test_resuming_does_not_ask_for_finished_pages_again():
    api = Collection(range(1, 41))
    before = list(islice(MUSEUM.harvest(api, limit=10), 3))
    list(MUSEUM.harvest(api, checkpoint=before[-1].checkpoint, limit=10))
    assert [page for page, _ in api.asked] == [1, 2, 3, 4, 1]


@pytest.mark.parametrize(
    "checkpoint",
    [
        {"page": 3},
        {"scope": "search", "done": 0},
        {"scope": "artworks", "done": "many"},
        {"scope": "artworks", "done": -1},
        {"scope": "artworks", "done": 0, "head": "yesterday"},
        {"scope": "artworks", "done": 0, "head": 3},
    ],
)
def test_a_checkpoint_of_another_kind_has_expired(checkpoint):
    with pytest.raises(CheckpointExpired, match="start the harvest over"):
        next(MUSEUM.harvest(Collection([1]), checkpoint=checkpoint))


def test_an_incremental_harvest_ends_at_since():
    api = Collection(range(1, 101))
    pages = list(MUSEUM.harvest(api, since=START + timedelta(days=85), limit=10))
    assert ids_of(first_look(pages)) == list(range(100, 84, -1))
    assert [page.total for page in pages] == [None] * len(pages)
    assert max(page for page, _ in api.asked) == 2


def test_an_incremental_harvest_without_changes_is_two_requests_and_no_record():
    api = Collection(range(1, 301))
    pages = list(MUSEUM.harvest(api, since=START + timedelta(days=300, seconds=1)))
    assert ids_of(first_look(pages)) == []
    assert len(api.asked) == 2


def test_a_resumed_incremental_harvest_stays_one():
    api = Collection(range(1, 101))
    first = next(MUSEUM.harvest(api, since=START + timedelta(days=85), limit=10))
    pages = list(MUSEUM.harvest(api, checkpoint=first.checkpoint, limit=10))
    assert ids_of(first_look(pages)) == list(range(90, 84, -1))


def test_a_record_without_a_date_does_not_end_the_walk():
    api = Collection(range(1, 6))
    listing = api.json

    def undated(path: str, params: Mapping[str, Any] | None = None) -> Any:
        answer = listing(path, params)
        for entry in answer["data"]:
            if entry["id"] == 3:
                entry["updated_at"] = None
        return answer

    api.json = undated  # type: ignore[method-assign]
    pages = list(MUSEUM.harvest(api, since=START + timedelta(days=2), limit=3))
    assert set(ids_of(pages)) == {5, 4, 3, 2}


def test_an_empty_collection_is_one_empty_page():
    pages = list(MUSEUM.harvest(Collection([])))
    assert [(page.scope, page.listed, page.total) for page in pages] == [("artworks", 0, 0)]


@pytest.mark.parametrize("entry", [{"title": "x", "id": None}, {"title": "x"}, {"id": ""}, None, "19", []])
def test_an_entry_without_an_id_is_a_failure_and_not_dropped(entry):
    known = {"id": 1, "updated_at": START.isoformat()}
    api = OneAnswer({"pagination": {"total": 2}, "data": [known, entry], "config": {"iiif_url": IIIF}})
    page = next(MUSEUM.harvest(api))
    assert ids_of([page]) == [1]
    assert [failure.code for failure in page.failed.values()] == ["no_id"]
    assert page.listed == 2


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"pagination": {}, "data": [], "config": {"iiif_url": IIIF}},
        {"pagination": {"total": 0}, "data": None, "config": {"iiif_url": IIIF}},
        {"pagination": {"total": 1}, "data": [{"id": 1}], "config": None},
        {"pagination": {"total": 9}, "data": [], "config": {"iiif_url": IIIF}},
        {"pagination": {"total": 1}, "data": [{"id": 1}], "config": {"iiif_url": IIIF}},
        {"status": 403, "error": "Invalid limit", "detail": "x"},
    ],
    ids=["null", "list", "empty", "no total", "no data", "no config", "empty before the end", "no dates", "error"],
)
def test_another_shape_of_the_listing_ends_the_harvest(body):
    with pytest.raises(Malformed, match="AIC /artworks"):
        next(MUSEUM.harvest(OneAnswer(body)))


def test_the_contact_is_sent_in_the_header_the_museum_asks_for():
    assert MUSEUM.headers == {"AIC-User-Agent": "{user_agent}"}


@pytest.mark.shared
def test_harvest_reads_a_recorded_envelope():
    envelope = json.loads((RECORDED / "envelopes/artworks-page2-limit20-fields.2024.json").read_text())
    envelope["data"][0]["updated_at"] = "2024-10-24T06:40:27-05:00"  # the recording did not ask for it
    page = next(MUSEUM.harvest(OneAnswer(envelope), limit=20))
    assert (len(page.records), page.total) == (20, 126_302)
    assert page.records[0].payload["iiif_url"] == "https://www.artic.edu/iiif/2"
