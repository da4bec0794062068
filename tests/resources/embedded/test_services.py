"""The embedded services, started for real in homes of their own."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from museum_assets.core.profiles import SettingsError
from museum_assets.core.settings import Settings
from museum_assets.operations.running import running_platform
from resources.embedded import EmbeddedServiceError, postgres, postgres_files, s3
from resources.embedded.postgres_files import SOCKET, SOCKET_PATH_LIMIT
from resources.embedded.services import attach, environment, keep_running
from resources.migrations import OutdatedDatabase
from resources.s3 import ObjectStore
from tests.support.places import ROOT

USE = """
import sys
from museum_assets.core.settings import Settings
from museum_assets.operations.running import running_platform
with running_platform(Settings(museum_home=sys.argv[1])) as env:
    print(env["DATABASE_URL"], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def settings(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """Settings without any external service."""
    for field, info in Settings.model_fields.items():
        monkeypatch.delenv((info.alias or field).upper(), raising=False)
    settings = Settings(museum_home=own_home)
    yield settings
    s3.stop(settings.home)
    postgres.stop(settings.home)


@pytest.fixture
def another_process(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start another process that uses the services until its standard input is closed."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USE, settings.home],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def running(settings: Settings) -> list[str]:
    """Name the services that run in this home."""
    found = {
        "postgres": postgres.processes(postgres_files.data_directory(settings.home)),
        "s3": s3.processes(settings.home),
    }
    return [name for name, processes in found.items() if processes]


def count_of_notes(url: str) -> int:
    """Return the number of rows of a table made by `write_note`."""
    with psycopg.connect(url) as conn:
        row = conn.execute("SELECT count(*) FROM note").fetchone()
        assert row
        return int(row[0])


def write_note(url: str) -> None:
    """Write one row, durably."""
    with psycopg.connect(url) as conn:
        conn.execute("CREATE TABLE IF NOT EXISTS note (at timestamptz DEFAULT now())")
        conn.execute("INSERT INTO note DEFAULT VALUES")


def test_everything_works_inside_and_is_stopped_outside(settings: Settings) -> None:
    with running_platform(settings) as env:
        assert running(settings) == ["postgres", "s3"]
        with psycopg.connect(env["DATABASE_URL"]) as conn:
            show = {name: conn.execute(f"SHOW {name}").fetchone() for name in ("listen_addresses", "max_connections")}
            assert conn.execute("SELECT count(*) FROM ops.setting").fetchone() != (0,)
        assert show == {"listen_addresses": ("",), "max_connections": ("300",)}
        assert env["DAGSTER_POSTGRES_URL"].startswith("postgresql://")
        assert "storage:" in (Path(env["DAGSTER_HOME"]) / "dagster.yaml").read_text()
        store = ObjectStore(
            env["S3_ENDPOINT_URL"],
            env["AWS_ACCESS_KEY_ID"],
            env["AWS_SECRET_ACCESS_KEY"],
            env["AWS_REGION"],
            "thumbnails",
        )
        store.put_jpeg("a.jpg", b"a", {})
        (server,) = s3.processes(settings.home)
        assert env["AWS_SECRET_ACCESS_KEY"] not in " ".join(server.cmdline())
        assert {connection.laddr.ip for connection in server.net_connections("tcp")} == {"127.0.0.1"}
        assert stat.S_IMODE((settings.home / "s3.json").stat().st_mode) == 0o600
    assert running(settings) == []
    with running_platform(settings) as again:
        assert (again, store.get("a.jpg")) == (env, b"a")


def test_services_that_are_killed_are_restarted_on_their_data(settings: Settings) -> None:
    with running_platform(settings) as env:
        write_note(env["DATABASE_URL"])
        postmaster = int((settings.home / "postgres/postmaster.pid").read_text().split()[0])
        (server,) = s3.processes(settings.home)
        for pid in (postmaster, server.pid):
            os.kill(pid, signal.SIGKILL)
        keep_running(settings)
        assert count_of_notes(env["DATABASE_URL"]) == 1
        assert running(settings) == ["postgres", "s3"]
        assert s3.load_access(settings.home).url == env["S3_ENDPOINT_URL"]


def test_services_stay_until_the_last_process_leaves(
    settings: Settings, another_process: Callable[[], subprocess.Popen[str]]
) -> None:
    others = [another_process(), another_process()]  # both find nothing, and start at the same time
    urls = {process.stdout.readline() for process in others if process.stdout}
    with running_platform(settings) as env:
        assert urls == {env["DATABASE_URL"] + "\n"}
        others[0].communicate()
        assert running(settings) == ["postgres", "s3"]
    assert running(settings) == ["postgres", "s3"]
    others[1].communicate()
    assert [process.returncode for process in others] == [0, 0]
    assert running(settings) == []


@pytest.mark.parametrize(("number", "left"), [(signal.SIGTERM, []), (signal.SIGKILL, ["postgres", "s3"])])
def test_what_a_stopped_or_killed_process_leaves_is_taken_over(
    number: signal.Signals,
    left: list[str],
    settings: Settings,
    another_process: Callable[[], subprocess.Popen[str]],
) -> None:
    other = another_process()
    assert other.stdout
    assert other.stdout.readline()
    other.send_signal(number)
    other.wait()
    assert running(settings) == left
    before = {process.pid for process in s3.processes(settings.home)}
    with running_platform(settings):
        assert before <= {process.pid for process in s3.processes(settings.home)}
    assert running(settings) == []


def test_a_taken_port_is_noticed_and_another_one_used(settings: Settings) -> None:
    settings.home.mkdir()
    port = s3.load_access(settings.home).port
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", port))
        stranger.listen()
        access = s3.ensure_running(settings.home)
        assert access.port != port
        assert s3.load_access(settings.home) == access
        assert s3.answers(access)


def test_a_server_that_knows_other_keys_is_replaced(settings: Settings) -> None:
    settings.home.mkdir()
    before = s3.ensure_running(settings.home)
    s3.access_file(settings.home).unlink()  # what deleting the home does to a running server
    after = s3.ensure_running(settings.home)
    assert s3.answers(after)
    assert not s3.answers(before)
    assert len(s3.processes(settings.home)) == 1


def test_an_interrupted_first_start_is_repeated(settings: Settings) -> None:
    unfinished = settings.home / "postgres.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    postgres.ensure_running(settings.home)
    assert postgres.answers(settings.home)


def test_a_long_path_with_odd_characters_will_do(settings: Settings) -> None:
    home = settings.home / "a 'quoted' & spaced path" / ("x" * 100)
    home.mkdir(parents=True)
    try:
        postgres.ensure_running(home)
        assert postgres.answers(home)
        sockets = postgres_files.socket_directory(home)
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert len(os.fsencode(sockets / SOCKET)) <= SOCKET_PATH_LIMIT
    finally:
        postgres.stop(home)


def test_external_services_are_used_as_they_are(settings: Settings) -> None:
    settings.home.mkdir()
    postgres.ensure_running(settings.home)
    access = s3.ensure_running(settings.home)
    outside = settings.model_copy(
        update={
            "home": settings.home / "other",
            "database_url": postgres.url(settings.home, "platform"),
            "dagster_postgres_url": postgres.url(settings.home, "dagster"),
            "s3_endpoint_url": access.url,
            "aws_access_key_id": access.access_key,
            "aws_secret_access_key": Settings(aws_secret_access_key=access.secret_key).aws_secret_access_key,
        }
    )
    with pytest.raises(OutdatedDatabase, match=r"no tables yet.*`museum migrate`"), running_platform(outside):
        pass
    with running_platform(outside, migrates=True) as env:
        assert running(outside) == []
        assert env["DATABASE_URL"] == outside.database_url
    assert running(settings) == ["postgres", "s3"]


def test_whoever_has_the_addresses_from_another_process_is_a_user_too(
    settings: Settings, another_process: Callable[[], subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another_process()
    assert other.stdout
    assert other.stdout.readline()
    for name, value in environment(attach(settings)).items():
        monkeypatch.setenv(name, value)
    with running_platform(Settings()):
        other.communicate()
        assert running(settings) == ["postgres", "s3"]
    assert running(settings) == []


def test_production_starts_nothing_and_names_what_is_missing(settings: Settings) -> None:
    production = settings.model_copy(update={"profile": "prod"})
    with (
        pytest.raises(SettingsError, match=r"prod.*set DATABASE_URL and DAGSTER_POSTGRES_URL"),
        running_platform(production),
    ):
        pass
    assert running(settings) == []


def test_a_server_that_cannot_start_says_why(settings: Settings) -> None:
    settings.home.mkdir()
    postgres.ensure_running(settings.home)
    postgres.stop(settings.home)
    with (settings.home / "postgres/postgresql.conf").open("a") as configuration:
        configuration.write("no_such_parameter = 1\n")
    with pytest.raises(EmbeddedServiceError, match=r"no_such_parameter[\s\S]*DATABASE_URL"):
        postgres.ensure_running(settings.home)
