"""A published collection, once for all tests of the readers: two simulated museums, promoted."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb

from museum_assets.readers.app import build
from museum_assets.readers.serving import open_site
from museum_assets.readers.site import Site
from museum_assets.releases.desk import release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.staging.candidate import stage_candidate
from museum_assets.simulator.server import Simulator, running
from resources.embedded.services import Environment
from resources.platform import Platform
from tests.support import whole_pipeline
from tests.support.clock import wait_until
from tests.support.new_database import NewDatabase

MUSEUMS = ("smk", "cma")
WORKS = 20
HOSTILE = '<script>alert("title")</script> & "quotes" \' {{ 7*7 }}'
numbers = itertools.count(1)


@dataclass(frozen=True)
class Published:
    """A platform with live releases, and the environment that leads to it."""

    platform: Platform
    environment: dict[str, str]


@pytest.fixture(scope="session")
def published(
    services: Environment, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    """A platform on which two museums of twenty works have a live release; one title is full of HTML."""
    folder = tmp_path_factory.mktemp("readers")
    number = f"{os.getpid()}-{next(numbers)}"
    with new_database() as url:
        values = {
            **services,
            "DATABASE_URL": url,
            "THUMBNAILS_BUCKET": f"readers-thumbnails-{number}",
            "PRODUCTION_THUMBNAILS_BUCKET": f"readers-production-{number}",
            "MUSEUM_HOME": str(folder / "home"),
            "CLIP_WEIGHTS": "demo",
        }
        with pytest.MonkeyPatch.context() as patch, running(Simulator(works_per_museum=WORKS)) as server:
            for name, value in {**values, **server.environment}.items():
                patch.setenv(name, value)
            platform = Platform.from_settings()
            publish(platform)
        yield Published(platform, values)


def publish(platform: Platform) -> None:
    """Harvest, embed and promote the museums, one of whose titles is made hostile on the way."""
    for bucket in (platform.thumbnails(), platform.production_thumbnails()):
        bucket.ensure_bucket()
    whole_pipeline.run_all(platform, MUSEUMS)
    with platform.database().connect() as conn:
        conn.execute(
            "UPDATE staging.artwork SET title = %s, source_url = 'javascript:alert(1)', rights = '<b>CC0</b>'"
            " WHERE museum = 'cma' AND record_seq = (SELECT min(record_seq) FROM staging.artwork WHERE museum = 'cma')",
            (HOSTILE,),
        )
        conn.execute(
            "INSERT INTO staging.places (museum, object_number, position, place_key, name, role, within, links)"
            " SELECT museum, object_number, 90, 'cma:here', title, 'made', 'Denmark', '{}'"
            " FROM staging.artwork WHERE title = %s",
            (HOSTILE,),
        )
        conn.execute(
            "INSERT INTO staging.artwork_enrichments (museum, source, subject, facts)"
            " VALUES ('cma', 'place_coordinates', 'cma:here', '{\"latitude\": 57.7, \"longitude\": 10.6}')"
        )
        conn.execute(
            "INSERT INTO staging.subjects (museum, object_number, position, subject_key, name, language, kind, links)"
            " SELECT museum, object_number, place, 'cma:' || place, said, 'en', kind, '{}' FROM staging.artwork,"
            " LATERAL (VALUES (1, NULL, 'ships'), (2, 'person', title)) AS s (place, kind, said) WHERE title = %s",
            (HOSTILE,),
        )
        conn.execute(
            "INSERT INTO staging.artwork_enrichments (museum, source, subject, facts)"
            " VALUES ('cma', 'subject_identities', 'cma:1', %s)",
            (Jsonb({"identity": "wikidata:Q11446", "labels": {"en": "sea vessel"}}),),
        )
    desk = release_desk(platform)
    for museum in MUSEUMS:
        stage_candidate(desk.platform, desk.production, museum)
        promote(desk, PromotionRequest(museum, "Ida", "test"))


@pytest.fixture(scope="module")
def site(published: Published) -> Iterator[Site]:
    """The parts of an app over what is published, with the model loaded. Its processes end with the module."""
    with open_site(published.platform.with_settings(readers_per_minute=100_000)) as made:
        made.model.start()
        wait_until(lambda: made.model.state == "ready")
        yield made


@pytest.fixture(scope="module")
def app(site: Site) -> FastAPI:
    """The app."""
    return build(site)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """A program that asks the app."""
    return TestClient(app)


@pytest.fixture
def hostile(client: TestClient) -> str:
    """The address of the work whose title is full of HTML."""
    hits = client.get("/api/search", params={"limit": 100, "museum": "cma"}).json()["hits"]
    return next(hit["work"]["page"] for hit in hits if hit["work"]["title"] == HOSTILE)
