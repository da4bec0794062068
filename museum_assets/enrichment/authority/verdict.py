"""Who a maker is, from what a museum says of them and what an authority answers. Pure: no question is asked here.

A score of 1 is a name that is the same with both years the same. The name gives three quarters of it, so that a name
alone never identifies; the years give the rest. Years that contradict each other rule a candidate out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from museum_assets.enrichment.authority.likeness import likeness
from museum_assets.enrichment.authority.links import Identity
from museum_assets.enrichment.authority.nationalities import country

VERSION = 1
"""Of these rules: a change makes every maker due, and asks nobody anything."""
OF_NAME, OF_YEARS = 0.75, 0.25
MARGIN = 0.1
"""How far the best candidate must be before the next: of two alike, neither is taken."""
NEAR, FAR = 2, 5
"""Years: up to NEAR apart they may be the same ("born about 1606"), more than FAR apart they are not."""
RULED_OUT = 0.3
"""The most that a candidate with contradicting years comes to."""
WORTH_SHOWING = 0.6
"""The least score of a candidate that a person is asked about: that of a name which is part of the other."""
_YEARS = re.compile(r"(?<!\d)(1\d{3}|20\d{2}|[5-9]\d{2})\s*[-–—]\s*(1\d{3}|20\d{2}|[5-9]\d{2})(?!\d)")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a museum says of a maker, as far as it tells them from others."""

    name: str
    birth: int | None = None
    death: int | None = None
    nationality: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry of the authority. `score` is ours, `said` is the service's and compares within one answer only."""

    id: str
    name: str
    description: str = ""
    birth: int | None = None
    death: int | None = None
    nationality: str | None = None
    score: float = 0.0
    said: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept, without what is not known."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) not in (None, "")}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who a maker is. Without an identity, candidates make it a question, and no candidates an unknown."""

    identity: Identity | None = None
    label: str | None = None
    method: str | None = None
    score: float | None = None
    candidates: Sequence[Candidate] = field(default=())
    contradiction: str | None = None
    decided_by: int | None = None
    """The number of the decision that it follows, where a person made one."""


def judged(
    asked: Asked,
    candidates: Sequence[Candidate],
    authority: str,
    threshold: float,
    refused: frozenset[str] = frozenset(),
) -> Verdict:
    """Return the verdict over an authority's candidates: the best one, where it is good and far from the next."""
    scored = [_scored(asked, each) for each in candidates if each.id not in refused]
    found = sorted(scored, key=lambda each: (-each.score, -each.said, each.id))
    shown = tuple(each for each in found if each.score >= WORTH_SHOWING)
    if not found or found[0].score < threshold:
        return Verdict(candidates=shown)
    best = found[0]
    if len(found) > 1 and best.score - found[1].score < MARGIN:
        return Verdict(candidates=shown)
    return Verdict(Identity(authority, best.id), best.name, "reconciled", best.score, shown)


def candidate(given: Mapping[str, Any], facts: Mapping[str, Sequence[str]]) -> Candidate:
    """Return a candidate of what the service answered, and of what data extension says (`facts`, by our names).

    Where it says no years, those of the description count: "Dutch painter (1606–1669)".
    """
    birth, death = year_of(facts.get("birth")), year_of(facts.get("death"))
    if birth is None and death is None and (said := _YEARS.search(given.get("description") or "")):
        birth, death = int(said[1]), int(said[2])
    nationality = next(iter(facts.get("nationality") or ()), None)
    return Candidate(given["id"], given["name"], given.get("description") or "", birth, death, nationality,
                     said=given.get("score") or 0.0)  # fmt: skip


def year_of(values: Sequence[str] | None) -> int | None:
    """Return the year of a property's first value that has one: "1606-07-15T00:00:00Z", "1606", "-0044-03-15"."""
    for value in values or ():
        if match := re.match(r"\s*([+-]?)(\d{1,4})(?!\d)", value):
            year = int(match[2])
            return -year if match[1] == "-" else year
    return None


def contradicting_years(asked: Asked, birth: int | None, death: int | None) -> str | None:
    """Say which years rule each other out, None when none do."""
    for what, ours, theirs in (("born", asked.birth, birth), ("died", asked.death, death)):
        if ours is not None and theirs is not None and abs(ours - theirs) > FAR:
            return f"{what} {theirs} there, {ours} at the museum"
    return None


def _scored(asked: Asked, given: Candidate) -> Candidate:
    name = likeness(asked.name, given.name)
    if contradicting_years(asked, given.birth, given.death):
        score = RULED_OUT * name
    else:
        weight = _agreement(asked.birth, given.birth) + _agreement(asked.death, given.death)
        score = name * OF_NAME + OF_YEARS * min(1.0, weight + _nationality(asked, given))
    return Candidate(given.id, given.name, given.description, given.birth, given.death, given.nationality,
                     round(max(0.0, score), 3), given.said)  # fmt: skip


def _agreement(ours: int | None, theirs: int | None) -> float:
    """Return what one of the years gives. With an equal name one equal year is enough, and one that is near is not."""
    if ours is None or theirs is None:
        return 0.0
    apart = abs(ours - theirs)
    return 0.65 if apart == 0 else 0.3 if apart <= NEAR else 0.0


def _nationality(asked: Asked, given: Candidate) -> float:
    """Return what the nationality adds or takes. It is little: painters moved, and countries did."""
    ours, theirs = asked.nationality and country(asked.nationality), given.nationality and country(given.nationality)
    if not ours or not theirs:
        return 0.0
    return 0.05 if ours == theirs else -0.05
