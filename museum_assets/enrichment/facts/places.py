"""place_coordinates: where each of a museum's places lies, by its own link or by name at the authority."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from museum_assets.core.failures import Failure, Rejected
from museum_assets.enrichment.authority.answers import Answers, Kept
from museum_assets.enrichment.authority.links import PLACE_AUTHORITIES, identity_of
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.enrichment.facts.whereabouts import Entry, entry, facts, larger_country, located, point_in
from museum_assets.loop.run import batched
from museum_assets.loop.stage import Outcome, Work, done, failed, rejected
from resources.postgres import Connection, Database
from resources.reconciliation.protocol import Question

Said = Mapping[str, dict[str, list[str]] | Failure]
"""What the authority says of entries, by id."""


class PlaceCoordinates(EnrichingStage):
    """Finds each place once, whichever works name it. What is not sure has no coordinates."""

    def __init__(self, answers: Answers, database: Database, *, type_: str | None = None) -> None:
        self.answers = answers
        self.database = database
        self.type = type_

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Find them, some batches at a time. Raises what the client raises when the authority is down."""
        with self.database.connect() as conn:
            for chunk in batched(works, self.answers.client.batch):
                yield from self._found(conn, chunk)

    def _found(self, conn: Connection, chunk: Sequence[Work]) -> Iterator[Outcome]:
        given = {work.record_id: self._given(work.data["links"]) for work in chunk}
        questions = {
            work.record_id: self._question(work)
            for work in chunk
            if not given[work.record_id] and not point_in(work.data["name"])
        }
        found = self.answers.candidates(conn, list(dict.fromkeys(questions.values())))
        ids = dict.fromkeys(each["id"] for kept in found.values() if isinstance(kept, Kept) for each in kept.answer)
        said = self.answers.facts(conn, [*ids, *filter(None, given.values())])
        for work in chunk:
            question = questions.get(work.record_id)
            yield self._outcome(work, given[work.record_id], found[question] if question else None, said)

    def _given(self, links: Iterable[str]) -> str | None:
        """Return the place's id at the authority that is asked, where the museum links to it there."""
        identities = (identity_of(link, PLACE_AUTHORITIES) for link in links)
        return next((each.id for each in identities if each and each.authority == self.answers.authority), None)

    def _question(self, work: Work) -> Question:
        larger = larger_country(work.data["within"])
        pid = self.answers.properties.get("country")
        return Question(work.data["name"], ((pid, larger),) if pid and larger else (), self.type)

    def _outcome(self, work: Work, given: str | None, found: Kept | Failure | None, said: Said) -> Outcome:
        name, within = work.data["name"], work.data["within"]
        if point := point_in(name):
            return done(work, value=self.row(work, facts(point, "given")))
        if isinstance(found, Failure):
            return failed(work, found)
        names = {given: name} if given else {each["id"]: each["name"] for each in found.answer} if found else {}
        entries: list[Entry] = []
        for id_, label in names.items():
            known = said[id_]
            if isinstance(known, Failure):
                return failed(work, known)
            entries.append(entry(id_, label, known))
        try:
            place = _linked(entries[0]) if given else located(name, within, entries)
        except Rejected as rejection:
            return rejected(work, rejection)
        assert place.point
        known_as = {"identity": f"{self.answers.authority}:{place.id}", "label": place.label}
        return done(work, value=self.row(work, facts(place.point, "given" if given else "reconciled", **known_as)))


def _linked(place: Entry) -> Entry:
    if place.point is None:
        raise Rejected("no_coordinates", f"the museum's link names {place.id}, of which no coordinates are known there")
    return place
