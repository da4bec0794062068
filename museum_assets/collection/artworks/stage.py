"""The stage transformed_artworks: raw records read into the common artwork, each accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from museum_assets.collection.artworks import checks
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.loop.spec import CheckSpec, StageSpec
from museum_assets.loop.stage import Stage
from museum_assets.museums import museum
from resources.platform import Platform


def _contract(platform: Platform, slug: str) -> str:
    from museum_assets.collection.artworks.mapping import mapping_contract
    from museum_assets.collection.corrections.terms import terms_of, with_terms

    return with_terms(mapping_contract(slug), terms_of(platform, slug))


@contextmanager
def _open(platform: Platform, slug: str) -> Iterator[Stage]:
    from museum_assets.collection.artworks.transform import TransformStage
    from museum_assets.collection.corrections.terms import terms_of

    # Read after the contract: a term that is mapped in between makes everything due once more, and is never missed.
    yield TransformStage(museum(slug), cache(lambda: terms_of(platform, slug)))


transformed_artworks = StageSpec(
    name="transformed_artworks",
    domain="collection",
    description="Artworks in the common shape; every raw record is an artwork, a rejection with a code or a duplicate.",
    kinds=frozenset({"python", "postgres"}),
    contract=_contract,
    open=_open,
    table="staging.artwork",
    rows_hashed=True,
    deps=(raw_metadata,),
    released=True,
    checks=(
        CheckSpec.of("unique_identifiers", checks.unique_identifiers),
        CheckSpec.of("required_fields", checks.required_fields),
        CheckSpec.of("plausible_years", checks.plausible_years),
    ),
)
