"""The collection's stages, in the order of their work. Adding a vector means adding a line at the end of this list."""

from __future__ import annotations

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.collection.vectors.embedders import CLIP, JINA, SIGLIP
from museum_assets.collection.vectors.stages import embedding, indexed_artworks
from museum_assets.loop.spec import StageSpec

STAGES: tuple[StageSpec, ...] = (
    raw_metadata,
    transformed_artworks,
    indexed_artworks,
    stored_thumbnails,
    embedding("image_clip", "image", CLIP),
    embedding("text_clip", "text", CLIP),
    embedding("image_jina", "image", JINA),
    embedding("text_jina", "text", JINA),
    embedding("image_siglip", "image", SIGLIP),
    embedding("text_siglip", "text", SIGLIP),
)


def vectors_of(embedder: str) -> list[str]:
    """Return the names of an embedder's vectors, those of images first."""
    found = [(spec.vector.input, spec.name) for spec in STAGES if spec.vector and spec.vector.embedder == embedder]
    return [name for _, name in sorted(found)]
