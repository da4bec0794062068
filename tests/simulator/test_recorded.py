from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from museum_assets.simulator import drawing
from museum_assets.simulator.server import Simulator, build_app


@pytest.fixture(scope="module")
def client(shared):
    return TestClient(build_app(Simulator(records=shared / "data")))


def smk(client, filters=""):
    return client.get("/smk/api/v1/art/search/", params={"keys": "*", "rows": 100, "filters": filters}).json()


def test_smk_serves_single_items_and_those_of_envelopes_once(client):
    numbers = [item["object_number"] for item in smk(client)["items"]]
    assert len(numbers) == len(set(numbers)) == 13
    assert "KKSgb6775/3" in numbers


@pytest.mark.parametrize(("name", "numbers"), [("maleri", {"KMS1", "KMS8010"}), ("Painting", {"KMS1", "KMS8010"}),
                                               ("træsnit", {"KKS9610"}), ("skulptur", set())])  # fmt: skip
def test_smk_filters_in_either_language(client, name, numbers):
    items = smk(client, f"[object_names:{name}],[public_domain:true],[has_image:true]")["items"]
    assert {item["object_number"] for item in items} == numbers


def without_addresses(record):
    return {key: value for key, value in record.items() if "image" not in key or key == "image_width"}


def test_only_image_addresses_are_replaced(client, shared):
    real = json.loads((shared / "data/museum_records/smk/records/KMS1.2019.item.json").read_text())
    served = client.get("/smk/api/v1/art/?object_number=KMS1").json()["items"][0]
    assert served.keys() == real.keys()
    assert without_addresses(served) == without_addresses(real)
    assert served["image_thumbnail"].startswith("http://testserver/images/smk/iiif/")
    picture = client.get(served["image_thumbnail"]).content
    assert max(drawing.dimensions(picture)) == 720
    assert "iip.smk.dk" not in json.dumps(served)


def test_met_keeps_its_records_and_their_empty_images(client, shared):
    ids = client.get("/met/public/collection/v1/objects").json()["objectIDs"]
    assert len(ids) == 8
    real = json.loads((shared / "data/museum_records/met/records/915129-in-copyright.2026.json").read_text())
    assert client.get("/met/public/collection/v1/objects/915129").json() == real
    shown = client.get("/met/public/collection/v1/objects/786829").json()
    assert shown["accessionNumber"] == "2019.66.1a–o–.95"
    assert client.get(shown["primaryImage"]).headers["content-type"] == "image/jpeg"


def test_cma_serves_every_record_of_its_envelopes(client):
    everything = client.get("/cma/api/artworks/?limit=1000&cc0=1&has_image=1").json()
    assert everything["info"]["total"] == len(everything["data"]) > 100
    drawings = client.get("/cma/api/artworks/?type=Drawing").json()["data"]
    assert {record["type"] for record in drawings} == {"Drawing"}
    images = everything["data"][0]["images"]
    assert client.get(images["web"]["url"]).headers["content-type"] == "image/jpeg"
    assert isinstance(images["web"]["width"], str)


def test_aic_sorts_old_and_new_records_by_their_last_change(client):
    records = client.get("/aic/api/v1/artworks?limit=100").json()["data"]
    assert len(records) == 17
    assert [record["id"] for record in records[:3]] == [19, 23, 25]
    answer = client.get("/aic/api/v1/artworks/19").json()
    url = f"{answer['config']['iiif_url']}/{answer['data']['image_id']}/full/843,/0/default.jpg"
    assert drawing.dimensions(client.get(url).content)[0] <= 843


def test_rma_serves_the_test_made_records_with_images_of_this_server(client):
    page = client.get("/rma/oai?verb=ListRecords&metadataPrefix=edm").text
    assert "Rembrandt van Rijn" in page
    assert "iiif.micr.io" not in page
    assert page.count("<record>") == 6
    url = page.split('edm:WebResource rdf:about="')[1].split('"')[0]
    assert url.startswith("http://testserver/images/rma/")
    assert client.get(url).headers["content-type"] == "image/jpeg"
    assert client.get(url.replace("/max/", "/800,/")).status_code == 200
    found = client.get("/rma/search/collection?objectNumber=SK-C-5").json()["orderedItems"]
    assert found == [{"id": "https://id.rijksmuseum.nl/200107928", "type": "HumanMadeObject"}]


def test_changed_titles_work_on_real_records_too(client, shared):
    simulator = Simulator(records=shared / "data")
    simulator.set_faults("rma", changed={"200107928": 4})
    simulator.set_faults("aic", changed={"120876": 4})
    changed = TestClient(build_app(simulator))
    assert "The Night Watch (4)" in changed.get("/rma/oai?verb=ListRecords&metadataPrefix=edm").text
    assert changed.get("/aic/api/v1/artworks").json()["data"][0]["title"] == "Teapot (4)"


@pytest.mark.parametrize("made", [[], ["museum_records/smk/records"]])
def test_a_folder_without_records_is_refused_by_name(tmp_path, made):
    for folder in made:
        (tmp_path / folder).mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match="no records of smk"):
        Simulator(records=tmp_path)


def test_records_without_pictures_are_refused(tmp_path):
    records = tmp_path / "museum_records/smk/records"
    records.mkdir(parents=True)
    item = {"id": "1_object", "object_number": "KMS1", "modified": "2020-01-01T00:00:00Z", "public_domain": True}
    (records / "a.json").write_text(json.dumps(item))
    with pytest.raises(FileNotFoundError, match="no pictures"):
        Simulator(records=tmp_path)
