"""The sensor of new files, on the real S3 endpoint, with the runs that it asks for."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import dagster as dg  # noqa: TID251 - a sensor is tried here
import pytest

from museum_assets.definitions import defs
from museum_assets.kiosk.assets import visitor_feedback as module
from museum_assets.kiosk.files.new_files import FIRST_RETRY_WAIT
from museum_assets.simulator.kiosk import DECOYS
from sensors import kiosk_files as sensor_module
from sensors.kiosk_files import new_kiosk_files
from tests.support.kiosk_files import HEADER, Kiosks
from tests.support.kiosk_tables import presses
from tests.support.ticks import tick

PRESS = "2023-03-06 10:00:00,0,{val},\n"


class Desk:
    """An instance of Dagster, the sensor with its cursor, and a clock that can be put forward."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None
        self.ahead = 0.0
        self.repository = defs().get_repository_def()
        self.keys: set[str] = set()

    def tick(self) -> list[dg.RunRequest]:
        found = tick(new_kiosk_files, self.instance, self.cursor, repository_def=self.repository)
        assert isinstance(found, dg.SensorResult)
        self.cursor = found.cursor
        requests = list(found.run_requests or [])
        for request in requests:
            assert request.run_key not in self.keys, "Dagster never launches a key twice"
            self.keys.add(request.run_key or "")
        return requests

    def run(self, request: dg.RunRequest, *, good: bool = True) -> None:
        job = defs().resolve_job_def("kiosk_files")
        done = job.execute_in_process(partition_key=request.partition_key, instance=self.instance, tags=request.tags,
                                      raise_on_error=False)  # fmt: skip
        assert done.success == good, [event.message for event in done.all_events if event.is_failure]

    def settle(self) -> None:
        """Tick and run until nothing is asked for."""
        while requests := self.tick():
            for request in requests:
                self.run(request)


@pytest.fixture
def desk(lmnh: Kiosks, lms: Kiosks, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for kiosks in (lmnh, lms):
        monkeypatch.setenv(f"MUSEUM_KIOSK_BUCKET_{kiosks.museum.slug.upper()}", kiosks.source.bucket)
    monkeypatch.setenv("KIOSK_COMBINED_BUCKET", lmnh.combined.bucket)
    with dg.DagsterInstance.ephemeral(tempdir=os.environ["DAGSTER_HOME"]) as instance:
        desk = Desk(instance)

        class Clock:
            monotonic = staticmethod(time.monotonic)

            @staticmethod
            def time() -> float:
                return time.time() + desk.ahead

        monkeypatch.setattr(sensor_module, "time", Clock)
        yield desk


def history(*vals: int) -> str:
    return HEADER + "".join(PRESS.format(val=val) for val in vals)


def stored(kiosks: Kiosks) -> int:
    with kiosks.database.connect() as conn:
        return len(presses(conn, kiosks.museum.slug))


def test_a_batch_of_new_files_is_one_run_per_museum_and_decoys_are_none(desk: Desk, lmnh: Kiosks, lms: Kiosks) -> None:
    lmnh.put(DECOYS)
    assert desk.tick() == []
    lmnh.exhibitions(0)
    lmnh.put({f"lmnh_hist_data_{n}.csv": history(n) for n in range(4)})
    lms.exhibitions(0)
    lms.put({"lms_hist_data_0.csv": history(1)})
    requests = desk.tick()
    assert {request.partition_key: request.tags["museum/files"] for request in requests} == {"lmnh": "5", "lms": "2"}
    for request in requests:
        desk.run(request)
    assert (stored(lmnh), stored(lms)) == (4, 1)
    assert desk.tick() == []


def test_an_overwritten_object_and_one_written_in_the_same_second_are_noticed(desk: Desk, lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_1.csv": history(1)})
    desk.settle()
    # At once, so mostly within the second that S3's clock tells, and with a key that sorts before the last one.
    lmnh.put({"lmnh_hist_data_0.csv": history(0), "lmnh_hist_data_1.csv": history(1, 2)})
    (request,) = desk.tick()
    assert request.tags["museum/files"] == "2"
    desk.run(request)
    assert stored(lmnh) == 3
    assert desk.tick() == []


def test_files_whose_run_failed_are_asked_for_again(desk: Desk, lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_0.csv": history(1)})
    (request,) = desk.tick()

    def broken(*_: Any) -> None:
        raise RuntimeError("Postgres is away")

    with monkeypatch.context() as patch:
        patch.setattr(module, "load_combined", broken)
        desk.run(request, good=False)
    assert stored(lmnh) == 0
    assert desk.tick() == []  # not at once
    desk.ahead += FIRST_RETRY_WAIT + 1
    (again,) = desk.tick()
    assert again.tags["museum/files"] == "2"
    desk.run(again)
    assert stored(lmnh) == 1
    desk.ahead += 100 * FIRST_RETRY_WAIT
    assert desk.tick() == []


def test_while_a_run_is_under_way_nothing_is_asked_for(desk: Desk, lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    run = dg.DagsterRun(job_name="kiosk_files", run_id="0b0f9a3e-4b0a-4d5c-9d6b-0a8f6f1f7a02",
                        status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "lmnh"})  # fmt: skip
    desk.instance.add_run(run)
    assert desk.tick() == []
    desk.instance.delete_run(run.run_id)
    assert len(desk.tick()) == 1


def test_one_museums_broken_bucket_keeps_nobody_elses_files_waiting(
    desk: Desk, lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSEUM_KIOSK_BUCKET_LMS", "no-such-bucket")
    lmnh.exhibitions(0)
    (request,) = desk.tick()
    assert request.partition_key == "lmnh"


def test_the_run_shows_what_it_did(desk: Desk, lmnh: Kiosks) -> None:
    lmnh.exhibitions(0)
    lmnh.put({"lmnh_hist_data_0.csv": history(1, 1, 9)})
    desk.settle()

    def metadata(asset: str) -> Any:
        event = desk.instance.get_latest_materialization_event(dg.AssetKey(asset))
        assert event
        assert event.asset_materialization
        return {name: value.value for name, value in event.asset_materialization.metadata.items()}

    data = metadata("combined_kiosk_data")
    assert (data["rows"], data["rejected"], data["files"]) == (2, 1, 1)
    assert data["dagster/uri"] == f"s3://{lmnh.combined.bucket}/lmnh/kiosk_data.parquet"
    assert [column.name for column in data["dagster/column_schema"].columns][:4] == ["at", "site", "val", "type"]
    loaded = metadata("visitor_feedback")
    assert (loaded["loaded"], loaded["duplicate"], loaded["rejected"], loaded["files loaded"]) == (2, 0, 1, 2)
    report = metadata("exhibition_report")
    assert "data:image/svg+xml;base64," in report["chart"]
    assert report["exhibitions"].records[0].data["reviews"] == 2
    keys = [dg.AssetCheckKey(dg.AssetKey(asset), name) for asset, name in (
        ("visitor_feedback", "dead_letter_ratio"), ("visitor_feedback", "files_accounted"),
        ("exhibition_report", "books_agree"), ("exhibition_report", "sites_known"))]  # fmt: skip
    found = desk.instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    passed = {key.name: record.event.dagster_event.asset_check_evaluation_data.passed for key, record in found.items()}  # type: ignore[union-attr]
    assert passed == {"dead_letter_ratio": False, "files_accounted": True, "books_agree": True, "sites_known": True}


def test_while_s3_is_away_a_tick_says_so_and_the_next_one_goes_on(
    desk: Desk, lmnh: Kiosks, monkeypatch: pytest.MonkeyPatch
) -> None:
    lmnh.exhibitions(0)
    with monkeypatch.context() as away:
        away.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:9")
        found = tick(new_kiosk_files, desk.instance, None, repository_def=desk.repository)
    assert isinstance(found, dg.SensorResult)
    assert found.skip_reason
    assert str(found.skip_reason.skip_message).count("S3 at http://127.0.0.1:9 cannot be reached") == 2
    desk.cursor = found.cursor
    (request,) = desk.tick()
    assert request.partition_key == "lmnh"
