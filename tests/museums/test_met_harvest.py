"""The Met: its harvest by department and search."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import pytest

from museum_assets.core.failures import CheckpointExpired, Gone, Malformed, SlowDown, Unavailable
from museum_assets.museums.met import BLOCKED_AFTER, MUSEUM
from museum_assets.museums.museum import Page
from tests.museums.test_met_read import but
from tests.support.museum_apis import MuseumApi, OneAnswer
from tests.support.museum_records import RECORDS

RECORDED = RECORDS / "met"


class Collection(MuseumApi):
    """The API over a collection in memory: what is in which department, what search finds, what objects answer."""

    def __init__(
        self,
        departments: Mapping[int, Iterable[int]] | None = None,
        found: Iterable[int] = (),
        objects: Mapping[int, Any] | None = None,
        changed: Iterable[int] = (),
        window: int = 10_000,
    ) -> None:
        self.departments: dict[int, list[int]] = {11: [], 15: [], 9: []}
        self.departments |= {key: list(ids) for key, ids in (departments or {}).items()}
        self.found = list(found)
        self.objects = dict(objects or {})
        self.changed = set(changed)
        self.window = window
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.fetched: list[int] = []

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        asked = dict(params or {})
        self.asked.append((path, asked))
        if path == "/v1/departments":
            return {"departments": [{"departmentId": key, "displayName": "?"} for key in self.departments]}
        if path == "/v1/objects":
            department = asked.get("departmentIds")
            ids = self.departments[department] if department else list(chain(*self.departments.values()))
            ids = [each for each in ids if "metadataDate" not in asked or each in self.changed]
            return {"total": len(ids), "objectIDs": ids or None}
        assert path == "/v1.1/search"
        department = asked.get("departmentId")
        ids = [each for each in self.found if department is None or each in self.departments[department]]
        page = ids[asked["offset"] : min(asked["offset"] + asked["limit"], self.window)]
        return {"total": len(ids), "objectIDs": page or None}

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Any]]:
        for path in paths:
            object_id = int(path.removeprefix("/v1/objects/"))
            self.fetched.append(object_id)
            yield path, self.objects.get(object_id, but(objectID=object_id))


def ids_of(pages: Iterable[Page]) -> list[str]:
    return [record.id for page in pages for record in page.records]


def test_harvest_lists_three_departments_and_the_paintings_search():
    api = Collection({11: [2, 1], 15: [4], 9: [3]}, found=[9, 8])
    pages = list(MUSEUM.harvest(api))
    assert ids_of(pages) == ["1", "2", "4", "3", "8", "9"]
    assert [(page.scope, page.listed, page.total) for page in pages] == [
        ("department-11", 2, 2),
        ("department-15", 1, 1),
        ("department-9", 1, 1),
        ("paintings", 2, 2),
    ]
    assert pages[0].records[0].payload["accessionNumber"] == "49.30"


def test_search_pages_by_500_and_names_q_last():
    api = Collection(found=range(1, 1_201))
    assert len(ids_of(MUSEUM.harvest(api))) == 1_200
    searches = [params for path, params in api.asked if path == "/v1.1/search"]
    assert [(params["offset"], params["limit"]) for params in searches] == [(0, 500), (500, 500), (1_000, 500)]
    assert {list(params)[-1] for params in searches} == {"q"}


def test_beyond_the_search_window_each_other_department_is_searched():
    api = Collection({11: [1], 6: range(100, 108), 7: range(200, 208)}, found=[1, *range(100, 108), *range(200, 208)],
                     window=10)  # fmt: skip
    last = [page for page in MUSEUM.harvest(api) if page.scope == "paintings"]
    assert len(ids_of(last)) == 16
    assert (last[0].listed, last[0].total) == (16, 16)
    asked = [params.get("departmentId") for path, params in api.asked if path == "/v1.1/search"]
    assert [each for each in asked if each] == [6, 7]


def test_a_search_that_stays_short_of_its_total_shows_as_short():
    api = Collection({6: range(100, 120)}, found=range(100, 120), window=10)
    last = [page for page in MUSEUM.harvest(api) if page.scope == "paintings"]
    assert (sum(page.listed for page in last), last[-1].total) == (10, 20)


def test_null_object_ids_are_an_empty_page_and_not_an_error():
    pages = list(MUSEUM.harvest(Collection()))
    assert [(page.scope, page.listed, page.total, page.records) for page in pages] == [
        (scope, 0, 0, []) for scope in ("department-11", "department-15", "department-9", "paintings")
    ]


@pytest.mark.parametrize("limit, sizes", [(None, [100, 100, 50]), (101, [100, 100, 50]), (99, [99, 99, 52])])
def test_pages_hold_at_most_a_hundred_objects(limit, sizes):
    pages = MUSEUM.harvest(Collection({11: range(1, 251)}), limit=limit)
    assert [page.listed for page in pages if page.scope == "department-11"] == sizes


def test_a_page_fetches_no_more_objects_than_the_limit():
    api = Collection({11: range(1, 251)})
    page = next(MUSEUM.harvest(api, limit=3))
    assert ids_of([page]) == ["1", "2", "3"]
    assert api.fetched == [1, 2, 3]


def test_an_object_of_two_scopes_is_fetched_once_but_listed_twice():
    api = Collection({11: [1, 2], 9: [2, 3]}, found=[1, 3, 4])
    pages = list(MUSEUM.harvest(api))
    assert Counter(api.fetched) == Counter([1, 2, 3, 4])
    assert [page.listed for page in pages] == [2, 0, 2, 3]


@pytest.mark.parametrize("stop_after", range(1, 8))
def test_resuming_anywhere_fetches_every_object_exactly_once(stop_after):
    api = Collection({11: [5, 1, 3], 15: [7], 9: [3, 9, 11]}, found=[1, 20, 21, 22])
    before = list(islice(MUSEUM.harvest(api, limit=2), stop_after))
    resumed = MUSEUM.harvest(api, checkpoint=json.loads(json.dumps(before[-1].checkpoint)))
    after = list(resumed)
    assert sorted(api.fetched) == [1, 3, 5, 7, 9, 11, 20, 21, 22]
    assert sorted(map(int, ids_of([*before, *after]))) == sorted(api.fetched)
    listed: Counter[str] = Counter()
    for page in [*before, *after]:
        listed[page.scope] += page.listed
    assert listed == {"department-11": 3, "department-15": 1, "department-9": 3, "paintings": 4}


@pytest.mark.parametrize(
    "checkpoint", [{"scope": "department-99", "after": 1, "changed_since": None}, {"scope": "paintings"}, {"page": 3}]
)
def test_a_checkpoint_of_another_kind_has_expired(checkpoint):
    with pytest.raises(CheckpointExpired, match="start the harvest over"):
        next(MUSEUM.harvest(Collection(), checkpoint=checkpoint))


def test_an_incremental_harvest_fetches_what_changed():
    api = Collection({11: [1, 2], 6: [30, 31, 32]}, found=[30, 31, 2], changed=[2, 31, 32])
    pages = list(MUSEUM.harvest(api, since=datetime(2026, 3, 1, 23, 30, tzinfo=UTC)))
    assert ids_of(pages) == ["2", "31"]
    dates = {params.get("metadataDate") for path, params in api.asked if path == "/v1/objects"}
    assert dates == {"2026-03-01"}
    assert pages[-1].total is None  # the API counts the search's hits, not those that changed


def test_a_resumed_incremental_harvest_stays_one():
    api = Collection({11: range(1, 9)}, changed=[2, 4, 6])
    first = next(MUSEUM.harvest(api, since=datetime(2026, 3, 1, tzinfo=UTC), limit=1))
    assert ids_of(MUSEUM.harvest(api, checkpoint=first.checkpoint)) == ["4", "6"]


def test_what_cannot_be_fetched_is_gone_or_failed_and_never_dropped():
    answers = {
        1: Gone("404"),
        2: SlowDown("403 with the bot wall's page"),
        3: Unavailable("timed out"),
        4: {"message": "Not a valid object"},
        5: {"message": "Endpoint request timed out"},
        6: but(objectID=666),
        7: ["not", "an", "object"],
        8: None,
    }
    page = next(MUSEUM.harvest(Collection({11: range(1, 10)}, objects=answers)))
    assert ids_of([page]) == ["9"]
    assert page.gone == ["1", "4"]
    codes = {id_: failure.code for id_, failure in page.failed.items()}
    assert codes == dict.fromkeys(["5", "7", "8"], "malformed") | {
        "2": "slow_down", "3": "unavailable", "6": "malformed_record"}  # fmt: skip
    # Another object's record does not become this one's by asking again: its harvest would never be complete.
    assert [id_ for id_, failure in page.failed.items() if failure.permanent] == ["6"]
    assert page.listed == len(page.records) + len(page.gone) + len(page.failed)


def test_a_wall_ends_the_harvest_instead_of_writing_off_the_listing():
    wall = {each: SlowDown(f"{each}: 403 with the bot wall's page") for each in range(20, 90)}
    api = Collection({11: range(1, 100)}, objects=wall)
    with pytest.raises(SlowDown):
        list(MUSEUM.harvest(api))
    assert len(api.fetched) == 19 + BLOCKED_AFTER


def test_one_answer_for_all_objects_is_a_wall():
    api = Collection({11: range(1, 100)}, objects=dict.fromkeys(range(20, 90), but(objectID=7)))
    with pytest.raises(Malformed, match="answer's objectID is 7"):
        list(MUSEUM.harvest(api))


def test_many_objects_that_are_gone_are_no_wall():
    api = Collection({11: range(1, 61)}, objects={each: Gone("404") for each in range(1, 61)})
    assert len(next(MUSEUM.harvest(api)).gone) == 60


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"objectIDs": [1]}, {"total": 1, "objectIDs": ["1"]}, {"total": 1, "objectIDs": 1}]
)
def test_another_shape_of_the_listing_ends_the_harvest(answer):
    with pytest.raises(Malformed, match="objects"):
        next(MUSEUM.harvest(OneAnswer(answer)))


@pytest.mark.shared
def test_harvest_reads_the_recorded_listings():
    department = json.loads((RECORDED / "envelopes/v1-objects_departmentIds_15_metadataDate.2026.json").read_text())
    nothing = json.loads((RECORDED / "envelopes/v1.1-search-nothing.2026.json").read_text())

    class Recorded(Collection):
        def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
            return department if (params or {}).get("departmentIds") == 15 else nothing

    api = Recorded()
    pages = [page for page in MUSEUM.harvest(api) if page.scope == "department-15"]
    assert (sum(page.listed for page in pages), pages[0].total) == (2_586, 2_586)
    assert api.fetched == sorted(department["objectIDs"])
