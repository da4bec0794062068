"""What a promotion would do, and what one release changes over another. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from museum_assets.core.failures import MuseumError
from museum_assets.releases.checks import validate
from museum_assets.releases.desk import ReleaseDesk
from museum_assets.releases.promotion.summary import Side, TableChange, summarise
from museum_assets.releases.record import find, live
from museum_assets.releases.rules import Candidate, Verdict
from museum_assets.releases.schema import require_same_shape, tables_of
from museum_assets.releases.staging.candidate import made_at
from resources.postgres import Connection


@dataclass(frozen=True, slots=True)
class Preview:
    """What a promotion would do: the verdicts, and what changes for readers."""

    museum: str
    live: int | None
    verdicts: list[Verdict]
    changes: list[TableChange]


def preview(desk: ReleaseDesk, museum: str) -> Preview:
    """Say what a promotion would do, without doing anything. Raises NoCandidate and ShapeDrift."""
    with desk.candidate(museum) as candidate:
        made_at(candidate.platform, museum)
        current, changes = compare_with_live(candidate)
        return Preview(museum, current, validate(candidate), changes)


def compare_with_live(candidate: Candidate) -> tuple[int | None, list[TableChange]]:
    """Return which release is live, and what the candidate would change."""
    museum, production = candidate.museum, candidate.production
    current = live(production, museum)
    new, old = Side(candidate.platform, museum, candidate=True), _release_side(production, museum, current)
    changes = summarise(new, old, candidate.tables)
    return current, changes


def compare_releases(desk: ReleaseDesk, museum: str, new: int | None, old: int | None) -> list[TableChange]:
    """Return what a release changes over another one; the candidate over the live one when none are named."""
    with desk.connections() as (platform, production):
        tables = tables_of(production, museum)
        before = old if old is not None else live(production, museum)
        if new is None:
            require_same_shape(platform, production)
            made_at(platform, museum)
            after = Side(platform, museum, candidate=True)
        else:
            after = _release_side(production, museum, new)
        return summarise(after, _release_side(production, museum, before), tables)


def _release_side(production: Connection, museum: str, number: int | None) -> Side:
    """Return a release's side of a comparison. Raises MuseumError when its rows are not there."""
    if number is None:
        return Side(production, museum)
    release = find(production, museum, number)
    if release["state"] != "ready":
        raise MuseumError(f"release {number} of {museum} is {release['state']}: its rows are not there")
    return Side(production, museum, release["slot"])
