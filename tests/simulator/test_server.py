from __future__ import annotations

import ast
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import museum_assets.simulator
from museum_assets.museums import MUSEUMS
from museum_assets.simulator import server
from museum_assets.simulator.server import Simulator, environment, running
from tests.support.places import ROOT

DECLARED = {
    "museum_assets.museums.kiosk_museum",
    "museum_assets.museums.kiosk_files",
    "museum_assets.museums.KIOSK_MUSEUMS",
    "museum_assets.museums.MUSEUMS",
    "museum_assets.museums.DECLARED",
    "museum_assets.museums.sample_file",
    "museum_assets.museums.kiosks",
}
"""Which museums there are, where a sample lies, and how the files and messages of a kiosk museum look."""


def test_it_reads_nothing_of_the_museums_it_tests():
    for path in Path(museum_assets.simulator.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module not in DECLARED:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert not [name for name in names if name.startswith("museum_assets.museums") and name not in DECLARED], (
                path
            )


def test_the_environment_names_every_museum_on_this_server():
    variables = environment("http://127.0.0.1:5000")
    assert variables["MUSEUM_API_MET"] == "http://127.0.0.1:5000/met/public/collection"
    assert variables["MUSEUM_IMAGE_HOSTS_SMK"] == "127.0.0.1:5000"
    assert len(variables) == 3 * len(MUSEUMS)


def test_a_museum_that_cannot_be_simulated_leads_nowhere(monkeypatch):
    """Not to the museum itself, which a demo must never ask."""
    monkeypatch.setattr(server, "MUSEUMS", (*MUSEUMS, "nobody"))
    with running(Simulator(1)) as found:
        address = found.environment["MUSEUM_API_NOBODY"]
        assert address == f"{found.base_url}/not-simulated/nobody"
        assert httpx.get(address).status_code == 404


def test_a_running_server_answers_many_at_once_and_stops():
    with running(Simulator(30)) as server:
        with httpx.Client(base_url=server.base_url) as client, ThreadPoolExecutor(8) as pool:
            urls = [f"/met/public/collection/v1/objects/{430_000 + n}" for n in range(30)]
            answers = list(pool.map(client.get, urls))
        assert [answer.json()["objectID"] for answer in answers] == [430_000 + n for n in range(30)]
        assert server.counts()["met"] == {"object": 30}
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.base_url)


def test_control_counts_sets_and_heals(sick):
    _, client = sick
    client.get("/smk/api/v1/art/search/?keys=*")
    client.get("/images/rma/W000001/full/!50,50/0/default.jpg")
    client.get("/aic/api/v1/nowhere")
    asked = {"smk": {"search": 1}, "rma": {"image": 1}, "aic": {"unknown": 1}}
    assert client.get("/_control").json()["counts"] == {slug: asked.get(slug, {}) for slug in MUSEUMS}
    answer = client.post("/_control", json={"smk": {"server_errors": 1}, "cma": {"vanished": ["90001"]}})
    assert answer.json()["faults"]["smk"]["server_errors"] == 1
    assert client.get("/smk/api/v1/art/search/?keys=*").status_code == 503
    assert client.get("/cma/api/artworks/90001").status_code == 404
    assert client.delete("/_control").json()["counts"]["smk"] == {}
    assert client.get("/cma/api/artworks/90001").status_code == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"louvre": {}}, "louvre"),
        ({"smk": {"speed": 1}}, "speed"),
        ({"smk": {"vanished": ["nobody"]}}, "nobody"),
        ([], "faults"),
    ],
)
def test_control_refuses_by_name(sick, body, named):
    answer = sick[1].post("/_control", json=body)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def test_an_unknown_museum_in_the_works_is_refused():
    with pytest.raises(ValueError, match="louvre"):
        Simulator({"louvre": 3})


def test_two_servers_with_one_seed_say_the_same(client):
    with running(Simulator(230)) as server:
        for path in ("/cma/api/artworks/?limit=1000", "/aic/api/v1/artworks?limit=100"):
            ours = httpx.get(server.base_url + path).text.replace(server.base_url, "http://testserver")
            assert ours == client.get(path).text


def test_images_carry_an_etag(client):
    url = "/images/rma/W000001/full/!100,100/0/default.jpg"
    first = client.get(url)
    again = client.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/images/louvre/x.jpg").status_code == 404
    assert client.get("/images/rma/W999999/full/max/0/default.jpg").status_code == 404


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "museum_assets.simulator", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_command_announces_where_it_is():
    process = start("--works", "3", "--faults", '{"met": {"vanished": ["430001"]}}')
    try:
        announced = json.loads(process.stdout.readline())
        assert announced["environment"] == environment(announced["base_url"])
        listing = httpx.get(announced["environment"]["MUSEUM_API_MET"] + "/v1/objects").json()
        assert listing == {"total": 2, "objectIDs": [430000, 430002]}
    finally:
        process.terminate()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--faults", '{"smk": {"speed": 1}}'], "speed"),
        (["--faults", "{"], "--faults is not JSON"),
        (["--records", "nowhere"], "no records of smk below nowhere"),
    ],
)
def test_the_command_refuses_by_name(arguments, named):
    process = start(*arguments)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert named in errors
