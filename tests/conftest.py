"""Shared fixtures: the real services, started once, and an empty platform on them for each test that asks."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import hypothesis
import psutil
import psycopg
import pytest
from new_database import NewDatabase
from new_database import new_database as new_database_at
from psycopg import sql
from psycopg_pool import ConnectionPool
from scripted_server import ScriptedServer

from museum_assets.settings import Settings, settings
from museum_assets.simulator.server import Running, Simulator, running
from resources.embedded.services import Environment, running_services
from resources.postgres import Database
from resources.s3 import ObjectStore

FIXTURES = Path(__file__).parent / "fixtures"
SHARED = Path(__file__).resolve().parents[1].parent / "shared"
MEMORY = Path("/dev/shm")
ROOM = 6 << 30
"""Twice what the files of two workers were seen to take."""
numbers = itertools.count(1)

# Timings are not asserted: on a busy machine an example took 350 ms, and 0.1 ms when it was tried again.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the tests' files in memory where there is room, unless TMPDIR says where they belong.

    A database for one test is a thousand files: 0.02 s in memory, up to a second on a disk.
    """
    roomy = MEMORY.is_dir() and min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) > ROOM
    if roomy and "TMPDIR" not in os.environ:  # the workers of a parallel run find it set
        folder = tempfile.mkdtemp(prefix="museum-tests-", dir=MEMORY)
        Path(folder).chmod(0o755)  # for root, Postgres runs as another user
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        config.add_cleanup(partial(shutil.rmtree, folder, ignore_errors=True))


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
        # Each test gets a database of a thousand files. Nobody needs them after a power cut: a third of the time.
        with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as conn:
            for name, value in (("fsync", "off"), ("full_page_writes", "off"), ("file_copy_method", "clone"),
                                ("max_wal_size", "256MB")):  # fmt: skip
                conn.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value)))
            conn.execute("SELECT pg_reload_conf()")
        yield environment


@pytest.fixture(scope="session")
def new_database(services: Environment) -> NewDatabase:
    """Make a database for a `with` block."""
    return partial(new_database_at, services["DATABASE_URL"])


@pytest.fixture
def database_url(new_database: NewDatabase) -> Iterator[str]:
    """A database of the test's own."""
    with new_database() as url:
        yield url


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds another run at work gives up soon."""
    monkeypatch.setattr("resources.postgres.LOCK_SECONDS", 0.2)


@pytest.fixture(scope="module")
def pool(new_database: NewDatabase) -> Iterator[ConnectionPool]:
    """Connections to one database for a module whose tests ask museums' hosts, each its own."""
    with new_database() as url, ConnectionPool(url, min_size=2, max_size=20, open=True) as connections:
        yield connections


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


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that answers what the test says."""
    running = ScriptedServer()
    yield running
    running.close()
