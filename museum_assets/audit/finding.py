"""What a check found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SAMPLE = 20
"""How many offending rows a finding names; the count is always exact."""


@dataclass(frozen=True)
class Finding:
    """The result of a check: what was found, what to do, and the numbers behind it. `warn` softens a failure."""

    passed: bool
    description: str
    metadata: dict[str, Any] = field(default_factory=dict)
    warn: bool = False
