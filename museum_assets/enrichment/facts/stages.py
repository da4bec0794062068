"""The sources of enrichment. Adding one means a spec here, listed in `enrichment/stages.py`, and its input view."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from museum_assets.enrichment.authority.stage import artist_identities, opened_answers, without_authority
from museum_assets.enrichment.facts.checks import coordinates_possible
from museum_assets.loop.spec import CheckSpec, StageSpec
from museum_assets.loop.stage import Stage
from resources.platform import Platform


def _colours(_: Platform, __: str) -> str:
    from museum_assets.enrichment.facts.colours import VERSION

    return VERSION


@contextmanager
def _open_colours(platform: Platform, _: str) -> Iterator[Stage]:
    from museum_assets.enrichment.facts.colours import ThumbnailColours

    yield ThumbnailColours(platform.thumbnails())


thumbnail_colours = StageSpec(
    name="thumbnail_colours",
    domain="enrichment",
    description="The main colours of each thumbnail with their shares, and its shape.",
    kinds=frozenset({"python", "s3", "postgres"}),
    contract=_colours,
    open=_open_colours,
    rows_hashed=True,
)


def _facts(platform: Platform, _: str) -> str:
    from museum_assets.enrichment.facts.artists import VERSION

    s = platform.settings
    return f"{VERSION}:{s.reconciliation_authority}:{s.reconciliation_properties}"


@contextmanager
def _open_facts(platform: Platform, _: str) -> Iterator[Stage]:
    from museum_assets.enrichment.facts.artists import ArtistFacts

    with opened_answers(platform, platform.settings.properties_asked) as answers:
        yield ArtistFacts(answers, platform.database())


artist_facts = StageSpec(
    name="artist_facts",
    domain="enrichment",
    description="Years, nationality and names in English, Danish and Dutch of the artists that makers are.",
    kinds=frozenset({"python", "postgres"}),
    contract=_facts,
    open=_open_facts,
    rows_hashed=True,
    deps=(artist_identities,),
    inactive=without_authority,
)


def _terms(_: Platform, __: str) -> str:
    from museum_assets.enrichment.facts.terms import contract

    return contract()


@contextmanager
def _open_terms(_: Platform, __: str) -> Iterator[Stage]:
    from museum_assets.enrichment.facts.terms import WorkTypeTerms

    yield WorkTypeTerms()


work_type_terms = StageSpec(
    name="work_type_terms",
    domain="enrichment",
    description="The terms of each work's types in Getty's Art & Architecture Thesaurus.",
    kinds=frozenset({"python", "postgres"}),
    contract=_terms,
    open=_open_terms,
    rows_hashed=True,
)


def _places(platform: Platform, _: str) -> str:
    from museum_assets.enrichment.facts.whereabouts import VERSION

    s = platform.settings
    asked = s.reconciliation_place_type or "any", s.reconciliation_place_properties
    return f"{VERSION}:{s.reconciliation_authority}:{':'.join(asked)}"


@contextmanager
def _open_places(platform: Platform, _: str) -> Iterator[Stage]:
    from museum_assets.enrichment.facts.places import PlaceCoordinates

    s = platform.settings
    with opened_answers(platform, s.place_properties_asked) as answers:
        yield PlaceCoordinates(answers, platform.database(), type_=s.reconciliation_place_type)


place_coordinates = StageSpec(
    name="place_coordinates",
    domain="enrichment",
    description="Where each place lies that the museum names: by its own link, or by name at the authority.",
    kinds=frozenset({"python", "postgres"}),
    contract=_places,
    open=_open_places,
    rows_hashed=True,
    inactive=without_authority,
    checks=(CheckSpec.of("coordinates_possible", coordinates_possible),),
)


def _subjects(platform: Platform, _: str) -> str:
    from museum_assets.enrichment.facts.subjects import VERSION

    s = platform.settings
    asked = ",".join("=".join(pair) for pair in sorted(s.labels_asked.items()))
    return f"{VERSION}:{s.reconciliation_authority}:{s.reconciliation_subject_type or 'any'}:{asked}"


@contextmanager
def _open_subjects(platform: Platform, _: str) -> Iterator[Stage]:
    from museum_assets.enrichment.facts.subjects import SubjectIdentities

    s = platform.settings
    with opened_answers(platform, s.labels_asked) as answers:
        yield SubjectIdentities(answers, platform.database(), type_=s.reconciliation_subject_type)


subject_identities = StageSpec(
    name="subject_identities",
    domain="enrichment",
    description="What each subject is that the museum says a work shows: by its own link, or by name at the authority.",
    kinds=frozenset({"python", "postgres"}),
    contract=_subjects,
    open=_open_subjects,
    rows_hashed=True,
    inactive=without_authority,
)


def _materials(_: Platform, __: str) -> str:
    from museum_assets.enrichment.facts.materials import contract

    return contract()


@contextmanager
def _open_materials(_: Platform, __: str) -> Iterator[Stage]:
    from museum_assets.enrichment.facts.materials import MaterialTerms

    yield MaterialTerms()


material_terms = StageSpec(
    name="material_terms",
    domain="enrichment",
    description="The terms of each material and technique in Getty's Art & Architecture Thesaurus.",
    kinds=frozenset({"python", "postgres"}),
    contract=_materials,
    open=_open_materials,
    rows_hashed=True,
)
