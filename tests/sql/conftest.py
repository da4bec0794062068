"""Databases that no migration has seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from resources.embedded.services import Environment
from resources.postgres import Database
from tests.support.new_database import new_database


@pytest.fixture
def bare(services: Environment) -> Iterator[Database]:
    """An empty database."""
    with new_database(services["DATABASE_URL"], template="template0") as url:
        yield Database(url)
