"""Failed runs and breached checks become notices; a sensor per channel tells them.

Noticing and telling are apart, so that a mail server that does not answer delays neither the other channel nor the
counting. Every tick is bounded, and what it could not do the next one does: the row stays.
"""

import time
from collections.abc import Callable

import dagster as dg

from museum_assets.failures import MuseumError
from museum_assets.notices.channels import CHANNELS, NONE, configured
from museum_assets.notices.notice import Occurrence
from museum_assets.notices.runs import failed_checks, failed_runs
from museum_assets.notices.stages import tell
from museum_assets.notices.store import note
from museum_assets.settings import settings
from resources import platform
from resources.postgres import Busy

Look = Callable[[dg.DagsterInstance, str | None], tuple[list[Occurrence], str | None]]


def noticing(name: str, look: Look, description: str) -> dg.SensorDefinition:
    """Make the sensor that notes what a look at Dagster's events finds."""

    @dg.sensor(
        name=name,
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=description,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        found, cursor = look(context.instance, context.cursor)
        touched = 0
        if found:
            with platform.database(settings()).connect() as conn:
                touched = note(conn, found, configured(settings()), settings().notice_window_minutes)
        # Only now: a tick that raises leaves the cursor where it was, and noting twice counts once.
        told = f"{len(found)} found, {touched} notices new or counted up" if found else "nothing failed"
        return dg.SensorResult(skip_reason=dg.SkipReason(told), cursor=cursor)

    return sensor


def telling(channel: str) -> dg.SensorDefinition:
    """Make the sensor that tells notices on one channel."""

    @dg.sensor(
        name=f"notices_by_{channel}",
        minimum_interval_seconds=30,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Tells waiting notices by {channel}. What cannot be told is tried again, at last a dead letter.",
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.SkipReason:  # noqa: ARG001
        if channel not in configured(settings()):
            return dg.SkipReason(NONE)
        started = time.monotonic()
        try:
            with CHANNELS[channel](settings()) as stage:
                counts = tell(platform.database(settings()), stage)
        except Busy as busy:
            return dg.SkipReason(str(busy))
        if counts.failed:
            # So that the tick is red. The rows are committed: nothing is told twice by this, and nothing is lost.
            reasons = ", ".join(counts.codes)
            raise MuseumError(f"{counts.failed} notices not told by {channel} ({reasons}): see `museum notices list`")
        return dg.SkipReason(f"{counts.done} told, {counts.left} left, {time.monotonic() - started:.1f} s")

    return sensor


def _checks(instance: dg.DagsterInstance, cursor: str | None) -> tuple[list[Occurrence], str | None]:
    return failed_checks(instance, cursor, warnings=settings().notice_severity == "WARN")


notice_sensors = [
    noticing("run_failures", failed_runs, "Notes failed runs, for notices."),
    noticing("check_failures", _checks, "Notes breached checks of severity NOTICE_SEVERITY, for notices."),
    *(telling(channel) for channel in CHANNELS),
]
