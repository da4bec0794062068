from __future__ import annotations

from collections.abc import Iterator

import pytest

from museum_assets.simulator.server import Simulator, running
from resources.postgres import Database
from tests.support.authority_world import AuthorityWorld


@pytest.fixture
def world(database: Database) -> Iterator[AuthorityWorld]:
    """An empty database, and the authority."""
    with running(Simulator(0)) as server:
        yield AuthorityWorld(database, server)
