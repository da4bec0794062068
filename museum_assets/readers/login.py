"""Production's database as readers log in to it."""

from __future__ import annotations

from resources.platform import Platform
from resources.postgres import Database


def production(platform: Platform) -> Database:
    """Return production with the readers' login, where they have one of their own."""
    if url := platform.settings.readers_database_url:
        return Database(url, "READERS_DATABASE_URL")
    return platform.production()
