"""Sensors that record failed runs and breached checks as notices, and one sensor per channel that tells them.

Recording and telling are separate, so that a mail server without an answer delays neither the other channel nor the
counting. Every tick is bounded; a notice that was not told stays in its table for the next tick.
"""

import time
from collections.abc import Callable

import dagster as dg

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import Settings
from museum_assets.notices.notice import Occurrence
from museum_assets.notices.runs import failed_checks, failed_runs
from museum_assets.notices.stages import CHANNELS, configured
from museum_assets.notices.store import record
from museum_assets.notices.telling import tell
from resources.dagster_resources import PlatformResource
from resources.postgres import Busy

ReadEvents = Callable[[Settings, dg.DagsterInstance, str | None], tuple[list[Occurrence], str | None]]
"""Returns (what failed after the cursor, the next cursor)."""


def recording_sensor(name: str, read_events: ReadEvents, description: str) -> dg.SensorDefinition:
    """Return the sensor that records the failures among Dagster's events."""

    @dg.sensor(
        name=name,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SensorResult:
        services = platform.get()
        occurrences, cursor = read_events(services.settings, context.instance, context.cursor)
        touched = 0
        if occurrences:
            with services.database().connect() as conn:
                channels = configured(services.settings)
                touched = record(conn, occurrences, channels, services.settings.notice_window_minutes)
        # A tick that raised before this keeps its cursor, and an event that is recorded twice counts once.
        text = f"{len(occurrences)} found, {touched} notices new or counted up" if occurrences else "nothing failed"
        return dg.SensorResult(skip_reason=dg.SkipReason(text), cursor=cursor)

    return sensor


def telling_sensor(channel: str) -> dg.SensorDefinition:
    """Return the sensor that tells notices on one channel."""

    @dg.sensor(
        name=f"notices_by_{channel}",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Tells notices by {channel}. One that cannot be told is tried again, at last a dead letter.",
    )
    def sensor(context: dg.SensorEvaluationContext, platform: PlatformResource) -> dg.SkipReason:  # noqa: ARG001
        services = platform.get()
        if reason := CHANNELS[channel].inactive(services.settings):
            return dg.SkipReason(reason)
        started = time.monotonic()
        try:
            counts = tell(services, CHANNELS[channel])
        except Busy as busy:
            return dg.SkipReason(str(busy))
        if counts.failed:
            # Raised to show the tick as failed. The outcomes are committed, so nothing is told twice or lost.
            reasons = ", ".join(counts.codes)
            raise MuseumError(f"{counts.failed} notices not told by {channel} ({reasons}): see `museum notices list`")
        return dg.SkipReason(f"{counts.done} told, {counts.left} left, {time.monotonic() - started:.1f} s")

    return sensor


def _runs(_: Settings, instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[Occurrence], str | None]:
    return failed_runs(instance, cursor)


def _checks(
    settings: Settings, instance: dg.DagsterInstance, cursor: str | None
) -> tuple[list[Occurrence], str | None]:
    return failed_checks(instance, cursor, warnings=settings.notice_severity == "WARN")


notice_sensors = [
    recording_sensor("run_failures", _runs, "Records failed runs as notices."),
    recording_sensor("check_failures", _checks, "Records breached checks of severity NOTICE_SEVERITY as notices."),
    *(telling_sensor(channel) for channel in CHANNELS),
]
