"""What machines ask, and what is answered when something is away."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import psycopg
import pytest
from fastapi.testclient import TestClient

from museum_assets.readers.app import build
from museum_assets.readers.model import Model
from museum_assets.readers.site import Site
from museum_assets.search.reader import Reader

SECRET = "hunter2"


class Away(Reader):
    """A reader whose database is away, or that has a fault."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def search(self, question):
        raise self.error

    def releases(self):
        raise self.error


@pytest.fixture
def loading(site: Site) -> Iterator[TestClient]:
    """The app while its model still loads."""
    with Model(lambda: None) as model:  # type: ignore[arg-type, return-value]
        model.start = lambda: None  # type: ignore[method-assign]
        yield TestClient(build(Site(site.reader, model, site.pictures, site.decoder, site.settings)))


def app_without(site: Site, error: Exception) -> TestClient:
    return TestClient(build(Site(Away(error), site.model, site.pictures, site.decoder, site.settings)))


def test_a_process_that_can_answer_says_of_which_releases(client: TestClient) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"ready": True, "model": "ready", "releases": {"cma": 1, "smk": 1}}


def test_it_answers_while_the_model_still_loads_and_says_so(loading: TestClient) -> None:
    assert loading.get("/readyz").json()["model"] == "loading"
    assert loading.get("/").status_code == 200
    refused = loading.post("/api/search-by-image", content=b"x", headers={"Content-Type": "image/png"})
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
    assert "still being loaded" in loading.get("/image").text


@pytest.mark.parametrize("address", ["/", "/api/search"])
def test_a_database_that_is_away_is_told_without_its_address(
    site: Site, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    away = app_without(site, psycopg.OperationalError(f"postgresql://u:{SECRET}@db is away"))
    answer = away.get(address)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert SECRET not in answer.text
    assert away.get("/readyz").status_code == 503
    assert away.get("/healthz").status_code == 200


def test_a_fault_of_ours_is_logged_once_and_not_shown(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    broken = app_without(site, ZeroDivisionError(SECRET))
    with caplog.at_level(logging.WARNING):
        answer = broken.get("/?q=private+words")
    assert answer.status_code == 500
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "private" not in caplog.text
    assert 'route="/",status="500"' in broken.get("/metrics").text


def test_metrics_count_by_route_and_not_by_query(client: TestClient) -> None:
    client.get("/api/search?q=private+words")
    client.get("/api/artworks/smk/nobody-private")
    said = client.get("/metrics").text
    assert 'museum_readers_requests_total{route="/api/search",status="200"}' in said
    assert 'route="/api/artworks/{museum}/{number:path}",status="404"' in said
    assert "museum_readers_model_ready 1.0" in said
    assert "private" not in said
