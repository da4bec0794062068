"""Traces of a run's stages and batches, as an OpenTelemetry collector gets them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from museum_assets.core.failures import Failure
from museum_assets.core.work_in_hand import working_on
from museum_assets.loop.run import run_stage
from resources.postgres import Database
from resources.tracing import start_tracing, stop_tracing
from tests.support.copying_stage import MUSEUM, Copying, add
from tests.support.web_server import web_server


def test_a_run_is_a_trace_of_its_stages_and_their_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    add(database, *"abcde")
    run = str(uuid4())
    with web_server() as collector:
        run_stage(database, MUSEUM, Copying({"b": Failure("no", permanent=True)}))
        assert collector.asked == [], "traced without being told to"
        start_tracing(f"{collector.url}/v1/traces")
        try:
            with working_on(run=run):
                run_stage(database, MUSEUM, Copying(contract="v2"))
        finally:
            stop_tracing()
        run_stage(database, MUSEUM, Copying(contract="v3"))
        requests = [ExportTraceServiceRequest.FromString(asked.body) for asked in collector.asked]
    spans = [
        span for each in requests for part in each.resource_spans for scope in part.scope_spans for span in scope.spans
    ]
    (stage,) = [span for span in spans if span.name == "transformed_artworks"]
    batches = [span for span in spans if span.name == "batch"]
    assert len(spans) == 1 + len(batches)
    assert {span.trace_id.hex() for span in spans} == {run.replace("-", "")}
    assert {span.parent_span_id for span in batches} == {stage.span_id}
    said = [{item.key: item.value for item in span.attributes} for span in batches]
    assert sum(each["museum.records"].int_value for each in said) == 5
    assert {each["museum.museum"].string_value for each in said} == {MUSEUM}


def test_a_collector_that_is_away_holds_up_nothing_and_is_told_once(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    add(database, *"ab")
    start_tracing("http://127.0.0.1:1/v1/traces")
    try:
        assert run_stage(database, MUSEUM, Copying()).done == 2
    finally:
        stop_tracing()
    (told,) = [each.getMessage() for each in caplog.records]
    assert told.startswith("traces to http://127.0.0.1:1/v1/traces: they cannot be sent")
