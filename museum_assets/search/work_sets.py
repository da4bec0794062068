"""Sets of works of live releases. A work is told by its place in its release, a number from 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class WorkSet:
    """Some works: of each museum, for each place, whether the work there is among them."""

    masks: Mapping[str, NDArray[np.bool_]]

    def __and__(self, other: WorkSet) -> WorkSet:
        """Return the works that both have."""
        return WorkSet({museum: mask & other.masks[museum] for museum, mask in self.masks.items()
                        if museum in other.masks})  # fmt: skip

    def __or__(self, other: WorkSet) -> WorkSet:
        """Return the works that either has."""
        both = {museum: mask | other.masks[museum] if museum in other.masks else mask
                for museum, mask in self.masks.items()}  # fmt: skip
        return WorkSet({**other.masks, **both})

    def __bool__(self) -> bool:
        """Say whether there is any work."""
        return any(mask.any() for mask in self.masks.values())

    def has(self, museum: str, place: int) -> bool:
        """Say whether a work is among them."""
        return museum in self.masks and bool(self.masks[museum][place])


NONE = WorkSet({})
