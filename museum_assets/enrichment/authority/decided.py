"""What people decided over a maker, laid over what matching says. Pure.

A decision stands whatever the data says. Where the two contradict each other, the row says how, for a person to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from museum_assets.core.failures import Failure
from museum_assets.enrichment.authority.links import Identity, given_identity
from museum_assets.enrichment.authority.verdict import Asked, Verdict, contradicting_years, year_of

Facts = Mapping[str, Mapping[str, Sequence[str]] | Failure]


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions over one maker that hold, and what the museum's links say besides."""

    made: Sequence[Mapping[str, Any]]
    authority: str
    given: Identity | None
    """What the links say, those left out that were refused."""
    refused_link: Identity | None
    """What they say first, where that was refused."""

    @classmethod
    def read(cls, made: Sequence[Mapping[str, Any]], links: Sequence[str], authority: str) -> Self:
        """Return them. `made` are rows with id, kind, value, seen and by."""
        refused = _refused(made)
        first = given_identity(links, authority)
        given = given_identity(links, authority, refused)
        return cls(made, authority, given, first if first in refused else None)

    @property
    def acceptance(self) -> Mapping[str, Any] | None:
        """The decision that says who it is."""
        return next((each for each in self.made if each["kind"] == "accept"), None)

    @property
    def accepted(self) -> Identity | None:
        """Who it is, if a person said so."""
        return identity_in(self.acceptance["value"]) if self.acceptance else None

    @property
    def refused(self) -> frozenset[Identity]:
        """The identities that it is not."""
        return _refused(self.made)

    @property
    def refusal(self) -> Mapping[str, Any] | None:
        """The decision that it is nobody at any authority."""
        return next((each for each in self.made if each["kind"] == "refuse" and each["value"] is None), None)


def with_decisions(verdict: Verdict, asked: Asked, decisions: Decisions, facts: Facts) -> Verdict:
    """Return the verdict that stands: an accepted identity, none where all were refused, or what matching says."""
    if decisions.acceptance:
        return _accepted(verdict, asked, decisions, facts)
    if refusal := decisions.refusal:
        why = f"{_who(verdict)}; {refusal['by']} decided that it is nobody there" if verdict.identity else None
        return Verdict(method="curated", candidates=verdict.candidates, contradiction=why, decided_by=refusal["id"])
    if decisions.refused_link:
        return replace(verdict, contradiction=f"the museum's own link says {decisions.refused_link}, which was refused")
    return verdict


def identity_in(value: Mapping[str, Any]) -> Identity:
    """Return the identity that a decision names."""
    return Identity(value["authority"], value["identity"])


def _refused(made: Sequence[Mapping[str, Any]]) -> frozenset[Identity]:
    return frozenset(identity_in(each["value"]) for each in made if each["kind"] == "refuse" and each["value"])


def _accepted(verdict: Verdict, asked: Asked, decisions: Decisions, facts: Facts) -> Verdict:
    decision, accepted = decisions.acceptance, decisions.accepted
    assert decision is not None
    assert accepted is not None
    problems = [_changed(asked, decision.get("seen") or {})]
    known = facts.get(accepted.id) if accepted.authority == decisions.authority else None
    if isinstance(known, Mapping):
        problems.append(contradicting_years(asked, year_of(known.get("birth")), year_of(known.get("death"))))
    if verdict.identity and verdict.identity.authority == accepted.authority and verdict.identity != accepted:
        problems.append(_who(verdict))
    label = decision["value"].get("label") or next(iter(_labels(known)), asked.name)
    return replace(
        verdict, identity=accepted, label=label, method="curated", score=1.0,
        contradiction="; ".join(filter(None, problems)) or None, decided_by=decision["id"],
    )  # fmt: skip


def _who(verdict: Verdict) -> str:
    source = "the museum's own link says" if verdict.method == "given" else "the authority's best match is"
    return f"{source} {verdict.identity} ({verdict.label})"


def _changed(asked: Asked, seen: Mapping[str, Any]) -> str | None:
    """Say what the museum changed since a person looked: years alone, as spellings come and go."""
    now = {"born": asked.birth, "died": asked.death}
    before = {"born": seen.get("birth"), "died": seen.get("death")}
    changes = [
        f"{what} {year}, was {before[what]}"
        for what, year in now.items()
        if year is not None and before[what] is not None and year != before[what]
    ]
    return f"the museum now says {' and '.join(changes)}" if changes else None


def _labels(known: Mapping[str, Sequence[str]] | Failure | None) -> list[str]:
    if not isinstance(known, Mapping):
        return []
    return [text for name in ("label_en", "label_da", "label_nl") for text in known.get(name) or ()]
