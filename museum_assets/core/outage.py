"""Telling of a server that is away, without a line for every attempt to reach it."""

from __future__ import annotations

import time
from collections.abc import Callable

OUTAGE_LINE_SECONDS = 60.0


class Outage:
    """Says a line when an outage begins, one a minute while it lasts, and one when it is over, with how long it took.

    `name` is what cannot be used, `done` what is done with it: "read" gives "not read for 1 min 0 s".
    """

    def __init__(self, say: Callable[[str], None], name: str, done: str) -> None:
        self.say = say
        self.name = name
        self.done = done
        self.since: float | None = None
        self.told = 0.0

    def goes_on(self, why: str) -> None:
        """Take that another attempt failed, and why."""
        now = time.monotonic()
        if self.since is None:
            self.since = self.told = now
            self.say(f"{self.name}: {why}")
        elif now - self.told >= OUTAGE_LINE_SECONDS:
            self.told = now
            self.say(f"{self.name}: not {self.done} for {_duration(now - self.since)}; trying again")

    def over(self) -> None:
        """Take that an attempt succeeded."""
        if self.since is not None:
            self.say(f"{self.name}: {self.done} again after {_duration(time.monotonic() - self.since)}")
            self.since = None


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
