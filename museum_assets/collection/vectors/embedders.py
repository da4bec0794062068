"""The embedders of a collection's vectors. Adding one means a spec here and its stages in `collection/stages.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from museum_assets.core.failures import MuseumError
from museum_assets.core.settings import SIGLIP_WEIGHTS, Settings
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
    open_for_queries: Callable[[Platform], Embedder] | None = None
    """How it is opened where it embeds one query and no more, if that is faster."""


def _without_key(settings: Settings) -> str | None:
    return None if settings.jina_api_key else "Jina's model is not active: set JINA_API_KEY"


def _without_weights(settings: Settings) -> str | None:
    return None if settings.siglip_weights else f"The SigLIP model is not active: set SIGLIP_WEIGHTS={SIGLIP_WEIGHTS}"


CLIP = EmbedderSpec("clip", 768, Platform.clip, open_for_queries=Platform.clip_of_queries)
JINA = EmbedderSpec("jina", 1024, Platform.jina, _without_key)
SIGLIP = EmbedderSpec("siglip", 768, Platform.siglip, _without_weights)

SEARCHED = {spec.name: spec for spec in (CLIP, SIGLIP)}
"""The embedders that SEARCH_MODEL may name. A query by Jina's would leave the house, and cost money."""


def searched(settings: Settings) -> EmbedderSpec:
    """Return the embedder whose vectors searches meet. Raises MuseumError when it is not in use."""
    spec = SEARCHED[settings.search_model]
    if reason := spec.inactive(settings):
        raise MuseumError(f"SEARCH_MODEL is {spec.name}. {reason}, or SEARCH_MODEL={CLIP.name}.")
    return spec


def search_model(platform: Platform) -> Embedder:
    """Return it opened. Raises MuseumError when it cannot be used as configured."""
    return searched(platform.settings).open(platform)


def query_model(platform: Platform) -> Embedder:
    """Return it opened for a command that embeds one query and ends. Raises as `search_model` does."""
    spec = searched(platform.settings)
    return (spec.open_for_queries or spec.open)(platform)
