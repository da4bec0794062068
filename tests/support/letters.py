"""A model of texts that needs no weights: vectors of the three letters that follow one another in them.

It finds texts that are written alike, in any language. It stands for a trained model where there is none: what a search
does with its vectors is the same.
"""

from __future__ import annotations

from zlib import crc32

import numpy as np

from museum_assets.core.failures import Failure
from resources.embedders.embedder import Vector, unit
from tests.support.little_production import DIMENSION

CONTRACT = "letters"


def letters(text: str) -> Vector:
    """Return the vector of a text."""
    padded = f"  {text.lower()}  "
    vector = np.zeros(DIMENSION, np.float32)
    for start in range(len(padded) - 2):
        vector[crc32(padded[start : start + 3].encode()) % DIMENSION] += 1
    made = unit(vector)
    assert not isinstance(made, Failure)
    return made
