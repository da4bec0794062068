"""The whole graph over the simulator, on the real services."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg
import pytest

from museum_assets.cli.run import Controls, Ran, materialize
from museum_assets.museums import MUSEUMS
from museum_assets.settings import Settings
from museum_assets.simulator.server import Simulator, running

pytestmark = pytest.mark.integration


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    with running(Simulator(works_per_museum=12)) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


def test_everything(platform: Settings, simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    instance = dg.DagsterInstance.ephemeral()
    monkeypatch.setattr(dg.DagsterInstance, "get", staticmethod(lambda: instance))
    runs: list[Ran] = materialize(["all"], list(MUSEUMS), Controls())
    for ran in runs:
        print(ran)
    assert all(ran.good for ran in runs)
