"""What the stages share that look names up at an authority, each once a museum, whichever works name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from museum_assets.core.failures import Failure, Rejected
from museum_assets.enrichment.authority.answers import Answers, Kept
from museum_assets.enrichment.authority.links import Identity, Known, given_identity
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.enrichment.facts.naming import Found
from museum_assets.loop.run import batched
from museum_assets.loop.stage import Outcome, Work, done, failed, rejected
from resources.postgres import Connection, Database
from resources.reconciliation.protocol import Question

Facts = dict[str, Any]


class Lookup(EnrichingStage):
    """Asks an authority for names: by the museum's own link, else by the name. What is not sure is a rejection."""

    authorities: ClassVar[Mapping[str, Known]]
    """Those that the museum's links may lead to."""

    def __init__(self, answers: Answers, database: Database, *, type_: str | None = None) -> None:
        self.answers = answers
        self.database = database
        self.type = type_

    def settled(self, work: Work, given: Identity | None) -> Facts | None:
        """Return the facts for which nobody must be asked, None where there are none."""
        raise NotImplementedError

    def question(self, work: Work) -> Question | None:
        """Return what is asked for a name, None where nothing is."""
        raise NotImplementedError

    def linked(self, work: Work, entry: Found) -> Facts:
        """Return the facts of the entry that the museum links to. Raises Rejected."""
        raise NotImplementedError

    def chosen(self, work: Work, entries: Sequence[Found]) -> Facts:
        """Return the facts of the one entry that is meant. Raises Rejected when none is, or one of several."""
        raise NotImplementedError

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Find them, some batches at a time. Raises what the client raises when the authority is down."""
        with self.database.connect() as conn:
            for chunk in batched(works, self.answers.client.batch):
                yield from self._found(conn, chunk)

    def _found(self, conn: Connection, chunk: Sequence[Work]) -> Iterator[Outcome]:
        asked: dict[str, Question | None] = {}
        linked: dict[str, str] = {}
        for work in chunk:
            given = given_identity(work.data["links"], self.answers.authority, authorities=self.authorities)
            facts = self.settled(work, given)
            if facts is not None:
                yield done(work, value=self.row(work, facts))
            elif given and given.authority == self.answers.authority:
                linked[work.record_id] = given.id
            else:
                asked[work.record_id] = self.question(work)
        found = self.answers.candidates(conn, list(dict.fromkeys(filter(None, asked.values()))))
        ids = dict.fromkeys(each["id"] for kept in found.values() if isinstance(kept, Kept) for each in kept.answer)
        said = self.answers.facts(conn, [*ids, *linked.values()])
        for work in chunk:
            if id_ := linked.get(work.record_id):
                yield self._outcome(work, [{"id": id_, "name": work.data["name"]}], said, given=True)
            elif work.record_id in asked:
                question = asked[work.record_id]
                kept = found[question] if question else None
                if isinstance(kept, Failure):
                    yield failed(work, kept)
                else:
                    yield self._outcome(work, kept.answer if kept else [], said, given=False)

    def _outcome(
        self,
        work: Work,
        candidates: Sequence[Mapping[str, Any]],
        said: Mapping[str, dict[str, list[str]] | Failure],
        *,
        given: bool,
    ) -> Outcome:
        entries = []
        for each in candidates:
            known = said[each["id"]]
            if isinstance(known, Failure):
                return failed(work, known)
            entries.append(Found(each["id"], each["name"], known, each.get("description") or ""))
        try:
            facts = self.linked(work, entries[0]) if given else self.chosen(work, entries)
        except Rejected as rejection:
            return rejected(work, rejection)
        return done(work, value=self.row(work, facts))
