"""The stage artist_identities: each of a museum's makers, matched to an authority."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from museum_assets.core.settings import Settings
from museum_assets.enrichment.authority.checks import decisions_uncontradicted, makers_explained
from museum_assets.loop.spec import CheckSpec, StageSpec
from museum_assets.loop.stage import Stage
from resources.platform import Platform

if TYPE_CHECKING:
    from museum_assets.enrichment.authority.answers import Answers


def without_authority(settings: Settings) -> str | None:
    """Return why no authority is asked, None when one is configured."""
    if settings.reconciliation_url:
        return None
    return "no authority is configured, so no makers, places and subjects are matched to one: set RECONCILIATION_URL"


def _contract(platform: Platform, _: str) -> str:
    from museum_assets.enrichment.authority.verdict import VERSION

    s = platform.settings
    type_ = s.reconciliation_type or "any"
    return f"{s.reconciliation_authority}:{VERSION}:{s.reconciliation_threshold}:{type_}:{s.reconciliation_properties}"


@contextmanager
def opened_answers(platform: Platform, properties: Mapping[str, str]) -> Iterator[Answers]:
    """Open the answers of the authority that the settings name, which is asked for these properties.

    Raises MuseumError when there is none.
    """
    from museum_assets.enrichment.authority.answers import Answers
    from resources.reconciliation.opening import open_authority

    with open_authority(platform) as client:
        yield Answers(client, platform.settings.reconciliation_authority, properties)


@contextmanager
def _open(platform: Platform, _: str) -> Iterator[Stage]:
    from museum_assets.enrichment.authority.identities import ArtistIdentities

    s = platform.settings
    with opened_answers(platform, s.properties_asked) as answers:
        yield ArtistIdentities(
            answers, platform.database(), threshold=s.reconciliation_threshold, type_=s.reconciliation_type
        )


artist_identities: StageSpec = StageSpec(
    name="artist_identities",
    domain="enrichment",
    description="Who each maker is at an authority: by the museum's own link, by name and years, or as people decided.",
    kinds=frozenset({"python", "postgres"}),
    contract=_contract,
    open=_open,
    rows_hashed=True,
    inactive=without_authority,
    checks=(
        CheckSpec.of("makers_explained", makers_explained, lambda _, conn, slug:
                     makers_explained(conn, slug, artist_identities)),
        CheckSpec.of("decisions_uncontradicted", decisions_uncontradicted),
    ),
)  # fmt: skip
