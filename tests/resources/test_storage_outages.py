from __future__ import annotations

import io
import logging
from urllib.parse import parse_qs, urlsplit

import pytest
from dagster_postgres.utils import DagsterPostgresException

from resources.dagster_storage import PlatformStorage
from tests.support.clock import Clock
from tests.support.new_database import NewDatabase
from tests.support.unplugged import cable_to


def test_a_minute_without_dagsters_storage_is_three_lines_of_log(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt is retried by Dagster, which warns each time, and its failure is logged with a traceback."""
    clock, written, dagster = Clock(), io.StringIO(), logging.getLogger("dagster")
    monkeypatch.setattr("dagster_postgres.utils.time", clock)
    monkeypatch.setattr("museum_assets.core.outage.time", clock)
    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(dagster, "handlers", [logging.StreamHandler(written)])
    daemon = logging.getLogger("dagster.daemon.SensorDaemon")
    with new_database() as url:
        parts = urlsplit(url)
        with cable_to(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432") as cable:
            asked = {"postgres_url": f"postgresql://postgres@127.0.0.1:{cable.port}{parts.path}"}
            storage = PlatformStorage.from_config_value(None, asked)
            cable.cut()
            until = clock.monotonic() + 66
            while clock.monotonic() < until:
                try:
                    storage.run_storage.get_run_ids()
                except DagsterPostgresException:
                    daemon.exception("Sensor daemon caught an error")
            cable.mend()
            assert storage.run_storage.get_run_ids() == []
    begins, goes_on, over = written.getvalue().splitlines()
    assert begins.startswith(f"Dagster's storage: Postgres at 127.0.0.1:{cable.port}{parts.path} cannot be used: ")
    assert begins.endswith("then run again: finished work is kept.")
    assert goes_on.startswith("Dagster's storage: not reached for 1 min ")
    assert over.startswith("Dagster's storage: reached again after 1 min ")
    assert logging.root.handlers == [], "a handler of the root logger would write every line again"
