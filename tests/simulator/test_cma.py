from __future__ import annotations

import pytest

BASE = "/cma/api/artworks"


def listed(client, **params):
    return client.get(f"{BASE}/", params=params).json()


def test_envelope_and_records_have_the_keys_of_real_ones(client, real):
    real_page, page = real("cma/envelopes/artworks-limit1.2020.json"), listed(client, limit=1000)
    assert page.keys() == real_page.keys()
    assert page["info"].keys() == real_page["info"].keys()
    assert all(record.keys() == real_page["data"][0].keys() for record in page["data"])


def test_parameters_are_echoed_as_text(client):
    assert listed(client, cc0=1, limit=2)["info"]["parameters"] == {"cc0": "1", "limit": "2"}


def test_past_the_end_data_is_empty_and_total_stays(client):
    page = listed(client, skip=9999, limit=1)
    assert (page["data"], page["info"]["total"]) == ([], 230)


def test_page_is_not_a_parameter(client):
    assert listed(client, limit=5, page=3)["data"] == listed(client, limit=5)["data"]
    assert listed(client, limit=5, skip=5)["data"] != listed(client, limit=5)["data"]


@pytest.mark.parametrize("name", ["cc0", "cc"])
def test_filters(client, name):
    records = listed(client, **{name: 1, "has_image": 1, "type": "Painting"})["data"]
    assert 0 < len(records) < 230
    assert {(record["share_license_status"], record["type"]) for record in records} == {("CC0", "Painting")}
    assert all(record["images"] is not None for record in records)


def test_updated_since(client):
    recent = listed(client, updated_since="2026-01-01")
    assert 0 < recent["info"]["total"] < 230
    assert all(record["updated_at"] >= "2026" for record in recent["data"])


def test_limit_is_capped_at_a_thousand():
    from starlette.testclient import TestClient

    from museum_assets.simulator.server import Simulator, build_app

    page = listed(TestClient(build_app(Simulator({"cma": 1500}))), limit=5000)
    assert (len(page["data"]), page["info"]["total"]) == (1000, 1500)


def test_one_artwork_by_either_number(client):
    by_id = client.get(f"{BASE}/90005").json()["data"]
    assert client.get(f"{BASE}/{by_id['accession_number']}").json()["data"] == by_id
    assert client.get(f"{BASE}/1.1").status_code == 404


def test_sizes_are_text_and_variants_may_be_missing(client):
    images = [record["images"] for record in listed(client)["data"] if record["images"]]
    assert any("print" not in variants for variants in images)
    assert all(isinstance(v[k], str) for variants in images for v in variants.values() for k in ("width", "filesize"))
    web = next(variants["web"] for variants in images if "web" in variants)
    answer = client.get(web["url"])
    assert answer.headers["content-type"] == "image/jpeg"


def test_full_is_a_tiff_of_the_size_that_the_record_says(client):
    from io import BytesIO

    from PIL import Image

    full = next(r["images"]["full"] for r in listed(client)["data"] if r["images"] and "full" in r["images"])
    image = Image.open(BytesIO(client.get(full["url"]).content))
    assert (image.format, str(image.width), str(image.height)) == ("TIFF", full["width"], full["height"])


def test_fields_trim(client):
    assert listed(client, limit=1, fields="id,title")["data"][0].keys() == {"id", "title"}
