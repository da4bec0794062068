from __future__ import annotations

import pytest

from resources.dagster_storage import PlatformStorage
from tests.support.new_database import NewDatabase


@pytest.mark.parametrize("driver", ["", "+psycopg", "+psycopg2"])
def test_dagster_is_always_given_the_driver_it_works_with(driver: str, new_database: NewDatabase) -> None:
    with new_database() as url:
        asked = {"postgres_url": url.replace("postgresql://", f"postgresql{driver}://")}
        storage = PlatformStorage.from_config_value(None, asked)
        assert storage.postgres_url == url.replace("postgresql://", "postgresql+psycopg2://")
        assert storage.run_storage.get_run_ids() == []
