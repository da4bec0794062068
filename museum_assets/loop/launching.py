"""Whether a run should be launched for what waits, by a sensor that looks often."""

from __future__ import annotations

from dataclasses import dataclass, replace

PATIENCE = 60.0
"""Seconds between launches that bring nothing: doubled each time, up to LONGEST."""
LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Lag:
    """How much is left to read, and a number that grows as reading moves on."""

    left: int
    read: int


@dataclass(frozen=True, slots=True)
class Launched:
    """The last launch for a museum: when (seconds), at which `Lag.read`, and how many in a row got nowhere."""

    at: float
    read: int
    stuck: int = 0


def plan(
    lag: Lag, last: Launched | None, now: float, *, in_flight: bool, things: str = "messages"
) -> tuple[Launched | None, str]:
    """Decide whether to launch a run: return its record, or None, and why.

    A launch after which nothing moved on waits longer and longer, so that what cannot be read does not make a run
    every half minute.
    """
    if not lag.left:
        return None, "nothing to read"
    if in_flight:
        return None, "is being read"
    if last is None or lag.read != last.read:
        return Launched(now, lag.read), f"{lag.left} {things} to read"
    wait = min(PATIENCE * 2**last.stuck, LONGEST)
    if now - last.at < wait:
        return None, f"the last run read nothing: the next one in {wait - (now - last.at):.0f} s"
    return replace(last, at=now, stuck=min(last.stuck + 1, 10)), f"{lag.left} {things} to read, tried again"
