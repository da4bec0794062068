"""A pytest plugin that starts the servers which the environment does not name, see `make test-servers`.

`DATABASE_TEST_URL`, `S3_TEST_ENDPOINT` and `KAFKA_TEST_SERVERS` lead the tests to whatever they name. What is named by
none of them comes from package registries, where this machine can have it: Debian's PostgreSQL 15, versitygw, Apache's
Kafka. No registry carries Qdrant's server: it is started where the search path has it, or QDRANT_TEST_URL names one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers import kafka, postgres, qdrant, s3
from tests.servers.process import Missing, ServerProcess
from tests.support.certificates import Authority
from tests.support.places import ROOT

CACHE = ROOT / ".bin" / "servers"


class Servers:
    """What runs. `own` are those that this process started and a test may stop; `missing` says why one is not there."""

    def __init__(self, only: str | None = None) -> None:
        self.only = only
        self.folder = Path(tempfile.mkdtemp(prefix="museum-servers-", dir=os.environ.get("TMPDIR")))
        self.folder.chmod(0o755)  # for root, Postgres runs as another user
        self.own: dict[str, ServerProcess] = {}
        self.missing: dict[str, str] = {}
        self.authority = Authority(self.place("authority"))
        self.kafka_ports: kafka.KafkaPorts | None = None
        self._start("DATABASE_TEST_URL", "postgres", self._postgres)
        self._start("S3_TEST_ENDPOINT", "s3", self._s3)
        self._start("KAFKA_TEST_SERVERS", "kafka", self._kafka)
        self._start("QDRANT_TEST_URL", "qdrant", self._qdrant)

    def place(self, name: str) -> Path:
        """A folder for a server."""
        folder = self.folder / name
        folder.mkdir()
        return folder

    def stop(self) -> None:
        """Stop all of them."""
        for each in self.own.values():
            each.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self, variable: str, name: str, make: Callable[[Path], tuple[ServerProcess, dict[str, str]]]) -> None:
        if os.environ.get(variable):
            return
        if self.only not in {None, name}:
            self.missing[name] = "not asked for"
            return
        try:
            server, environment = make(self.place(name))
            server.start()
        except Missing as why:
            self.missing[name] = f"{variable} names no server, and none could be started: {why}"
            return
        self.own[name] = server
        os.environ.update(environment)

    def _postgres(self, folder: Path) -> tuple[ServerProcess, dict[str, str]]:
        server, url = postgres.postgres(folder)
        return server, {"DATABASE_TEST_URL": url}

    def _s3(self, folder: Path) -> tuple[ServerProcess, dict[str, str]]:
        server, url = s3.s3(folder, CACHE)
        keys = {"AWS_ACCESS_KEY_ID": s3.ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": s3.SECRET_KEY}
        return server, {"S3_TEST_ENDPOINT": url, **keys}

    def _kafka(self, folder: Path) -> tuple[ServerProcess, dict[str, str]]:
        server, self.kafka_ports = kafka.kafka(folder, CACHE / "kafka", self.authority)
        return server, {"KAFKA_TEST_SERVERS": f"127.0.0.1:{self.kafka_ports.plain}"}

    def _qdrant(self, folder: Path) -> tuple[ServerProcess, dict[str, str]]:
        server, ports = qdrant.qdrant(folder)
        url = f"http://127.0.0.1:{ports.rest}"
        return server, {"QDRANT_TEST_URL": url, "QDRANT_TEST_GRPC_PORT": str(ports.grpc)}


SERVERS = pytest.StashKey[Servers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run ask for one of them."""
    parser.addoption("--only-server", help="Start this one alone, such as postgres; the others are the embedded ones.")


def pytest_configure(config: pytest.Config) -> None:
    """Start them before any test is collected."""
    config.stash[SERVERS] = Servers(config.getoption("only_server"))


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say which server each test meets."""
    found = config.stash[SERVERS]
    started = [f"started: {', '.join(found.own)}"] if found.own else []
    return started + [f"without {name}: {why}" for name, why in found.missing.items()]


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    if found := config.stash.get(SERVERS, None):
        found.stop()
