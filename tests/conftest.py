"""Shared fixtures: the real services, started once, and an empty platform on them for each test that asks."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg import sql

from museum_assets.settings import Settings, settings
from museum_assets.simulator.server import Running, Simulator, running
from resources.embedded.services import Environment, running_services
from resources.postgres import Database
from resources.s3 import ObjectStore

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).resolve().parents[1].parent / "shared"
numbers = itertools.count(1)

# Timings are not asserted: on a busy machine an example took 350 ms, and 0.1 ms when it was tried again.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


@pytest.fixture(scope="session")
def homes() -> Iterator[Path]:
    """A folder for homes of embedded services, outside pytest's own.

    Every other pytest that starts closes that one to other users again, and Postgres, which for root runs as another
    user, then panics in the middle of a test: "could not open file global/pg_control: Permission denied".
    """
    with tempfile.TemporaryDirectory(prefix="museum-tests-") as folder:
        yield Path(folder)


@pytest.fixture
def own_home(homes: Path) -> Path:
    """A home for embedded services of the test's own."""
    return homes / str(next(numbers))


@pytest.fixture(scope="session")
def services(homes: Path) -> Iterator[Environment]:
    """The embedded Postgres and S3, in a home of their own."""
    with running_services(Settings(museum_home=homes / "shared", museum_profile="demo")) as environment:
        yield environment


@pytest.fixture
def database_url(services: Environment) -> Iterator[str]:
    """A fresh, migrated database: a copy of the migrated one, dropped after the test."""
    name = f"test_{os.getpid()}_{next(numbers)}"
    origin = services["DATABASE_URL"]
    admin = origin.replace("/platform?", "/postgres?")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {} TEMPLATE platform").format(sql.Identifier(name)))
    yield origin.replace("/platform?", f"/{name}?")
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(database_url: str) -> Database:
    """The platform's database, empty."""
    return Database(database_url)


@pytest.fixture
def platform(
    services: Environment, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Settings]:
    """An empty platform: database, bucket and vector index of its own, and a small CLIP model."""
    values = {
        **services,
        "DATABASE_URL": database_url,
        "THUMBNAILS_BUCKET": f"thumbnails-{os.getpid()}-{next(numbers)}",
        "PRODUCTION_THUMBNAILS_BUCKET": f"production-{os.getpid()}-{next(numbers)}",
        "RELEASE_ARCHIVE_BUCKET": f"archive-{os.getpid()}-{next(numbers)}",
        "MUSEUM_HOME": str(tmp_path / "home"),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "CLIP_MODEL": "tiny-clip",
        "CLIP_MODEL_CONFIGS": str(FIXTURES),
        "CLIP_WEIGHTS": "untrained",
        "WITHDRAWAL_GRACE_DAYS": "0",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "dagster").mkdir()
    settings.cache_clear()
    with Database(database_url).connect() as conn:
        conn.execute("UPDATE ops.setting SET value = '0' WHERE name = 'withdrawal_grace_days'")
    ObjectStore.from_settings(settings()).ensure_bucket()
    yield settings()
    settings.cache_clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records and images beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("no folder ../shared with real records and images beside the repository")
    return SHARED


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """Six museums of ten works each on a local server, with the environment leading to it."""
    with running(Simulator(works_per_museum=10)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
