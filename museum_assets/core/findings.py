"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EMPTY = "nothing to check"
"""The metadata entry of a check that had nothing to look at."""
SAMPLE = 20
"""How many offending rows a finding names; the count is always exact."""


class Markdown(str):
    """Text that is shown as Markdown where it can be."""

    __slots__ = ()


@dataclass(frozen=True)
class Finding:
    """The result of a check: what it found, what to do, and the numbers behind it.

    `warn` softens a failure. `empty` says that there was nothing to check, which is neither passed nor a failure.
    """

    passed: bool
    description: str
    metadata: dict[str, Any] = field(default_factory=dict)
    warn: bool = False
    empty: bool = False

    @classmethod
    def nothing(cls, remedy: str, **metadata: Any) -> Finding:
        """Return the finding of a check that has nothing to check; `remedy` says what would give it something."""
        return cls(False, f"nothing to check yet: {remedy}", metadata, warn=True, empty=True)
