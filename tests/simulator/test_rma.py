from __future__ import annotations

from base64 import b64decode, b64encode
from urllib.parse import parse_qsl, urlsplit

import pytest
from defusedxml import ElementTree
from starlette.testclient import TestClient

from museum_assets.simulator.rma import Rma
from museum_assets.simulator.server import Simulator, build_app

OAI, EDM = "{http://www.openarchives.org/OAI/2.0/}", "{http://www.europeana.eu/schemas/edm/}"
ORE, DC = "{http://www.openarchives.org/ore/terms/}", "{http://purl.org/dc/elements/1.1/}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
PREFIX = {"metadataPrefix": "edm"}
LOD = "https://id.rijksmuseum.nl/"


def oai(client, verb, **params):
    answer = client.get("/rma/oai", params={"verb": verb} | params)
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content)


def walk(client, verb="ListRecords", **params):
    """Return all headers, and the number of pages."""
    root, headers, pages = oai(client, verb, **PREFIX, **params), [], 0
    while True:
        headers += list(root.iter(f"{OAI}header"))
        pages += 1
        token = root.findtext(f".//{OAI}resumptionToken")
        if not token:
            return headers, pages
        root = oai(client, verb, resumptionToken=token)


def error(client, verb, **params):
    return oai(client, verb, **params).find(f"{OAI}error").get("code")


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_lists_are_walked_in_fifties(client, verb):
    headers, pages = walk(client, verb)
    assert len({header.findtext(f"{OAI}identifier") for header in headers}) == len(headers) == 230
    assert pages == 5


def test_tokens_say_the_size_of_the_list_and_the_last_is_empty(client):
    token = oai(client, "ListRecords", **PREFIX).find(f".//{OAI}resumptionToken")
    assert token.attrib == {"completeListSize": "230", "cursor": "0"}
    for _ in range(4):
        token = oai(client, "ListRecords", resumptionToken=token.text).find(f".//{OAI}resumptionToken")
    assert token.text is None
    assert token.get("cursor") == "200"


@pytest.mark.parametrize(("set_spec", "word"), [("261208", "painting"), ("26133", "drawing")])
def test_paintings_and_drawings_are_sets(client, set_spec, word):
    assert set_spec in [element.text for element in oai(client, "ListSets").iter(f"{OAI}setSpec")]
    headers, _ = walk(client, set=set_spec)
    found = {header.findtext(f"{OAI}identifier") for header in headers}
    assert all(set_spec in [spec.text for spec in header.iter(f"{OAI}setSpec")] for header in headers)
    searched, params = set(), {"type": word}
    while params:
        page = search(client, **params)
        searched |= {item["id"] for item in page["orderedItems"]}
        params = dict(parse_qsl(urlsplit(page["next"]["id"]).query)) if "next" in page else {}
    assert 0 < len(found) < 230
    assert found == searched


def test_a_set_without_works_is_empty_and_not_unknown():
    nothing = TestClient(build_app(Simulator(0)))
    assert error(nothing, "ListRecords", **PREFIX, set="26133") == "noRecordsMatch"
    assert error(nothing, "ListRecords", **PREFIX, set="99") == "badArgument"


@pytest.mark.parametrize(("word", "set_spec"), [("tekening", "26133"), ("painting", "261208")])
def test_recorded_records_are_in_the_set_of_their_kind(tmp_path, word, set_spec):
    (tmp_path / "synthetic").mkdir()
    (tmp_path / "synthetic" / "record.xml").write_text(
        f'<record xmlns="http://www.openarchives.org/OAI/2.0/"><header><identifier>{LOD}7</identifier>'
        "<datestamp>2026-07-01T00:00:00Z</datestamp><setSpec>26151</setSpec></header><metadata>"
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        'xmlns:skos="http://www.w3.org/2004/02/skos/core#">'
        f"<skos:Concept><skos:prefLabel>{word}</skos:prefLabel></skos:Concept></rdf:RDF></metadata></record>"
    )
    (record,) = Rma().recorded(tmp_path)
    assert record.sets == tuple(sorted(("26151", set_spec)))
    assert Rma().read(record).facts.groups == {"26151", set_spec}


def test_from_and_until_are_inclusive_to_the_second(client):
    headers, _ = walk(client, "ListIdentifiers")
    stamps = sorted(header.findtext(f"{OAI}datestamp") for header in headers)
    window, _ = walk(client, "ListIdentifiers", **{"from": stamps[50], "until": stamps[100]})
    assert len(window) == len([stamp for stamp in stamps if stamps[50] <= stamp <= stamps[100]])
    day, _ = walk(client, "ListIdentifiers", **{"from": stamps[50][:10], "until": stamps[50][:10]})
    assert {header.findtext(f"{OAI}datestamp")[:10] for header in day} == {stamps[50][:10]}


@pytest.mark.parametrize(
    ("verb", "params", "code"),
    [
        ("Nonsense", {}, "badVerb"),
        ("ListRecords", {}, "badArgument"),
        ("ListRecords", {"metadataPrefix": "oai_dc"}, "cannotDisseminateFormat"),
        ("ListRecords", {"resumptionToken": "garbage"}, "badResumptionToken"),
        ("ListRecords", {"resumptionToken": "W10=", "set": "261208"}, "badArgument"),
        ("ListRecords", {**PREFIX, "from": "2099-01-01T00:00:00Z"}, "noRecordsMatch"),
        ("ListRecords", {**PREFIX, "from": "yesterday"}, "badArgument"),
        ("ListRecords", {**PREFIX, "set": "none"}, "badArgument"),
        ("ListRecords", {**PREFIX, "set": "261208", "from": "2099-01-01"}, "noRecordsMatch"),
        ("ListRecords", {**PREFIX, "limit": "5"}, "badArgument"),
        ("GetRecord", {**PREFIX, "identifier": f"{LOD}1"}, "idDoesNotExist"),
    ],
)
def test_errors_of_the_protocol(client, verb, params, code):
    assert error(client, verb, **params) == code


def test_identify_says_what_the_documentation_says(client):
    identify = oai(client, "Identify").find(f"{OAI}Identify")
    facts = {element.tag.removeprefix(OAI): element.text for element in identify}
    assert facts["deletedRecord"] == "persistent"
    assert facts["earliestDatestamp"] == "2024-08-15T13:51:17Z"


def test_a_vanished_object_is_a_deleted_header_without_metadata(sick):
    simulator, client = sick
    before = walk(client)[0][7].findtext(f"{OAI}datestamp")
    simulator.set_faults("rma", vanished={"200100007"})
    record = oai(client, "GetRecord", **PREFIX, identifier=f"{LOD}200100007").find(f".//{OAI}record")
    assert record.find(f"{OAI}header").get("status") == "deleted"
    assert record.find(f"{OAI}metadata") is None
    deleted = [header for header in walk(client)[0] if header.get("status") == "deleted"]
    assert [header.findtext(f"{OAI}identifier") for header in deleted] == [f"{LOD}200100007"]
    assert deleted[0].findtext(f"{OAI}datestamp") > before


def test_both_shapes_say_the_same(sick):
    simulator, client = sick
    found = {}
    for shape in ("flat", "nested"):
        simulator.set_faults("rma", edm_shape=shape)
        rdf = oai(client, "GetRecord", **PREFIX, identifier=f"{LOD}200100001").find(f".//{RDF}RDF")
        found[shape] = {
            "top": [child.tag for child in rdf],
            "nested": rdf.find(f"{ORE}Aggregation/{EDM}aggregatedCHO/{EDM}ProvidedCHO") is not None,
            "number": rdf.findtext(f".//{DC}identifier"),
            "image": [e.get(f"{RDF}resource") or e[0].get(f"{RDF}about") for e in rdf.iter(f"{EDM}isShownBy")],
        }
    assert found["flat"]["number"] == found["nested"]["number"] == "RP-P-OB-2"
    assert found["flat"]["image"] == found["nested"]["image"] != []
    assert (found["flat"]["nested"], found["nested"]["nested"]) == (False, True)
    assert f"{EDM}ProvidedCHO" in found["flat"]["top"]
    assert f"{EDM}ProvidedCHO" not in found["nested"]["top"]


def search(client, **params):
    answer = client.get("/rma/search/collection", params=params)
    assert answer.status_code == 200
    return answer.json()


def test_search_pages_by_keyset_in_hundreds(client, real):
    page, ids, sizes = search(client), [], []
    assert page.keys() - {"next"} == real("rma/envelopes/search-collection-milkmaid.2026.json").keys()
    while True:
        ids += [item["id"] for item in page["orderedItems"]]
        sizes.append(len(page["orderedItems"]))
        if "next" not in page:
            break
        page = client.get(page["next"]["id"]).json()
    assert sizes == [100, 100, 30]
    assert len(set(ids)) == page["partOf"]["totalItems"] == 230
    assert client.get(page["partOf"]["last"]["id"]).json()["orderedItems"] == page["orderedItems"]


def test_the_token_is_the_last_id(client):
    token = search(client)["next"]["id"].split("pageToken=")[1].replace("%3D", "=")
    assert LOD in b64decode(token).decode()
    assert search(client, pageToken="")["orderedItems"] == search(client)["orderedItems"]


@pytest.mark.parametrize(
    "params",
    [{"page": "2"}, {"offset": "0"}, {"limit": "5"}, {"ps": "5"}, {"q": "x"}, {"pageToken": "garbage"},
     {"pageToken": b64encode(b'{"token": "x"}').decode()}],
)  # fmt: skip
def test_unknown_parameters_and_broken_tokens_are_400(client, params):
    assert client.get("/rma/search/collection", params=params).status_code == 400


def test_search_takes_types_in_both_languages(client):
    english, dutch = (search(client, type=word, imageAvailable="true") for word in ("painting", "schilderij"))
    assert english["orderedItems"] == dutch["orderedItems"] != []
    assert english["partOf"]["totalItems"] < search(client, type="painting")["partOf"]["totalItems"]


def test_wider_than_the_image_is_400(client):
    url = "/images/rma/W000001/full"
    assert client.get(f"{url}/max/0/default.jpg").status_code == 200
    assert client.get(f"{url}/9999,/0/default.jpg").status_code == 400
    assert client.get(f"{url}/banana/0/default.jpg").status_code == 400
