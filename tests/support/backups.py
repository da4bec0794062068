"""Platforms that are backed up in tests, and empty services that a backup is restored into."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from museum_assets.core.settings import read_settings
from museum_assets.museums import KIOSK_MUSEUMS, kiosks
from museum_assets.operations.backup.inventory import SCHEMAS, Scope, snapshot, table_contents
from museum_assets.operations.backup.manifest import Manifest, TableContent
from museum_assets.releases.desk import ReleaseDesk, release_desk
from museum_assets.releases.promotion.promote import promote
from museum_assets.releases.promotion.request import PromotionRequest
from museum_assets.releases.promotion.rollback import roll_back
from museum_assets.releases.staging.candidate import stage_candidate
from museum_assets.simulator.server import Running
from resources.embedded.services import Environment
from resources.platform import Platform
from resources.postgres import Database
from resources.vector_index.index import SearchFilter
from tests.support.kiosk_files import HEADER, Kiosks
from tests.support.new_database import new_database
from tests.support.release_tables import stage
from tests.support.whole_pipeline import run, run_all

BUCKETS = ("THUMBNAILS_BUCKET", "PRODUCTION_THUMBNAILS_BUCKET", "RELEASE_ARCHIVE_BUCKET", "KIOSK_COMBINED_BUCKET",
           "DOCUMENTS_BUCKET", *(f"MUSEUM_KIOSK_BUCKET_{slug.upper()}" for slug in KIOSK_MUSEUMS))  # fmt: skip
Empty = Callable[..., Platform]


def own_buckets(name: str) -> dict[str, str]:
    """Return variables that name buckets of a platform's own."""
    return {variable: f"{variable.lower().replace('_', '-')}-{name}" for variable in BUCKETS}


@pytest.fixture
def dagster_url(services: Environment) -> Iterator[str]:
    """A database that stands for Dagster's."""
    with new_database(services["DATABASE_URL"], "template0") as url:
        with Database(url).connect() as conn:
            conn.execute("CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY, run_id text, body jsonb)")
            conn.execute("INSERT INTO note (run_id, body) SELECT 'run ' || n, '{}' FROM generate_series(1, 50) AS n")
        yield url


@pytest.fixture
def settled(platform: Platform, dagster_url: str, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The empty platform with buckets of its own, all of them there, and a database for Dagster."""
    name = platform.settings.thumbnails_bucket.removeprefix("thumbnails-")
    for variable, value in {**own_buckets(name), "DAGSTER_POSTGRES_URL": dagster_url}.items():
        monkeypatch.setenv(variable, value)
    made = Platform.from_settings()
    for setting, value in made.settings:
        if setting.endswith("_bucket"):
            made.bucket(value).ensure_bucket()
    for slug in KIOSK_MUSEUMS:
        made.kiosk_source(slug).ensure_bucket()
    return made


@pytest.fixture
def little(settled: Platform) -> Platform:
    """Ten works of one museum in staging and in production, whose rows are made up."""
    stage(settled.database(), "smk", 10, bucket=settled.thumbnails())
    publish(release_desk(settled), "smk")
    return settled


@pytest.fixture
def filled(settled: Platform, simulator: Running) -> Platform:
    """Everything: two museums through all stages, three releases and a rollback, kiosks, documents and dead letters."""
    simulator.set_faults("smk", html_images=0.3)
    run_all(settled, ["smk", "met"])
    desk = release_desk(settled)
    publish(desk, "smk")
    publish(desk, "met")
    with settled.database().connect() as conn:
        conn.execute(
            "UPDATE staging.artwork SET title = title || ' (again)', row_hash = sha256(row_hash)"
            " WHERE museum = 'smk' AND record_seq % 2 = 0"
        )
    run(settled, "smk", "indexed_artworks")
    publish(desk, "smk")
    roll_back(desk.production, "smk", to=1, by="Ida", why="wrong titles")
    fill_kiosks(settled)
    settled.documents().put("smk/report/1.txt", b"Condition: good", content_type="text/plain")
    settled.documents().put("smk/report/large.bin", os.urandom(9 << 20), content_type="application/octet-stream")
    settled.documents().put("smk/report/leer/ø ‘é.txt", b"", content_type="text/plain")
    return settled


def publish(desk: ReleaseDesk, museum: str) -> None:
    """Promote what is in staging."""
    stage_candidate(desk.platform, desk.production, museum)
    request = PromotionRequest(museum, "Ida", "test", force=True, force_invalid=True)
    promote(desk, request)


def fill_kiosks(platform: Platform) -> None:
    """Load presses of a museum, good ones and bad ones."""
    lmnh = Kiosks(kiosks("lmnh"), platform.kiosk_source("lmnh"), platform.kiosk_combined(), platform.database())
    lmnh.exhibitions(1, 2)
    rows = "".join(f"2025-01-0{day} 10:{minute:02}:00,1,{day % 5},\n" for day in range(1, 8) for minute in range(20))
    lmnh.put({"lmnh_hist_data_1.csv": f"{HEADER}{rows}2025-01-09 10:00:00,9,1,\n"})
    lmnh.load()


@pytest.fixture
def empty(services: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Empty]:
    """Makes empty services: databases, buckets and a home that hold nothing. The environment then names these."""
    with ExitStack() as stack:
        made = 0

        def make(**more: str) -> Platform:
            nonlocal made
            made += 1
            urls = [stack.enter_context(new_database(services["DATABASE_URL"], "template0")) for _ in range(2)]
            values = {
                "DATABASE_URL": urls[0],
                "DAGSTER_POSTGRES_URL": urls[1],
                "MUSEUM_HOME": str(tmp_path / f"empty-{made}"),
                **own_buckets(f"{os.getpid()}-{abs(hash(tmp_path)) % 10**6}-r{made}"),
                **more,
            }
            for name, value in values.items():
                monkeypatch.setenv(name, value)
            return Platform(read_settings())

        yield make


def contents(platform: Platform) -> dict[str, TableContent]:
    """What every table of the platform holds, those of Dagster included."""
    found = {}
    dagster = Database(platform.settings.dagster_postgres_url or "")
    for database, scope in ((platform.database(), Scope(SCHEMAS)), (dagster, Scope(SCHEMAS, inside=False))):
        with snapshot(database) as (conn, _):
            found.update(table_contents(conn, scope))
    return found


def objects(platform: Platform) -> dict[str, dict[str, tuple[int, str]]]:
    """Size and ETag of every object, by the setting that names its bucket."""
    named: dict[str, Any] = {name: platform.bucket(value) for name, value in platform.settings
                             if name.endswith("_bucket")}  # fmt: skip
    named |= {slug: platform.kiosk_source(slug) for slug in KIOSK_MUSEUMS}
    return {name: {item.key: (item.size, item.etag) for item in bucket.list()} for name, bucket in named.items()}


def points(platform: Platform) -> dict[str, dict[str, Any]]:
    """Every point of both collections with payload and vectors. A payload's None is the same as no such key."""
    found: dict[str, dict[str, Any]] = {}
    for name, index in (("working", platform.vector_index()), ("production", platform.production_index())):
        with index.open() as session:
            ids = [record.id for record in session.scroll(SearchFilter())]
            found[name] = {
                record.id: (
                    {key: value for key, value in record.payload.items() if value is not None},
                    {key: vector.tolist() for key, vector in record.vectors.items()},
                )
                for record in session.retrieve(ids, with_vectors=True)
            }
    return found


def files_of(manifest: Manifest) -> set[str]:
    """The names of a backup's files."""
    return {file.name for file in manifest.files()}
