"""Services of a test's own, which it may stop, fill and restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from museum_assets.core.settings import Settings
from museum_assets.operations.running import running_platform
from museum_assets.simulator.server import Running
from resources.embedded.services import Environment, keep_running
from resources.platform import Platform
from tests.support import whole_pipeline


class Home:
    """Services of the test's own, which it may stop."""

    def __init__(self, home: Path, environment: Environment) -> None:
        self.settings = Settings(museum_home=home, museum_profile="demo")
        self.home = home
        self.environment = environment


@pytest.fixture
def home(own_home: Path, simulator: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    for name in (
        "DATABASE_URL",
        "DAGSTER_POSTGRES_URL",
        "S3_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
    ):
        monkeypatch.delenv(name, raising=False)
    with running_platform(Settings(museum_home=own_home, museum_profile="demo")) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield Home(own_home, environment)


def finish_after(home: Home) -> None:
    """Bring the services back and run to the end."""
    keep_running(home.settings)
    platform = Platform.from_settings()
    books = whole_pipeline.run_all(platform, ["smk"])
    assert all(counts.failed == counts.left == 0 for counts in books.values())
    assert all(counts.processed == 0 for counts in whole_pipeline.run_all(platform, ["smk"]).values())
