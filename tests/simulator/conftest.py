from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from museum_assets.simulator.server import Simulator, build_app

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
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
def real() -> Callable[[str], Any]:
    """Read a recorded answer by its path below museum_records."""

    def read(path: str) -> Any:
        file = SHARED / "data" / "museum_records" / path
        if not file.exists():
            pytest.skip(f"{file} is absent: recorded answers lie beside the repository, in ../shared")
        return json.loads(file.read_text())

    return read
