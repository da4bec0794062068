"""The document assets, their checks and their sensor, as Dagster runs them."""

from __future__ import annotations

from typing import Any

import dagster as dg  # noqa: TID251 - assets and a sensor are tried here
import pytest

from museum_assets.documents.stages import STAGES
from museum_assets.kit.assets import stage_asset
from museum_assets.kit.checks import stage_checks
from museum_assets.notices.runs import own_error
from resources.dagster_resources import configured_resources
from sensors.documents import new_documents
from tests.support.documents import LETTER, REPORT, Place
from tests.support.fake_llm import KEY, FakeLlm
from tests.support.ticks import tick

document_files, document_records = map(stage_asset, STAGES)
CHECKS = [stage_checks(spec) for spec in STAGES]
BOTH = [dg.AssetKey("document_files"), dg.AssetKey("document_records")]


@pytest.fixture
def chosen(place: Place, fake: FakeLlm, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The place as the environment describes it."""
    values = {"DOCUMENTS_BUCKET": place.store.bucket, "LLM_BASE_URL": fake.url, "LLM_API_KEY": KEY, "LLM_MODEL": "m",
              "LLM_TIMEOUT": "30"}  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return place


def materialize(*assets: Any, checks: bool = True) -> dg.ExecuteInProcessResult:
    with dg.DagsterInstance.ephemeral() as instance:
        return materialize_on(instance, *assets, *(CHECKS if checks else []))


def materialize_on(instance: dg.DagsterInstance, *assets: Any) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        assets, partition_key="smk", resources=configured_resources(), instance=instance, raise_on_error=False
    )


def error_of(result: dg.ExecuteInProcessResult, step: str) -> str:
    return own_error(result.failure_data_for_node(step).error).message  # type: ignore[union-attr]


def test_both_assets_with_their_checks(chosen: Place) -> None:
    result = materialize(document_files, document_records)
    assert result.success
    assert {(e.check_name, e.passed) for e in result.get_asset_check_evaluations()} == {
        ("books_balance", True), ("failure_ratio", True), ("documents_stored", True),
        ("rows_as_written", True)}  # fmt: skip
    (event,) = result.asset_materializations_for_node("document_files")
    assert event.metadata["listed"].value == event.metadata["done"].value == 2
    assert event.metadata["pattern"].value == "smk/**"


def test_without_a_model_no_record_is_materialized_and_it_is_said_what_to_set(
    chosen: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLM_MODEL")
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize_on(instance, document_files, document_records, *CHECKS)
        said = [entry.user_message for entry in instance.all_logs(result.run_id)]
    assert result.success
    assert not result.asset_materializations_for_node("document_records")
    assert any("set LLM_BASE_URL and LLM_MODEL" in line for line in said), said
    # Nothing was read, so nothing passes for having been looked at.
    assert {e.asset_key.to_user_string() for e in result.get_asset_check_evaluations()} == {"document_files"}
    # What needs no model is done, and no blank record stands for what a model would have read.
    assert chosen.rows("SELECT count(*) FROM documents.file") == [(2,)]
    assert chosen.rows("SELECT count(*) FROM documents.record") == [(0,)]
    assert chosen.rows("SELECT count(*) FROM ops.ledger WHERE stage = 'document_records'") == [(0,)]


def test_a_denied_bucket_fails_the_run_and_is_not_an_empty_one(chosen: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert materialize(document_files, checks=False).success
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    result = materialize(document_files, checks=False)
    assert not result.success
    assert "AWS_ACCESS_KEY_ID" in error_of(result, "document_files")
    assert chosen.rows("SELECT count(*) FROM documents.object WHERE gone_at IS NOT NULL") == [(0,)]
    assert chosen.rows("SELECT count(*) FROM documents.file") == [(2,)]


def test_too_many_failures_breach_the_check(chosen: Place, fake: FakeLlm) -> None:
    fake.always = lambda record: "I am sorry"
    result = materialize(document_files, document_records)
    assert result.success
    breached = [e for e in result.get_asset_check_evaluations() if not e.passed]
    assert {(e.asset_key.to_user_string(), e.check_name, e.severity) for e in breached} == {
        ("document_records", "failure_ratio", dg.AssetCheckSeverity.ERROR),
        ("document_records", "rows_as_written", dg.AssetCheckSeverity.WARN),  # nothing was written
    }


class Ticks:
    """The daemon for one sensor."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.instance = instance
        self.cursor: str | None = None

    def __call__(self) -> dict[str, Any]:
        result = tick(new_documents, self.instance, self.cursor)
        self.cursor = result.cursor
        self.told = result.skip_reason.skip_message if result.skip_reason else ""
        return {request.partition_key: request.asset_selection for request in result.run_requests}


def test_new_changed_and_gone_documents_are_picked_up_without_a_hand(chosen: Place) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        tick = Ticks(instance)
        assert tick() == {"smk": BOTH, "met": BOTH}
        assert tick() == {}, "the runs have brought nothing yet"
        assert "smk: the last run read nothing" in tick.told
        materialize(document_files, document_records, checks=False)
        assert tick() == {}
        assert "smk: nothing to read" in tick.told
        chosen.store.put("smk/condition/1.txt", REPORT + b"\n", content_type="text/plain")
        assert tick() == {"smk": BOTH}
        materialize(document_files, document_records, checks=False)
        chosen.store.delete_many(["smk/loan/2.txt"])
        assert tick() == {"smk": BOTH}
        materialize(document_files, document_records, checks=False)
        assert tick() == {}
        assert "smk: nothing to read" in tick.told


def test_without_a_model_documents_are_staged_and_read_when_one_comes(
    chosen: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LLM_MODEL")
    with dg.DagsterInstance.ephemeral() as instance:
        tick = Ticks(instance)
        assert tick()["smk"] == [dg.AssetKey("document_files")]
        materialize(document_files, checks=False)
        tick()
        assert "smk: nothing to read" in tick.told
        monkeypatch.setenv("LLM_MODEL", "m")
        assert tick() == {"smk": BOTH}


def test_a_model_outage_is_tried_again_by_itself(chosen: Place, fake: FakeLlm) -> None:
    fake.always = (503, {}, {"error": {"message": "down"}})
    with dg.DagsterInstance.ephemeral() as instance:
        tick = Ticks(instance)
        materialize(document_files, document_records, checks=False)
        assert "smk" in tick(), "a first failure is due at once"
        fake.always = None
        materialize(document_records, checks=False)
        assert "smk" not in tick()
        assert chosen.rows("SELECT count(*) FROM documents.record") == [(2,)]


def test_a_large_bucket_is_gone_through_in_several_ticks(chosen: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("museum_assets.documents.due.OBJECTS_PER_TICK", 2)
    for number in range(5):
        chosen.store.put(f"smk/loan/z{number}.txt", LETTER, content_type="text/plain")
    with dg.DagsterInstance.ephemeral() as instance:
        tick = Ticks(instance)
        materialize(document_files, document_records, checks=False)
        assert "smk" not in tick()
        chosen.store.put("smk/loan/z4.txt", LETTER + b"\n", content_type="text/plain")
        found = ["smk" in tick() for _ in range(4)]
        assert found.count(True) == 1


def test_a_bucket_that_cannot_be_listed_is_told_and_launches_nothing(
    chosen: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    with dg.DagsterInstance.ephemeral() as instance:
        tick = Ticks(instance)
        assert tick() == {}
        assert "smk: S3 at" in tick.told
