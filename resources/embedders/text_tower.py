"""Vectors of texts by the demo's model, in numpy: for a process that embeds one query and ends.

Loading torch and open_clip takes seconds and 2 GB, one query through the model a few milliseconds. The numbers are
those of open_clip in float32.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museum_assets.core.failures import Failure
from resources.embedders.byte_pairs import BytePairs
from resources.embedders.clip import ClipEmbedder, refused
from resources.embedders.embedder import Vector, unit

Rows = NDArray[np.float32]
"""float32 [tokens, width]."""

_erf = np.frompyfunc(math.erf, 1, 1)


class TextTower:
    """The half of a CLIP model that reads texts: a configuration, a vocabulary and weights in a folder."""

    def __init__(self, folder: Path, model: str, weights: Path) -> None:
        from safetensors import safe_open

        config: dict[str, Any] = json.loads((folder / f"{model}.json").read_text(encoding="utf-8"))["text_cfg"]
        self._heads, self._layers = config["heads"], config["layers"]
        self._pairs = BytePairs(folder / f"{model}.txt.gz", config["context_length"])
        with safe_open(weights, framework="np") as file:
            names = [name for name in file.keys() if not name.startswith("visual.")]  # noqa: SIM118 - not a mapping
            self._weights = {name: file.get_tensor(name).astype(np.float32) for name in names}

    def vector(self, text: str) -> Vector | Failure:
        """Return the vector of a text."""
        numbers = self._pairs.tokens(text)
        # The model looks back only, so that what follows its last token, the first with the highest number, is nothing.
        numbers = numbers[: int(np.argmax(numbers)) + 1]
        weights = self._weights
        rows: Rows = weights["token_embedding.weight"][numbers] + weights["positional_embedding"][: len(numbers)]
        for layer in range(self._layers):
            block = f"transformer.resblocks.{layer}"
            rows = rows + self._attention(f"{block}.attn", self._normal(f"{block}.ln_1", rows))
            rows = rows + self._perceptron(f"{block}.mlp", self._normal(f"{block}.ln_2", rows))
        return unit(self._normal("ln_final", rows[-1:])[0] @ weights["text_projection"])

    def _linear(self, name: str, rows: Rows, weight: str = ".weight", bias: str = ".bias") -> Rows:
        found: Rows = rows @ self._weights[name + weight].T + self._weights[name + bias]
        return found

    def _normal(self, name: str, rows: Rows) -> Rows:
        centred = rows - rows.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        normal: Rows = centred / spread * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return normal

    def _attention(self, name: str, rows: Rows) -> Rows:
        count, width = rows.shape
        projected = self._linear(name, rows, ".in_proj_weight", ".in_proj_bias")
        query, key, value = projected.reshape(count, 3, self._heads, -1).transpose(1, 2, 0, 3)
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(width // self._heads)
        scores = np.where(np.tri(count, dtype=bool), scores, -np.inf)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        mixed: Any = shares / shares.sum(-1, keepdims=True) @ value
        return self._linear(f"{name}.out_proj", mixed.transpose(1, 0, 2).reshape(count, width))

    def _perceptron(self, name: str, rows: Rows) -> Rows:
        wide: Any = self._linear(f"{name}.c_fc", rows)  # numpy's types say more in some versions than in others
        bent: Any = wide * (1 + _erf(wide / math.sqrt(2)).astype(np.float32)) / 2  # GELU, exactly
        return self._linear(f"{name}.c_proj", bent)


class LightTexts(ClipEmbedder):
    """A model whose folder holds all of it, such as the demo's: it reads texts in numpy, and images as ever."""

    @cached_property
    def _tower(self) -> TextTower:
        assert self.model_configs is not None
        assert self.weights.path is not None
        return TextTower(self.model_configs, self.model, self.weights.path)

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        """Embed texts one by one."""
        return [refused(text) or self._tower.vector(text) for text in texts]
