"""What a rule over a release candidate is, and what it says of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal, LiteralString, Protocol

from psycopg import sql

from museum_assets.core.findings import SAMPLE, Finding
from museum_assets.releases.schema import Table
from museum_assets.releases.staging.acceptances import standing
from museum_assets.releases.staging.drift import Figures, candidate_figures, live_figures
from museum_assets.releases.staging.limits import Limits
from resources.postgres import Connection
from resources.s3 import StoredObject
from resources.vector_index.session import VectorIndex
from sql import query

Kind = Literal["orphan", "duplicate", "inconsistent", "drift", "incomplete", "warning"]
"""What it takes to promote over a finding.

`drift` takes force or an acceptance, and orphans, duplicates and inconsistent data take force_invalid. Nothing
promotes over an incomplete candidate, whose release could not be built or would be rolled back by its canary. A
warning blocks nothing.
"""
Museums = Literal["collection", "kiosk", "both"]


class ObjectListing(Protocol):
    """What the rules need of the working bucket of thumbnails."""

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix."""
        ...


@dataclass
class Candidate:
    """What the rules look at: the candidate, what is live, and where thumbnails and vectors of staging are."""

    museum: str
    platform: Connection
    production: Connection
    tables: list[Table]
    limits: Limits
    bucket: ObjectListing
    index: VectorIndex
    demo: bool = False
    """Whether this is the demo, where vectors of its model are as they should be."""
    _figures: tuple[Figures, Figures | None] | None = field(default=None, repr=False)

    def figures(self) -> tuple[Figures, Figures | None]:
        """Return the candidate's figures and the live release's, counted once."""
        if self._figures is None:
            self._figures = (
                candidate_figures(self.platform, self.tables, self.museum),
                live_figures(self.production, self.tables, self.museum),
            )
        return self._figures

    def any_rows(self, *names: str) -> bool:
        """Say whether any of these tables of the candidate has a row."""
        chosen = [table for table in self.tables if table.name in names]
        statement = "SELECT FROM {} WHERE museum = %s LIMIT 1"
        return any(
            self.platform.execute(sql.SQL(statement).format(table.candidate), (self.museum,)).fetchone() is not None
            for table in chosen
        )


@dataclass(frozen=True, slots=True)
class Input:
    """What a rule looks at, by a plural that completes "the candidate has no …"."""

    plural: str
    there: Callable[[Candidate], bool]

    @classmethod
    def of(cls, plural: str, *tables: str) -> Input:
        """Return the input of these tables of the candidate."""
        return cls(plural, lambda candidate: candidate.any_rows(*tables))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule over museums of this kind. `meaning` is a sentence that is true when it passes."""

    name: str
    kind: Kind
    museums: Museums
    input: Input
    meaning: str
    check: Callable[[Candidate], Finding]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule said of a candidate, and who accepted it where it is drift."""

    rule: Rule
    finding: Finding
    accepted: dict[str, Any] | None = None

    @property
    def passed(self) -> bool:
        """Say whether the rule holds, or somebody accepted that it does not."""
        return self.finding.passed or self.accepted is not None

    @property
    def blocks(self) -> bool:
        """Say whether it stands against a promotion."""
        return not self.passed and not self.finding.empty and self.rule.kind != "warning"

    @property
    def warns(self) -> bool:
        """Say whether it is a warning that goes along with the release."""
        return not self.passed and not self.finding.empty and self.rule.kind == "warning"

    @property
    def result(self) -> str:
        """Return the verdict in a word or three."""
        if self.finding.passed:
            return "passed"
        if self.accepted:
            return "accepted"
        return "nothing to check" if self.finding.empty else "warns" if self.warns else "fails"

    @property
    def text(self) -> str:
        """Return the finding, and who accepted it."""
        if self.finding.passed or self.accepted is None:
            return self.finding.description
        who = self.accepted
        until = f"{who['until']:%Y-%m-%d %H:%M %Z}"
        return f"{self.finding.description}. Accepted by {who['accepted_by']} until {until}: {who['why']}"

    def as_json(self) -> dict[str, Any]:
        """Return the verdict as JSON may hold it."""
        said = {"passed": self.passed, "result": self.result, "kind": self.rule.kind, "text": self.text}
        return said | self.finding.metadata


def find_faults(
    candidate: Candidate,
    statement: LiteralString,
    meaning: str,
    wrong: str,
    remedy: Callable[[list[dict[str, Any]]], str],
) -> Finding:
    """Run a statement of `releases_checks`, which finds the rows at fault.

    Without any, the finding is the rule's meaning. Otherwise it says how many rows are `wrong`, and `remedy` says of
    the first of them what to do.
    """
    first_faults = sql.SQL(query("releases_checks.first_faults")).format(faults=sql.SQL(statement))
    rows = candidate.platform.execute(first_faults, {"museum": candidate.museum, "limit": SAMPLE}).fetchall()
    count = rows[0]["faults"] if rows else 0
    first = [{key: printable(value) for key, value in row.items() if key != "faults"} for row in rows]
    examples = "; ".join(", ".join(f"{value}" for value in row.values()) for row in first[:3])
    more = "; …" if count > 3 else ""
    return Finding(
        passed=not rows,
        description=f"{count} {wrong}: {examples}{more}. {remedy(first)}" if rows else meaning.rstrip("."),
        metadata={"count": count, "first": first},
    )


def printable(value: Any) -> Any:
    """Return a value as JSON may hold it."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [printable(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def judge(candidate: Candidate, rule: Rule) -> Verdict:
    """Apply one rule. Where it passes over nothing, there was nothing to check."""
    finding = rule.check(candidate)
    if rule.kind == "warning":
        finding = replace(finding, warn=True)
    if finding.passed and not rule.input.there(candidate):
        finding = Finding.nothing(f"the candidate of {candidate.museum} has no {rule.input.plural}")
    accepted = standing(candidate.platform, candidate.museum).get(rule.name) if rule.kind == "drift" else None
    return Verdict(rule, finding, None if finding.passed or finding.empty else accepted)


def blocking_verdicts(verdicts: Iterable[Verdict], *, force: bool, force_invalid: bool) -> list[Verdict]:
    """Return what stands against a promotion: `force` lets drift pass, `force_invalid` what is invalid."""
    forced = {"drift": force, "incomplete": False}
    return [v for v in verdicts if v.blocks and not forced.get(v.rule.kind, force_invalid)]
