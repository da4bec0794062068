"""Local times as files write them, to instants: across the changes of the clock too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

QUARTER = 15 * 60 * 1_000_000
"""Microseconds. Clocks change at full quarters everywhere, so one look-up serves all times of a quarter."""
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  of a clock without zone

Array = np.ndarray[Any, Any]


def to_utc(local: Array, zone: ZoneInfo) -> tuple[Array, Array]:
    """Return local microseconds since 1970 as microseconds since 1970 UTC, and which of them the clock ever showed.

    An hour that the clock shows twice counts as its first showing (fold 0), since a file does not say which. A time
    that the clock skipped never was, and is no time of a press.
    """
    quarters, which = np.unique(local // QUARTER, return_inverse=True)
    offsets = np.empty(len(quarters), np.int64)
    shown = np.empty(len(quarters), bool)
    for n, quarter in enumerate(quarters.tolist()):
        try:
            wall = EPOCH + timedelta(microseconds=quarter * QUARTER)
            aware = wall.replace(tzinfo=zone)
            offsets[n] = round((aware.utcoffset() or timedelta()).total_seconds()) * 1_000_000
            shown[n] = aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall
        except (OverflowError, ValueError):  # years that a calendar does not have
            offsets[n], shown[n] = 0, False
    return local - offsets[which], shown[which]
