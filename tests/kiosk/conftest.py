"""The kiosk museums over the real services."""

from __future__ import annotations

import pytest
from kiosk_files import Kiosks, kiosks_of

from museum_assets.settings import Settings
from resources.postgres import Database


@pytest.fixture
def lmnh(platform: Settings, database: Database) -> Kiosks:
    """LMNH with empty buckets and tables."""
    return kiosks_of("lmnh", database, platform)


@pytest.fixture
def lms(platform: Settings, database: Database) -> Kiosks:
    """LMS with empty buckets and tables."""
    return kiosks_of("lms", database, platform)
