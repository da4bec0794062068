"""An embedder that costs nothing: content decides the vector, so that the oracle knows which one belongs where."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from resources.embedders.embedder import Vector


def vector_of(content: bytes, dimension: int = 768) -> Vector:
    """Return the vector of a content, of unit length."""
    seed = int.from_bytes(hashlib.sha256(content).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(dimension).astype(np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class HashEmbedder:
    """Stands where CLIP would: the same contract, the same dimensions, no model."""

    name, dimension, contract = "clip", 768, "hash:sha256:v1"

    def embed_images(self, images: Sequence[bytes]) -> list[Vector]:
        """Embed images."""
        return [vector_of(image) for image in images]

    def embed_texts(self, texts: Sequence[str]) -> list[Vector]:
        """Embed texts."""
        return [vector_of(text.encode()) for text in texts]
