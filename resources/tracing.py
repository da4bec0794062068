"""Traces of a run's stages and of their batches, in OpenTelemetry's protocol. Off unless TRACES_URL is set.

Nothing of OpenTelemetry is imported while they are off. All spans of a run are one trace, whose id is the run's.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from museum_assets.core.addresses import shown_address
from museum_assets.core.outage import Outage
from museum_assets.core.version import DISTRIBUTION, version
from museum_assets.core.work_in_hand import in_hand, working_on
from resources.extras import install_command

log = logging.getLogger(__name__)
SECONDS = 3
"""For one request to the collector, which may be away: a run must not wait for it."""
_provider: Any = None
_stage: list[Any] = []
"""The span of the stage that this process works on; its batches are committed by another thread."""


def start_tracing(url: str) -> None:
    """Send the spans of this process to an OTLP server from now on. Without the extra `traces` it says what to do."""
    global _provider  # noqa: PLW0603 - a process traces or does not
    if _provider is not None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
    except ImportError:
        log.warning("TRACES_URL is set, and its library is not installed: no traces. `%s`", install_command("traces"))
        return
    resource = Resource.create({"service.name": DISTRIBUTION, "service.version": version()})
    _provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=url, timeout=SECONDS)
    outage, send = Outage(log.warning, f"traces to {shown_address(url)}", "sent"), exporter.export

    def export(spans: Any) -> Any:
        result = send(spans)
        if result is SpanExportResult.SUCCESS:
            outage.over()
        else:
            outage.goes_on("they cannot be sent and are lost; check that a collector runs there, and TRACES_URL")
        return result

    exporter.export = export  # type: ignore[method-assign]
    # Its own lines, three for each batch, repeat what the outage says once a minute.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    _provider.add_span_processor(BatchSpanProcessor(exporter))
    atexit.register(stop_tracing)


def stop_tracing() -> None:
    """Send what is left, for a few seconds at the most, and trace no more. What cannot be sent is lost."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        atexit.unregister(stop_tracing)
        _provider.force_flush(1000 * SECONDS)
        _provider.shutdown()
        _provider = None


@contextmanager
def stage_traced(museum: str, stage: str) -> Iterator[None]:
    """Say that a stage of a museum is worked on, and trace it for as long as the block lasts."""
    with working_on(museum=museum, stage=stage):
        if _provider is None:
            yield
            return
        tracer = _provider.get_tracer(DISTRIBUTION)
        with tracer.start_as_current_span(stage, context=_run(), attributes=_attributes()) as span:
            _stage.append(span)
            try:
                yield
            finally:
                _stage.remove(span)


@contextmanager
def batch_traced(records: int) -> Iterator[None]:
    """Trace the writing of a batch, below the stage that it belongs to."""
    if _provider is None or not _stage:
        yield
        return
    from opentelemetry.trace import set_span_in_context

    attributes = {**_attributes(), "museum.records": records}
    tracer = _provider.get_tracer(DISTRIBUTION)
    with tracer.start_as_current_span("batch", context=set_span_in_context(_stage[-1]), attributes=attributes):
        yield


def _attributes() -> dict[str, str]:
    return {f"museum.{name}": value for name, value in in_hand().items()}


def _run() -> Any:
    """Return the context of Dagster's run, so that its stages are one trace; None outside of a run."""
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    run = in_hand().get("run")
    if run is None:
        return None
    number = UUID(run).int
    above = SpanContext(number, number & (2**64 - 1), is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(above))
