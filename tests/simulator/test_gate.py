from __future__ import annotations

from io import BytesIO

import httpx
import pytest
from PIL import Image

from museum_assets.simulator.gate import BOMB_SIDE, PRIVATE_URL, bomb
from museum_assets.simulator.server import Simulator, running

pytestmark = pytest.mark.slow  # it starts processes, or waits

SMK = "/smk/api/v1/art/search/?keys=*"
OAI = "/rma/oai?verb=ListRecords&metadataPrefix=edm"
IMAGE = "/images/rma/W000001/full/!300,300/0/default.jpg"


def test_429_says_how_long_to_wait(sick):
    simulator, client = sick
    simulator.set_faults("smk", too_many_requests=1, retry_after=7)
    answer = client.get(SMK)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert client.get(OAI).status_code == 200


def test_the_bot_wall_is_html_with_403(sick):
    simulator, client = sick
    simulator.set_faults("met", bot_wall_after=0)
    answer = client.get("/met/public/collection/v1/objects")
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")


def test_fail_next_recovers(sick):
    simulator, client = sick
    simulator.set_faults("all", fail_next=1)
    assert [client.get(SMK).status_code for _ in range(2)] == [503, 200]


@pytest.mark.parametrize("url", [SMK, OAI])
def test_malformed_bodies_are_complete_and_do_not_parse(sick, url):
    from defusedxml import ElementTree

    simulator, client = sick
    whole = client.get(url)
    simulator.set_faults("all", malformed=1)
    broken = client.get(url)
    assert (broken.status_code, broken.headers["content-type"]) == (200, whole.headers["content-type"])
    assert int(broken.headers["content-length"]) == len(broken.content) < len(whole.content)
    with pytest.raises((ValueError, ElementTree.ParseError)):
        broken.json() if url == SMK else ElementTree.fromstring(broken.content)


def test_truncated_bodies_break_the_connection_and_delays_time_out():
    with running(Simulator(20)) as server, httpx.Client(base_url=server.base_url, timeout=5) as client:
        server.set_faults("smk", truncated=1)
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(SMK)
        server.clear_faults()
        assert client.get(SMK).status_code == 200
        server.set_faults("smk", delayed=1, delay_seconds=2)
        with pytest.raises(httpx.ReadTimeout):
            client.get(SMK, timeout=0.2)


def image(sick, **faults):
    simulator, client = sick
    simulator.set_faults("rma", **faults)
    return client.get(IMAGE, follow_redirects=False)


def test_images_can_be_html_or_empty_or_cut(sick):
    assert image(sick).headers["content-type"] == "image/jpeg"
    html = image(sick, html_images=1)
    assert (html.status_code, html.headers["content-type"]) == (200, "text/html; charset=utf-8")
    empty = image(sick, html_images=0, empty_images=1)
    assert (empty.status_code, empty.content, empty.headers["content-type"]) == (200, b"", "image/jpeg")
    cut = image(sick, empty_images=0, truncated_images=1)
    with pytest.raises(OSError, match="truncated"):
        Image.open(BytesIO(cut.content)).load()


def test_images_can_lead_into_the_private_network(sick):
    answer = image(sick, redirected_images=1)
    assert (answer.status_code, answer.headers["location"]) == (302, PRIVATE_URL)


def test_the_bomb_is_small_and_says_it_is_huge(sick, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    content = image(sick, bomb_images=1).content
    assert content == bomb()
    assert len(content) < 300_000
    assert Image.open(BytesIO(content)).size == (BOMB_SIDE, BOMB_SIDE)


def test_api_faults_leave_images_alone(sick):
    simulator, client = sick
    simulator.set_faults("rma", server_errors=1, truncated=1, strikes="api")
    assert client.get(IMAGE).status_code == 200
    assert client.get(OAI).status_code == 503
