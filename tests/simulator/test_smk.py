from __future__ import annotations

import pytest

from museum_assets.simulator.smk import filters

SEARCH = "/smk/api/v1/art/search/"


def search(client, **params):
    answer = client.get(SEARCH, params={"keys": "*"} | params)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(
    ("values", "read"),
    [
        (["[has_image:true],[public_domain:true]"], {"has_image": "true", "public_domain": "true"}),
        (["[has_image:true][public_domain:true]"], {"has_image": "true"}),
        (["[has_image:true]", "[public_domain:true]"], {"has_image": "true", "public_domain": "true"}),
        (["[a:1][b:2],[c:3]"], {"a": "1", "c": "3"}),
        ([""], {}),
        (["has_image:true"], {}),
    ],
)
def test_filters_take_a_comma_and_ignore_what_follows_without_one(values, read):
    assert filters(values) == read


def test_filters_narrow_on_the_server(client):
    everything, image = search(client, rows=2000), search(client, filters="[has_image:true]")
    both = search(client, filters="[has_image:true],[public_domain:true]", rows=2000)
    assert everything["found"] > image["found"] > both["found"] > 0
    assert len(everything["items"]) == everything["found"] == 230
    assert all(item["has_image"] and item["public_domain"] for item in both["items"])
    paintings = search(client, filters="[object_names:maleri]", rows=2000)
    assert {item["object_names"][0]["name"] for item in paintings["items"]} == {"maleri"}


def test_pages_join_without_gap_or_overlap(client):
    walked = [item["id"] for offset in range(0, 230, 50) for item in search(client, offset=offset, rows=50)["items"]]
    assert len(walked) == len(set(walked)) == 230


def test_rows_are_capped_and_default_to_ten(client):
    assert search(client, rows=5000)["rows"] == 2000
    assert len(search(client)["items"]) == search(client)["rows"] == 10


def test_past_the_end_there_is_no_items_key_and_without_hits_an_empty_list(client, real):
    past_end, nothing = search(client, offset=9999), search(client, keys="nothingatall")
    assert past_end.keys() == real("smk/errors/search-offset-past-end-NO-items-key.2020.json").keys()
    assert nothing.keys() == real("smk/envelopes/search_nothing.2026.json").keys()
    assert (past_end["found"], nothing["found"], nothing["items"]) == (230, 0, [])


def test_envelope_and_items_have_the_keys_of_real_ones(client, real):
    assert search(client).keys() == real("smk/envelopes/search-rows1.2020.json").keys()
    known = set(real("smk/records/KMS8010.2026.art-envelope.json")["items"][0])
    known |= set(real("smk/records/KKS1615.2020.item.json")) | set(real("smk/records/KKSgb6349.2019.item.json"))
    used = {key for item in search(client, rows=2000)["items"] for key in item}
    assert used <= known


def test_a_work_without_an_image_drops_every_image_key(client):
    items = search(client, filters="[has_image:false]", rows=2000)["items"]
    assert items
    assert not [key for item in items for key in item if key.startswith("image_")]


def test_some_images_are_legacy_ones_without_iiif(client):
    items = search(client, filters="[has_image:true]", rows=2000)["items"]
    legacy = [item for item in items if item["image_iiif_id"] is None]
    assert 0.1 < len(legacy) / len(items) < 0.45
    assert all(item["image_thumbnail"] == item["image_native"] for item in legacy)


def test_object_number_ignores_case_and_an_unknown_one_is_no_error(client):
    assert client.get("/smk/api/v1/art", params={"object_number": "kms1"}).json()["items"][0]["object_number"] == "KMS1"
    unknown = client.get("/smk/api/v1/art/", params={"object_number": "KMS99999"})
    assert (unknown.status_code, unknown.json()) == (200, {"items": []})


def test_lang_changes_the_words(client):
    danish, english = (search(client, lang=lang, rows=2000)["items"] for lang in ("da", "en"))
    names = [{item["object_names"][0]["name"] for item in items} for items in (danish, english)]
    assert {"maleri", "tegning", "Buste"} <= names[0]
    assert {"Painting", "Drawing", "Bust"} <= names[1]
    assert ["Unknown"] in [item["artist"] for item in english]


def test_object_numbers_hold_what_paths_and_keys_must_survive(client):
    numbers = " ".join(item["object_number"] for item in search(client, rows=100)["items"])
    assert all(character in numbers for character in "/Ø( ")


@pytest.mark.parametrize(
    ("params", "status"), [({}, 400), ({"keys": "*", "rows": "x"}, 400), ({"keys": "*", "facets": "artist"}, 501)]
)
def test_what_it_cannot_answer_is_refused(client, params, status):
    assert client.get(SEARCH, params=params).status_code == status
