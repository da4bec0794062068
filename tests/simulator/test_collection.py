"""The faults that change what a museum's collection holds, seen through each museum's API."""

from __future__ import annotations

import re

import pytest

LOD = "https://id.rijksmuseum.nl/"
GET_RECORD = f"/rma/oai?verb=GetRecord&metadataPrefix=edm&identifier={LOD}"
# museum: (an internal id, how to list all ids, how to fetch one).
OBJECTS = {
    "smk": (
        "1180000005_object",
        "/smk/api/v1/art/search/?keys=*&rows=2000",
        "/smk/api/v1/art/?object_number=KAS6 (kopi)",
    ),
    "met": ("430005", "/met/public/collection/v1/objects", "/met/public/collection/v1/objects/430005"),
    "rma": ("200100005", "/rma/search/collection", f"{GET_RECORD}200100005"),
    "cma": ("90005", "/cma/api/artworks/", "/cma/api/artworks/90005"),
    "aic": ("20005", "/aic/api/v1/artworks?limit=100&page={page}&fields=id", "/aic/api/v1/artworks/20005"),
}


def listed(client, museum):
    pages = range(1, 4) if "{page}" in OBJECTS[museum][1] else [1]
    text = "".join(client.get(OBJECTS[museum][1].format(page=page)).text for page in pages)
    return OBJECTS[museum][0] in re.findall(r"\d+(?:_object)?", text)


@pytest.mark.parametrize("museum", OBJECTS)
def test_a_vanished_object_leaves_list_and_address_and_can_come_back(sick, museum):
    simulator, client = sick
    record_id, _, url = OBJECTS[museum]
    before = client.get(url)
    assert listed(client, museum)
    simulator.set_faults(museum, vanished={record_id})
    assert not listed(client, museum)
    gone = client.get(url)
    assert gone.status_code == 404 or gone.json() == {"items": []} if museum != "rma" else "deleted" in gone.text
    simulator.set_faults(museum, vanished=set())
    assert listed(client, museum)
    assert len(client.get(url).content) == pytest.approx(len(before.content), abs=60)


@pytest.mark.parametrize("museum", OBJECTS)
def test_a_changed_object_has_another_title_for_each_version(sick, museum):
    simulator, client = sick
    record_id, _, url = OBJECTS[museum]
    bodies = []
    for version in (0, 1, 2):
        simulator.set_faults(museum, changed={record_id: version} if version else {})
        bodies.append(client.get(url).text)
    assert "(1)" in bodies[1]
    assert "(2)" in bodies[2]
    assert "(1)" not in bodies[0] + bodies[2]


def test_a_change_is_the_newest_and_incremental_questions_find_it(sick):
    simulator, client = sick
    for museum in ("met", "cma", "aic", "rma"):
        simulator.set_faults(museum, changed={OBJECTS[museum][0]: 1})
    today = simulator.faults.dated("met")["430005"].date().isoformat()
    assert client.get("/aic/api/v1/artworks").json()["data"][0]["id"] == 20005
    assert client.get(f"/met/public/collection/v1/objects?metadataDate={today}").json()["objectIDs"] == [430005]
    assert client.get(f"/cma/api/artworks/?updated_since={today}").json()["info"]["total"] == 1
    headers = client.get(f"/rma/oai?verb=ListIdentifiers&metadataPrefix=edm&from={today}").text
    assert re.findall(r"<identifier>(.*?)</identifier>", headers) == [f"{LOD}200100005"]


def test_short_pages_hold_less_than_promised(sick):
    simulator, client = sick
    simulator.set_faults("smk", short_pages=1, missing_per_page=3)
    page = client.get("/smk/api/v1/art/search/?keys=*&rows=20").json()
    assert (page["found"], page["rows"], len(page["items"])) == (230, 20, 17)


def test_duplicates_repeat_the_last_of_the_page_before(sick):
    simulator, client = sick
    simulator.set_faults("cma", duplicates=1)
    first, second = (client.get(f"/cma/api/artworks/?limit=10&skip={skip}").json()["data"] for skip in (0, 10))
    assert second[0]["id"] == first[-1]["id"]
    assert len({record["id"] for record in first + second}) == 20


@pytest.mark.parametrize("museum", OBJECTS)
def test_padding_makes_records_huge(sick, museum):
    simulator, client = sick
    url = OBJECTS[museum][2]
    before = len(client.get(url).content)
    simulator.set_faults(museum, padding=100_000)
    assert len(client.get(url).content) > before + 100_000
