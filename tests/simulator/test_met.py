from __future__ import annotations

from collections import Counter

import pytest

BASE = "/met/public/collection"


@pytest.fixture(scope="module")
def works(client):
    return [client.get(f"{BASE}/v1/objects/{i}").json() for i in listed(client)["objectIDs"]]


def listed(client, **params):
    return client.get(f"{BASE}/v1/objects", params=params).json()


def test_the_listing_is_one_page_of_ids(client, real):
    listing = listed(client)
    assert listing.keys() == real("met/envelopes/v1-objects_departmentIds_15_metadataDate.2026.json").keys()
    assert listing["total"] == len(set(listing["objectIDs"])) == 230


def test_departments_are_joined_by_bars(client):
    both, one, other = (set(listed(client, departmentIds=ids)["objectIDs"]) for ids in ("11|15", "11", "15"))
    assert one and other
    assert both == one | other


def test_metadata_date_keeps_what_changed_since(client, works):
    recent = listed(client, metadataDate="2026-01-01")["objectIDs"]
    assert 0 < len(recent) < 230
    assert all(work["metadataDate"] >= "2026" for work in works if work["objectID"] in recent)
    assert all(work["metadataDate"] < "2026" for work in works if work["objectID"] not in recent)


def test_nothing_found_is_null(client, real):
    assert client.get(f"{BASE}/v1.1/search?q=zzzz").json() == real("met/envelopes/v1.1-search-nothing.2026.json")
    assert listed(client, metadataDate="2099-01-01") == {"total": 0, "objectIDs": None}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/objects/0", "met/errors/404-objects_0.2026.json"),
        ("/v1/objects/abc", "met/errors/404-objects_0.2026.json"),
        ("/v1/objects/", "met/errors/404-objects_.2026.json"),
        ("/v1/search?q=paintings", "met/errors/404-objects_.2026.json"),
        ("/v1.1/objects/430000", "met/errors/404-objects_.2026.json"),
    ],
)
def test_what_is_not_there(client, real, path, body):
    answer = client.get(BASE + path)
    assert (answer.status_code, answer.json()) == (404, real(body))


def test_search_pages_by_offset_and_limit_of_at_most_500(sick):
    _, client = sick
    first = client.get(f"{BASE}/v1.1/search?q=paintings&limit=10").json()
    second = client.get(f"{BASE}/v1.1/search?q=paintings&limit=10&offset=10").json()
    assert first["total"] == second["total"] > 20
    assert not set(first["objectIDs"]) & set(second["objectIDs"])
    assert len(client.get(f"{BASE}/v1.1/search?q=*").json()["objectIDs"]) == 100
    assert len(client.get(f"{BASE}/v1.1/search?q=*&limit=9999").json()["objectIDs"]) == 230


def test_objects_have_the_keys_of_a_real_one(client, real, works):
    keys = real("met/records/437980.2026.json").keys()
    assert all(work.keys() == keys for work in works)
    assert client.get(f"{BASE}/v1/departments").json() == real("met/envelopes/v1-departments.2026.json")


def test_images_are_empty_when_not_in_the_public_domain(client, works):
    closed = [work for work in works if not work["isPublicDomain"]]
    assert closed
    assert {work["primaryImage"] for work in closed} == {""}
    assert any(work["isPublicDomain"] and not work["primaryImage"] for work in works)


def test_accession_numbers_are_odd_and_a_few_occur_twice(client, works):
    numbers = Counter(work["accessionNumber"] for work in works)
    assert 0 < sum(count > 1 for count in numbers.values()) < 20
    assert all(character in " ".join(numbers) for character in ",–(")


def test_images_refuse_clients_that_want_json_and_take_quoted_names(client, works):
    work = next(work for work in works if " " in work["primaryImageSmall"])
    assert client.get(work["primaryImageSmall"]).headers["content-type"] == "image/jpeg"
    assert client.get(work["primaryImageSmall"], headers={"Accept": "application/json"}).status_code == 406


def test_some_years_are_before_christ(client, works):
    assert any(work["objectBeginDate"] < 0 and "B.C." in work["objectDate"] for work in works)
