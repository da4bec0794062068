"""What makes vectors of images and texts, whatever the model behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from museum_assets.core.failures import Failure, Malformed

Vector = NDArray[np.float32]
"""float32 [dimension], unit length."""


class Embedder(Protocol):
    """One model. An input that cannot be embedded gives a `Failure` in its place and never fails the others.

    Raises MuseumError only for what concerns every input alike: no weights, no key, a model that does not load.
    """

    name: str
    """Of the model, such as "clip"; stands in logs and messages."""
    dimension: int

    @property
    def contract(self) -> str:
        """What the vectors depend on besides the input: model, weights and preprocessing.

        Known without loading the model. Vectors of different contracts must not meet in one search.
        """
        ...

    def embed_images(self, images: Sequence[bytes]) -> list[Vector | Failure]:
        """Embed encoded images (JPEG), in order."""
        ...

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        """Embed texts, in order."""
        ...


def unit(vector: NDArray[np.floating]) -> Vector | Failure:
    """Return the vector as float32 of unit length, or a failure when it has no direction."""
    length = np.linalg.norm(vector)
    if not np.isfinite(length) or length == 0:
        return Malformed(
            f"The model answered with a vector of length {length}, which points nowhere.", code="no_vector"
        )
    directed: Vector = (vector / length).astype(np.float32)
    return directed
