"""Shared fixtures: the real services, started once, and an empty platform on them for each test that asks."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache, partial
from multiprocessing.util import Finalize
from pathlib import Path

import hypothesis
import psutil
import pytest
import typer.main
import typer.testing
from psycopg_pool import ConnectionPool

from museum_assets.core.settings import Settings
from museum_assets.operations.running import running_platform
from museum_assets.simulator.server import Running, Simulator, running
from resources.embedded import postgres
from resources.embedded.services import Environment
from resources.platform import Platform
from resources.postgres import Database
from tests.support.faster_postgres import careless
from tests.support.given_servers import given_servers
from tests.support.new_database import NewDatabase
from tests.support.new_database import new_database as new_database_at
from tests.support.places import SHARED
from tests.support.scripted_server import ScriptedServer

pytest_plugins = ["pytester", "tests.support.lanes"]

MEMORY = Path("/dev/shm")
ROOM = 6 << 30
"""Half as much again as the files of three workers were seen to take."""
numbers = itertools.count(1)

# Timings are not asserted: on a busy machine an example took 350 ms, and 0.1 ms when it was tried again.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Else each command that a test types makes all of them anew, which takes 65 ms.
typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]


def pytest_configure() -> None:
    """Keep the tests' files in memory where there is room, unless TMPDIR says where they belong.

    A database for one test is a thousand files: 0.02 s in memory, up to a second on a disk.
    """
    roomy = MEMORY.is_dir() and min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) > ROOM
    if roomy and "TMPDIR" not in os.environ:  # the workers of a parallel run find it set
        folder = tempfile.mkdtemp(prefix="museum-tests-", dir=MEMORY)
        Path(folder).chmod(0o755)  # for root, Postgres runs as another user
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        # After multiprocessing has removed its own folder in it, of priority -100.
        Finalize(None, shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=-200)


@pytest.fixture(scope="session")
def homes() -> Iterator[Path]:
    """A folder for homes of embedded services, outside pytest's own.

    Every other pytest that starts closes that one to other users again, and Postgres, which for root runs as another
    user, then panics in the middle of a test: "could not open file global/pg_control: Permission denied".
    """
    with tempfile.TemporaryDirectory(prefix="museum-tests-") as folder:
        Path(folder).chmod(0o711)  # else root's databases would lie in /var/lib
        yield Path(folder)


@pytest.fixture
def own_home(homes: Path) -> Path:
    """A home for embedded services of the test's own."""
    return homes / str(next(numbers))


@pytest.fixture
def other_server(own_home: Path) -> Iterator[Path]:
    """The home of a second Postgres server, which a test may stop."""
    own_home.mkdir()
    postgres.ensure_running(own_home)
    yield own_home
    postgres.stop(own_home)


@pytest.fixture(scope="session")
def services(homes: Path) -> Iterator[Environment]:
    """The embedded Postgres and S3, in a home of their own, or the servers that the environment names for tests."""
    with given_servers() as given:
        settings = Settings(museum_home=homes / "shared", museum_profile="demo", **given)
        with running_platform(settings, migrates=True) as environment:
            if "database_url" not in given:
                careless(environment["DATABASE_URL"])
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
def platform(services: Environment, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """An empty platform: database, bucket and vector index of its own, and the demo's model."""
    values = {
        **services,
        "DATABASE_URL": database_url,
        "THUMBNAILS_BUCKET": f"thumbnails-{os.getpid()}-{next(numbers)}",
        "PRODUCTION_THUMBNAILS_BUCKET": f"production-{os.getpid()}-{next(numbers)}",
        "RELEASE_ARCHIVE_BUCKET": f"archive-{os.getpid()}-{next(numbers)}",
        "MUSEUM_HOME": str(tmp_path / "home"),
        "DAGSTER_HOME": str(tmp_path / "dagster"),
        "CLIP_WEIGHTS": "demo",
        "WITHDRAWAL_GRACE_DAYS": "0",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "dagster").mkdir()
    with Database(database_url).connect() as conn:
        conn.execute("UPDATE ops.setting SET value = '0' WHERE name = 'withdrawal_grace_days'")
    made = Platform.from_settings()
    made.thumbnails().ensure_bucket()
    return made


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real records and images beside the repository. A test that asks is marked `shared`."""
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
