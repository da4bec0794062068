"""place_coordinates: where each of a museum's places lies, by its own link or by name at the authority."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from museum_assets.core.failures import Rejected
from museum_assets.enrichment.authority.links import PLACE_AUTHORITIES, Identity
from museum_assets.enrichment.facts.lookup import Facts, Lookup
from museum_assets.enrichment.facts.naming import Found
from museum_assets.enrichment.facts.whereabouts import Entry, entry, facts, larger_country, located, point_in
from museum_assets.loop.stage import Work
from resources.reconciliation.protocol import Question


class PlaceCoordinates(Lookup):
    """Finds each place. What is not sure has no coordinates."""

    authorities: ClassVar = PLACE_AUTHORITIES

    def settled(self, work: Work, given: Identity | None) -> Facts | None:  # noqa: ARG002
        """Return the point that a name is."""
        point = point_in(work.data["name"])
        return facts(point, "given") if point else None

    def question(self, work: Work) -> Question:
        """Ask for the name, with the larger place's country."""
        larger = larger_country(work.data["within"])
        pid = self.answers.properties.get("country")
        return Question(work.data["name"], ((pid, larger),) if pid and larger else (), self.type)

    def linked(self, work: Work, entry_: Found) -> Facts:  # noqa: ARG002
        """Return the coordinates of the entry that the museum links to."""
        place = entry(entry_)
        if place.point is None:
            none = f"the museum's link names {place.id}, of which no coordinates are known there"
            raise Rejected("no_coordinates", none)
        return self._facts(place, "given")

    def chosen(self, work: Work, entries: Sequence[Found]) -> Facts:
        """Return the coordinates of the place that is meant."""
        return self._facts(located(work.data["name"], work.data["within"], list(map(entry, entries))), "reconciled")

    def _facts(self, place: Entry, method: str) -> Facts:
        assert place.point
        return facts(place.point, method, identity=f"{self.answers.authority}:{place.id}", label=place.label)
