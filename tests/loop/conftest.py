"""Six records for the tests of the loop."""

from __future__ import annotations

import pytest

from resources.postgres import Database
from tests.support.copying_stage import add


@pytest.fixture
def six(database: Database) -> Database:
    add(database, *"abcdef")
    return database
