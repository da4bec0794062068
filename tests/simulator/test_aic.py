from __future__ import annotations

from collections import Counter

BASE = "/aic/api/v1/artworks"


def page(client, **params):
    answer = client.get(BASE, params=params)
    assert answer.status_code == 200
    return answer.json()


def walk(client):
    return [record for number in (1, 2, 3) for record in page(client, limit=100, page=number)["data"]]


def test_envelope_and_records_have_the_keys_of_real_ones(client, real):
    envelope = real("aic/envelopes/artworks-page2-limit20-fields.2024.json")
    answer = page(client, limit=20, page=2)
    assert answer.keys() == envelope.keys()
    assert answer["pagination"].keys() == envelope["pagination"].keys()
    assert answer["config"].keys() == envelope["config"].keys()
    keys = real("aic/records/19.dump2025.json").keys()
    assert all(record.keys() == keys for record in answer["data"])


def test_first_and_last_page_lack_the_neighbour(client):
    assert "prev_url" not in page(client, limit=100)["pagination"]
    assert "next_url" not in page(client, limit=100, page=3)["pagination"]
    assert page(client, limit=100, page=9)["data"] == []


def test_next_url_leads_on_and_keeps_the_fields(client):
    first = page(client, limit=50, fields="id")
    second = client.get(first["pagination"]["next_url"]).json()
    assert second["pagination"]["current_page"] == 2
    assert second["data"][0].keys() == {"id"}
    assert not {record["id"] for record in first["data"]} & {record["id"] for record in second["data"]}


def test_the_last_updated_come_first_and_every_work_comes_once(client):
    records = walk(client)
    assert len({record["id"] for record in records}) == len(records) == 230
    assert [r["updated_at"] for r in records] == sorted((r["updated_at"] for r in records), reverse=True)


def test_more_than_a_hundred_is_refused(client):
    answer = client.get(BASE, params={"limit": 101})
    assert answer.status_code == 403
    assert (answer.json()["status"], answer.json()["error"]) == (403, "Invalid limit")


def test_search_window_and_unknown_routes_answer_as_recorded(client, real):
    answer = client.get(f"{BASE}/search", params={"page": 11, "limit": 100})
    assert (answer.status_code, answer.json()) == (403, real("aic/errors/403-search-window-over-1000.2026.json"))
    unknown = client.get("/aic/api/v1/nowhere")
    assert (unknown.status_code, unknown.json()) == (404, real("aic/errors/404-unknown-route.2026.json"))


def test_an_unknown_artwork(client):
    answer = client.get(f"{BASE}/1")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "The item you requested cannot be found."


def test_search_hits_have_the_keys_of_real_ones_and_nonsense_finds_everything(client, real):
    envelope = real("aic/envelopes/artworks-search-q-monet.docs2026.json")
    answer = client.get(f"{BASE}/search", params={"q": "haarlem"}).json()
    assert answer.keys() == envelope.keys()
    assert answer["data"][0].keys() == envelope["data"][0].keys()
    assert 0 < answer["pagination"]["total"] < 230
    assert client.get(f"{BASE}/search", params={"q": "qqqq"}).json()["pagination"]["total"] == 230


def test_ids_choose(client):
    assert [record["id"] for record in page(client, ids="20003,20001,1")["data"]] == [20003, 20001]


def test_images_come_from_the_config_and_every_size_leads_to_843(client):
    answer = page(client, limit=100)
    record = next(r for r in answer["data"] if r["image_id"] and r["thumbnail"]["width"] > 843)
    base = f"{answer['config']['iiif_url']}/{record['image_id']}/full"
    assert client.get(f"{base}/843,/0/default.jpg").status_code == 200
    other = client.get(f"{base}/!800,800/0/default.jpg", follow_redirects=False)
    assert (other.status_code, other.headers["location"].endswith("/full/843,/0/default.jpg")) == (307, True)


def test_some_works_lack_image_artist_or_a_number_of_their_own(client):
    records = walk(client)
    assert any(record["image_id"] is None for record in records)
    assert any(record["artist_title"] is None for record in records)
    assert max(Counter(record["main_reference_number"] for record in records).values()) == 2
