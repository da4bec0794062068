"""subject_identities: what each of a museum's subjects is, by its own link or by name at the authority.

There are neither years nor countries that bear a name out, so that it must be the same, and one entry's alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from museum_assets.core.failures import Rejected
from museum_assets.enrichment.authority.links import SUBJECT_AUTHORITIES, Identity
from museum_assets.enrichment.facts.lookup import Facts, Lookup
from museum_assets.enrichment.facts.naming import Found, folded, labels, names_of
from museum_assets.loop.stage import Work
from resources.reconciliation.protocol import Question

VERSION = "subjects:1"


class SubjectIdentities(Lookup):
    """Finds each subject. What is not sure has no identity."""

    authorities: ClassVar = SUBJECT_AUTHORITIES

    def settled(self, work: Work, given: Identity | None) -> Facts | None:  # noqa: ARG002
        """Return the identity at an authority that is not asked: the museum gives it, and that is all."""
        elsewhere = given and given.authority != self.answers.authority
        return {"identity": str(given), "method": "given"} if elsewhere else None

    def question(self, work: Work) -> Question | None:
        """Ask for the name, unless it is a person's: a name alone says of nobody who it is."""
        return None if work.data["kind"] == "person" else Question(work.data["name"], (), self.type)

    def linked(self, work: Work, entry: Found) -> Facts:  # noqa: ARG002
        """Return the identity that the museum links to, with its labels."""
        return self._facts(entry, "given")

    def chosen(self, work: Work, entries: Sequence[Found]) -> Facts:
        """Return the identity of the subject that is meant."""
        if work.data["kind"] == "person":
            raise Rejected("person_by_name", f"{work.data['name']} is a person, and the museum links to no authority")
        return self._facts(meant(work.data["name"], work.data["language"], entries), "reconciled")

    def _facts(self, entry: Found, method: str) -> Facts:
        known = labels(entry.said) or ({"en": entry.label} if method == "reconciled" else {})
        identity = f"{self.answers.authority}:{entry.id}"
        return {"identity": identity, "method": method, **({"labels": known} if known else {})}


def meant(name: str, language: str | None, candidates: Sequence[Found]) -> Found:
    """Return the entry of this name. Raises Rejected(unknown_subject), or (ambiguous_subject) for several."""
    wanted = folded(name)
    fits = {each.id: each for each in candidates if wanted and wanted in names_of(each, language)}
    if not fits:
        raise Rejected("unknown_subject", f"nothing there is called {name}")
    if len(fits) > 1:
        may_be = "; ".join(f"{each.label} ({each.description or 'not described'}), {id_}" for id_, each in fits.items())
        raise Rejected("ambiguous_subject", f"{name} may be each of {may_be}")
    return next(iter(fits.values()))
