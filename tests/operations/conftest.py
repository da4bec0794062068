"""A place for a UI of a test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.embedded.services import Environment
from tests.support.new_database import NewDatabase


@pytest.fixture(scope="module")
def place(
    services: Environment, new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder, and the environment of a webserver with a database and a home of its own."""
    folder = tmp_path_factory.mktemp("ui")
    with new_database() as url:
        yield (
            folder,
            {
                **services,
                "DATABASE_URL": url,
                "DAGSTER_POSTGRES_URL": url,
                "MUSEUM_HOME": str(folder / "home"),
                "DAGSTER_HOME": str(folder / "home" / "dagster"),
            },
        )
