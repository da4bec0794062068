from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from dagster._grpc.server import DagsterApiServer  # noqa: TID251 - its looks are made patient

from resources.dagster_storage import PlatformStorage
from resources.dead_runs import LOOK, patient
from tests.support.new_database import NewDatabase
from tests.support.unplugged import cable_to


def test_a_look_for_dead_runs_outlives_an_outage_and_nothing_else(
    new_database: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_postgres.utils.time.sleep", lambda _: None)
    found: list[object] = []
    with new_database() as url:
        parts = urlsplit(url)
        with cable_to(f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432") as cable:
            asked = {"postgres_url": f"postgresql://postgres@127.0.0.1:{cable.port}{parts.path}"}
            storage = PlatformStorage.from_config_value(None, asked)
            look = patient(lambda: found.append(storage.run_storage.get_run_ids()))
            cable.cut()
            look()
            assert found == []
            cable.mend()
            look()
            assert found == [[]]
    with pytest.raises(ZeroDivisionError):
        patient(lambda: 1 / 0)()  # type: ignore[arg-type, return-value]


def test_a_code_server_with_our_storage_looks_patiently() -> None:
    PlatformStorage.from_config_value(None, {"postgres_url": "postgresql://postgres@127.0.0.1:1/none",
                                             "should_autocreate_tables": False})  # fmt: skip
    assert getattr(DagsterApiServer, LOOK).__wrapped__
