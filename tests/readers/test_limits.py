"""What one client may ask, and what all together may."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from museum_assets.core.settings import Settings
from museum_assets.readers.app import build
from museum_assets.readers.guard import cost_of
from museum_assets.readers.limits import FREE, PAGE, THUMBNAIL, UPLOAD, ClientLimits, client_key
from museum_assets.readers.problems import MEDIA_TYPE
from museum_assets.readers.site import Site


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::/64"),
        ("local", "local"),
    ],
)
def test_a_client_is_an_address_or_an_ipv6_network(host: str, key: str) -> None:
    assert client_key(host) == key


def test_a_client_that_asked_enough_waits_and_no_other_does() -> None:
    limits = ClientLimits(pages_per_minute=10)
    assert [limits.seconds_to_wait("192.0.2.1", PAGE) for _ in range(10)] == [0] * 10
    assert 0 < limits.seconds_to_wait("192.0.2.1", PAGE) <= 60
    assert limits.seconds_to_wait("192.0.2.1", FREE) == 0
    assert limits.seconds_to_wait("192.0.2.2", PAGE) == 0


def test_an_upload_is_possible_under_the_strictest_setting() -> None:
    limits = ClientLimits(pages_per_minute=1)
    assert limits.seconds_to_wait("192.0.2.1", UPLOAD) == 0
    assert limits.seconds_to_wait("192.0.2.1", UPLOAD) > 0


@pytest.mark.parametrize(
    ("method", "path", "cost"),
    [
        ("GET", "/", PAGE),
        ("GET", "/thumbnails/smk/KMS1", THUMBNAIL),
        ("POST", "/image", UPLOAD),
        ("GET", "/static/pages.css", FREE),
        ("GET", "/readyz", FREE),
    ],
)
def test_what_is_more_work_costs_more(method: str, path: str, cost: int) -> None:
    assert cost_of(method, path) == cost


@pytest.fixture
def strict(site: Site) -> TestClient:
    """The app with a limit that is soon reached."""
    settings = site.settings.model_copy(update={"readers_per_minute": 10})
    return TestClient(build(Site(site.reader, site.model, site.pictures, site.decoder, settings)))


def test_a_client_beyond_its_limit_is_told_when_to_come_again(strict: TestClient) -> None:
    for _ in range(10):
        assert strict.get("/api/museums").status_code == 200
    refused = strict.get("/api/museums")
    assert (refused.status_code, refused.headers["content-type"]) == (429, MEDIA_TYPE)
    assert int(refused.headers["retry-after"]) > 0
    assert "Try again in" in strict.get("/").text
    assert strict.get("/healthz").status_code == 200


def test_more_requests_than_can_be_in_work_are_sent_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("museum_assets.readers.guard.AT_ONCE", 0)
    refused = client.get("/")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("address", "path"),
    [
        (None, ""),
        ("https://museum.example.org", ""),
        ("https://museum.example.org/", ""),
        ("https://museum.example.org/collection/", "/collection"),
        ("https://museum.example.org:8443/a/b", "/a/b"),
    ],
)
def test_the_path_of_the_published_address_stands_before_links(address: str | None, path: str, tmp_path: Path) -> None:
    assert Settings(museum_home=tmp_path, readers_url=address).readers_path == path
