"""A limiter for tests that ask a server of their own."""

from __future__ import annotations


class NoPace:
    """Lets everything through at once, and keeps what it was told."""

    def __init__(self) -> None:
        self.pauses: list[float | None] = []
        self.successes = 0

    def acquire(self) -> None:
        """Go on."""

    def slow_down(self, retry_after: float | None) -> None:
        """Keep the pause."""
        self.pauses.append(retry_after)

    def succeeded(self) -> None:
        """Count it."""
        self.successes += 1
