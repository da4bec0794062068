from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from museum_assets.simulator.server import Simulator, build_app

WORKS = 230


@pytest.fixture(scope="session")
def simulator() -> Simulator:
    """One server in good health for the tests that only read."""
    return Simulator(WORKS)


@pytest.fixture(scope="session")
def client(simulator: Simulator) -> TestClient:
    return TestClient(build_app(simulator))


@pytest.fixture
def sick() -> tuple[Simulator, TestClient]:
    """A server of one's own to make sick."""
    simulator = Simulator(WORKS)
    return simulator, TestClient(build_app(simulator))


@pytest.fixture(scope="session")
def real(shared: Path) -> Callable[[str], Any]:
    """Read a recorded answer by its path below museum_records."""

    def read(path: str) -> Any:
        return json.loads((shared / "data" / "museum_records" / path).read_text())

    return read
