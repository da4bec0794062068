"""The two collections of the vector index, with a named vector for every stage that makes one."""

from __future__ import annotations

from collections.abc import Iterator

from museum_assets import catalogue
from museum_assets.core.settings import Settings
from resources.platform import Platform
from resources.vector_index.index import Vectors
from resources.vector_index.session import VectorIndex


def active_vectors(settings: Settings) -> Vectors:
    """Return {vector: dimension} of the stages that are in use."""
    return {
        spec.name: spec.vector.dimension
        for spec in catalogue.collection()
        if spec.vector and not spec.inactive(settings)
    }


def indexes(platform: Platform) -> dict[str, tuple[str, VectorIndex]]:
    """Return {variable: (collection, index)} of the working collection and of production's."""
    settings = platform.settings
    return {
        "QDRANT_COLLECTION": (settings.qdrant_collection, platform.vector_index()),
        "QDRANT_PRODUCTION_COLLECTION": (settings.qdrant_production_collection, platform.production_index()),
    }


def make_collections(platform: Platform) -> Iterator[tuple[str, bool]]:
    """Make collections, vectors and payload indexes that are missing; yield each name and whether anything was made.

    Raises as every use of the index does.
    """
    vectors = active_vectors(platform.settings)
    for variable, (name, index) in indexes(platform).items():
        with index.open() as session:
            missing = not session.exists or bool(session.missing_vectors(vectors))
            session.ensure_collection(vectors, released=variable == "QDRANT_PRODUCTION_COLLECTION")
        yield name, missing
