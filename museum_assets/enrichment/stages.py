"""The stages of enrichment. What some of them follow is of another domain, so that the catalogue hands it in."""

from __future__ import annotations

from dataclasses import replace

from museum_assets.enrichment.authority.stage import artist_identities
from museum_assets.enrichment.facts.stages import (
    artist_facts,
    material_terms,
    place_coordinates,
    subject_identities,
    thumbnail_colours,
    work_type_terms,
)
from museum_assets.loop.spec import StageSpec


def stages(artworks: StageSpec, thumbnails: StageSpec) -> tuple[StageSpec, ...]:
    """Return the stages, which follow those that make `artworks` and `thumbnails`."""
    identities = replace(artist_identities, deps=(artworks,))
    return (
        identities,
        replace(artist_facts, deps=(identities,)),
        replace(place_coordinates, deps=(artworks,)),
        replace(subject_identities, deps=(artworks,)),
        replace(work_type_terms, deps=(artworks,)),
        replace(material_terms, deps=(artworks,)),
        replace(thumbnail_colours, deps=(thumbnails,)),
    )
