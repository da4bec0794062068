"""What a simulated record is to listings, whatever the museum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Record = Any
"""A JSON object, or for RMA an `edm.OaiRecord`."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What listings filter on."""

    kinds: frozenset[str]
    """Canonical English kinds where known, else the museum's own word in lower case."""
    is_open: bool
    has_image: bool
    modified: int
    """Unix seconds."""
    groups: frozenset[str] = frozenset()
    """MET departments, RMA sets."""
