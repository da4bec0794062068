"""Stages made by hand and bound to their specs, for tests that bring their own services."""

from __future__ import annotations

from typing import Any

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.artworks.transform import TransformStage
from museum_assets.collection.vectors.index import IndexStage, index_contract
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.core.settings import Settings
from museum_assets.loop.stage import Stage
from resources.platform import Platform


def transform(museum: Any, make: type[TransformStage] = TransformStage) -> Stage:
    """Make the stage that reads a museum's records, under the contract that it has now."""
    contract = transformed_artworks.contract(Platform(Settings(museum_profile="demo")), museum.slug)
    return transformed_artworks.bind(make(museum), contract)


def index(vector_index: Any, place: str = "here") -> Stage:
    """Make the stage that makes points."""
    return indexed_artworks.bind(IndexStage(vector_index), index_contract(place))
