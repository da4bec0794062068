"""Every stage and every source of dead letters, as the domains list them. What belongs here: lists put together."""

from __future__ import annotations

from museum_assets.archives.letters import ARCHIVE_IMPORT
from museum_assets.collection import stages as collection_stages
from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.dead_letters.sources import LetterSource, Sources, by_name
from museum_assets.documents import stages as document_stages
from museum_assets.enrichment import stages as enrichment_stages
from museum_assets.kiosk.letters import SOURCES as KIOSK_SOURCES
from museum_assets.loop.letters import letter_source
from museum_assets.loop.spec import StageSpec
from museum_assets.notices import stages as notice_stages
from museum_assets.sources.rehearsal import LETTER_SOURCES as REHEARSED


def collection() -> tuple[StageSpec, ...]:
    """Return the collection's stages, in the order of their work."""
    return collection_stages.STAGES


def enrichment() -> tuple[StageSpec, ...]:
    """Return the stages of enrichment, in the order of their work."""
    return enrichment_stages.stages(transformed_artworks, stored_thumbnails)


def stages() -> tuple[StageSpec, ...]:
    """Return every stage: the collection's, enrichment's, the documents' and the notices'."""
    return (*collection_stages.STAGES, *enrichment(), *document_stages.STAGES, *notice_stages.STAGES)


def letter_sources() -> Sources:
    """Return everything that writes dead letters, by name."""
    found: list[LetterSource] = [*KIOSK_SOURCES.values(), ARCHIVE_IMPORT, *REHEARSED]
    return by_name([*found, *(letter_source(spec.name) for spec in stages())])
