"""The pages follow the pointer: what is promoted, rolled back and retracted shows with the next request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from museum_assets.readers import thumbnails
from museum_assets.readers.app import build
from museum_assets.readers.serving import open_site
from museum_assets.readers.thumbnails import FOREVER
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.rollback import retract, roll_back
from resources.platform import Platform
from tests.support.release_fixtures import Publish, desk, publish

__all__ = ["desk", "publish"]


@pytest.fixture
def reader(desk: ReleaseDesk, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A reader of a museum with two releases, whose pages load no model."""
    monkeypatch.setattr("museum_assets.readers.model.Model.start", lambda self: None)
    monkeypatch.setattr(thumbnails, "LIVE_SECONDS", -1.0)
    with open_site(platform) as site:
        yield TestClient(build(site))


def title(reader: TestClient) -> str:
    answer = reader.get("/api/artworks/smk/N1").json()
    assert answer["title"] in reader.get("/artworks/smk/N1").text
    return f"{answer['title']} of release {answer['release']}"


def test_pages_follow_the_pointer(reader: TestClient, publish: Publish, desk: ReleaseDesk) -> None:
    assert reader.get("/readyz").status_code == 503
    assert "Nothing is published yet" in reader.get("/").text
    publish(works=3, say=" first")
    assert title(reader) == "Work 1 first of release 1"
    picture = reader.get("/api/artworks/smk/N1").json()["thumbnail"]
    assert reader.get(picture).headers["cache-control"] == FOREVER
    publish(works=4, say=" second", force=True)
    assert title(reader) == "Work 1 second of release 2"
    (news,) = reader.get("/api/new").json()
    assert (news["release"], news["before"], news["added"], news["changed"]) == (2, 1, 1, 3)
    roll_back(desk.production, "smk", to=1, by="Ida", why="test")
    assert title(reader) == "Work 1 first of release 1"
    assert reader.get("/artworks/smk/N4").status_code == 404
    retract(desk.production, "smk", by="Ida", why="test")
    for address in ("/artworks/smk/N1", "/museums/smk", "/api/artworks/smk/N1", picture):
        assert reader.get(address).status_code == 404
    assert "Nothing is published yet" in reader.get("/").text
