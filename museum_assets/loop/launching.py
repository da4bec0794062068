"""Whether a sensor launches a run for unread input, or waits because the last runs read nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

FIRST_WAIT = 60.0
"""Seconds to wait after a launch that read nothing. The wait doubles each time, up to LONGEST_WAIT."""
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Lag:
    """How much is left to read, and a number that grows as reading moves on."""

    left: int
    read: int


@dataclass(frozen=True, slots=True)
class Launch:
    """A launch for a museum: its time in seconds, the `Lag.read` it saw, and how many in a row read nothing."""

    at: float
    read: int
    stuck: int = 0


def plan_launch(
    lag: Lag, last: Launch | None, now: float, *, in_flight: bool, things: str = "messages"
) -> tuple[Launch | None, str]:
    """Return (launch, reason): the launch to make now, or None, and why.

    After launches that read nothing the wait grows, so that unreadable input does not start a run every half minute.
    """
    if not lag.left:
        return None, "nothing to read"
    if in_flight:
        return None, "is being read"
    if last is None or lag.read != last.read:
        return Launch(now, lag.read), f"{lag.left} {things} to read"
    wait = min(FIRST_WAIT * 2**last.stuck, LONGEST_WAIT)
    if now - last.at < wait:
        return None, f"the last run read nothing: the next one in {wait - (now - last.at):.0f} s"
    return replace(last, at=now, stuck=min(last.stuck + 1, 10)), f"{lag.left} {things} to read, tried again"
