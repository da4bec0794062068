"""The embedders of a collection's vectors. Adding one means a spec here and its stages in `collection/stages.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from museum_assets.core.settings import Settings
from museum_assets.loop.spec import always_active
from resources.embedders.embedder import Embedder
from resources.platform import Platform


@dataclass(frozen=True)
class EmbedderSpec:
    """One embedder: its name, the dimension of its vectors, how it is opened, and when it is in use."""

    name: str
    dimension: int
    open: Callable[[Platform], Embedder]
    """Raises MuseumError when it cannot be used as configured."""
    inactive: Callable[[Settings], str | None] = always_active


def _without_key(settings: Settings) -> str | None:
    return None if settings.jina_api_key else "Jina's model is not active: set JINA_API_KEY"


CLIP = EmbedderSpec("clip", 768, Platform.clip)
JINA = EmbedderSpec("jina", 1024, Platform.jina, _without_key)
