"""The books of a harvest: what the API listed, what was met, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

HarvestState = Literal["open", "complete", "short", "limited", "restarted", "retried"]


@dataclass
class HarvestReport:
    """The books of a harvest: listed = new + changed + unchanged + gone + failed + repeated, over all its runs."""

    harvest_id: int
    state: HarvestState = "open"
    resumed: bool = False
    first: bool = False
    """Whether no record was stored when it began: then it has met all that are stored, and none can be absent."""
    scopes: dict[str, dict[str, int | None]] = field(default_factory=dict)
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    failed: int = 0
    withdrawn: int = 0
    withheld: int = 0
    nameless: int = 0
    """Entries that could not be read and whose id is not known: any record that was not met may be one of them."""
    seconds: float = 0.0
    failing: bool = True
    """Whether there may be failures or letters; only then are the records of each page looked up among them."""

    @property
    def listed(self) -> int:
        """Entries of the API's listing that were accounted for."""
        return sum(scope["listed"] or 0 for scope in self._now())

    @property
    def total(self) -> int | None:
        """The API's own count over the scopes that have one, None when none has."""
        totals = [scope["total"] for scope in self._now() if scope["total"] is not None]
        return sum(totals) if totals else None

    def _now(self) -> list[dict[str, int | None]]:
        """Return the scopes so far: while progress is told, the thread that stores pages may add one."""
        return list(self.scopes.values())

    @property
    def records(self) -> int:
        """Records fetched."""
        return self.new + self.changed + self.unchanged

    def missing(self) -> dict[str, int]:
        """Return {scope: entries that the API counts and the walk did not meet}."""
        return missing(self.scopes)

    def counts(self) -> dict[str, Any]:
        """Return what is kept in ops.harvest.counts."""
        kept = ("first", "scopes", "new", "changed", "unchanged", "gone", "failed", "withdrawn", "withheld", "nameless")
        return {name: getattr(self, name) for name in kept}


def missing(scopes: dict[str, dict[str, int | None]]) -> dict[str, int]:
    """Return {scope: entries that the API counts and the walk did not meet}."""
    short = {
        name: total - entries_met(scope) for name, scope in scopes.items() if (total := scope["total"]) is not None
    }
    return {name: count for name, count in short.items() if count > 0}


def entries_met(scope: dict[str, int | None]) -> int:
    """Return how many different entries of a scope were met.

    A record added during the walk pushes others onto the next page, where they are listed again: counting them
    twice would hide as many that were never listed.
    """
    return (scope["listed"] or 0) - (scope.get("repeated") or 0)
