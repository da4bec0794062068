"""The contracts that the stages work under as configured now, without making or loading anything."""

from __future__ import annotations

from museum_assets.documents.prompt import extraction_contract
from museum_assets.documents.stages import staging_contract
from museum_assets.failures import MuseumError
from museum_assets.images.thumbnail import thumbnail_settings_id
from museum_assets.settings import Settings
from museum_assets.stages.embedding import embedding_contract
from museum_assets.stages.index import index_contract
from museum_assets.stages.mapping import mapping_contract
from resources.platform import active_embedders, embedder, vector_place


def current_contracts(settings: Settings, slug: str) -> dict[str, str]:
    """Return {stage: contract}; a stage whose model cannot be named now (no weights) is left out."""
    place = vector_place(settings)
    found = {
        "transformed_artworks": mapping_contract(slug),
        "indexed_artworks": index_contract(place),
        "document_files": staging_contract(settings.documents_max_bytes),
        "stored_thumbnails": thumbnail_settings_id(settings.image_max_dimension, settings.image_jpeg_quality),
    }
    if settings.llm_model:
        found["document_records"] = extraction_contract(settings.llm_model)
    for name in active_embedders(settings):
        try:
            contract = embedding_contract(embedder(settings, name).contract, place)
        except MuseumError:
            continue
        found |= {f"{kind}_{name}": contract for kind in ("image", "text")}
    return found
