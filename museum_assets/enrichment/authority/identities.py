"""artist_identities: who each of a museum's makers is, at one authority."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

import orjson

from museum_assets.core.failures import Failure, Rejected
from museum_assets.core.findings import Markdown
from museum_assets.enrichment.authority.answers import Answers, Kept
from museum_assets.enrichment.authority.decided import Decisions, with_decisions
from museum_assets.enrichment.authority.likeness import likeness, reading_order
from museum_assets.enrichment.authority.links import Identity
from museum_assets.enrichment.authority.nationalities import country
from museum_assets.enrichment.authority.verdict import Asked, Candidate, Verdict, candidate, judged
from museum_assets.loop.run import batched
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work, done, failed, rejected
from museum_assets.museums.unknown_artists import unknown_names
from resources.copying import copy_rows
from resources.postgres import Connection, Database
from resources.reconciliation.protocol import Question
from sql import query

CHUNK = 4
"""Batches whose makers are in hand together: as many as there are requests under way."""
WORTH_ASKING = 0.6
"""Candidates whose names are less alike are not asked for their years: no years would make them the maker."""


class IdentityRow(NamedTuple):
    """One row of staging.artist_identities."""

    museum: str
    maker_key: str
    authority: str | None
    identity: str | None
    label: str | None
    method: str | None
    score: float | None
    candidates: list[dict[str, Any]]
    contradiction: str | None
    decided_by: int | None
    answered_at: datetime | None


TYPES = ("text", "text", "text", "text", "text", "text", "float4", "jsonb", "text", "int8", "timestamptz")


@dataclass(frozen=True, slots=True)
class MakerInHand:
    """A maker as the view lists it, and what people decided over it."""

    work: Work
    asked: Asked
    given: Identity | None
    """What the museum's links say, as far as nobody refused it."""
    decisions: Decisions


class ArtistIdentities(Stage):
    """Matches a museum's makers: by the links that it gives, else by what the authority answers."""

    external: ClassVar[bool] = False
    batch_size = 500

    def __init__(self, answers: Answers, database: Database, *, threshold: float, type_: str | None = None) -> None:
        self.answers = answers
        self.database = database
        self.threshold = threshold
        self.type = type_

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Match the makers, some batches at a time; what is answered is kept before anything is judged by it.

        Raises what the client raises when the authority is down: the rest stays pending, and nobody failed for it.
        """
        with self.database.connect() as conn:
            for chunk in batched(works, CHUNK * self.answers.client.batch):
                yield from self._matched(conn, chunk)

    def _matched(self, conn: Connection, chunk: Sequence[Work]) -> Iterator[Outcome]:
        makers: list[MakerInHand] = []
        for work in chunk:
            try:
                makers.append(_in_hand(work, self.answers.authority))
            except Rejected as rejection:
                yield rejected(work, rejection)
        questions = {each.work.record_id: self._question(each.asked) for each in makers if each.given is None}
        found = self.answers.candidates(conn, list(dict.fromkeys(questions.values())))
        near = {
            given["id"]
            for maker in makers
            for given in _answer(found, questions.get(maker.work.record_id))
            if likeness(maker.asked.name, given["name"]) >= WORTH_ASKING
        }
        facts = self.answers.facts(conn, sorted(near | self._accepted(makers)))
        for maker in makers:
            yield self._outcome(
                maker, found.get(questions[maker.work.record_id]) if maker.given is None else None, facts
            )

    def _question(self, asked: Asked) -> Question:
        names = self.answers.properties
        known = {
            "birth": asked.birth, "death": asked.death, "nationality": asked.nationality and country(asked.nationality)
        }  # fmt: skip
        properties = tuple((names[name], str(value)) for name, value in known.items() if value and name in names)
        return Question(reading_order(asked.name), properties, self.type)

    def _accepted(self, makers: Iterable[MakerInHand]) -> set[str]:
        """Return the ids that people accepted at this authority: their years are compared with the museum's."""
        accepted = (maker.decisions.accepted for maker in makers)
        return {each.id for each in accepted if each and each.authority == self.answers.authority}

    def _outcome(
        self,
        maker: MakerInHand,
        found: Kept | Failure | None,
        facts: Mapping[str, dict[str, list[str]] | Failure],
    ) -> Outcome:
        if isinstance(found, Failure):
            return failed(maker.work, found)
        known: dict[str, Mapping[str, Sequence[str]]] = {}
        for given in found.answer if found else ():
            said = facts.get(given["id"], {})
            if isinstance(said, Failure):
                return failed(maker.work, said)
            known[given["id"]] = said
        candidates = [candidate(given, known[given["id"]]) for given in found.answer] if found else []
        verdict = with_decisions(self._verdict(maker, candidates), maker.asked, maker.decisions, facts)
        return done(maker.work, value=self._row(maker, verdict, found.answered_at if found else None))

    def _verdict(self, maker: MakerInHand, candidates: Sequence[Candidate]) -> Verdict:
        if maker.given:
            return Verdict(maker.given, maker.asked.name, "given", 1.0)
        refused = {each.id for each in maker.decisions.refused if each.authority == self.answers.authority}
        return judged(maker.asked, candidates, self.answers.authority, self.threshold, frozenset(refused))

    def _row(self, maker: MakerInHand, verdict: Verdict, answered_at: datetime | None) -> IdentityRow:
        authority, identity = verdict.identity or (None, None)
        decided = verdict.decided_by
        return IdentityRow(
            maker.work.data["museum"], maker.work.record_id, authority, identity, verdict.label, verdict.method,
            verdict.score, [each.as_json() for each in verdict.candidates], verdict.contradiction, decided, answered_at,
        )  # fmt: skip

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Record who they are. A maker that was rejected since loses its row; one that failed keeps what it has."""
        conn.execute(query("identities.batch"))
        rows = (outcome.value for outcome in outcomes if outcome.value)
        copy_rows(conn, "identity_batch", IdentityRow._fields, TYPES, rows)
        conn.execute(query("identities.record"))
        _forget(conn, slug, [outcome.work.record_id for outcome in outcomes if outcome.status == "rejected"])
        return outcomes

    def remove(self, conn: Connection, slug: str, leftovers: Sequence[Leftover]) -> None:
        """Forget makers that no work has any more."""
        _forget(conn, slug, [leftover.record_id for leftover in leftovers])

    def facts(self, conn: Connection, slug: str) -> Mapping[str, Any]:
        """Return the makers by method, and the largest artists over all museums as a chart."""
        from museum_assets.enrichment.authority.chart import largest_artists

        rows = conn.execute(query("identities.by_method"), {"museum": slug}).fetchall()
        if not rows:
            return {}
        lines = [f"| {row['method']} | {row['makers']:,} | {row['contradicted'] or ''} |" for row in rows]
        table = "\n".join(["| method | makers | contradicted by the data |", "|---|--:|--:|", *lines])
        numbers = {f"makers {row['method']}": row["makers"] for row in rows}
        return {"by method": Markdown(table), **numbers, **largest_artists(conn)}


def _in_hand(work: Work, authority: str) -> MakerInHand:
    """Return a maker of the work list. Raises Rejected for one whom no authority could know."""
    data = work.data
    made = orjson.loads(data["decisions"][1:]) if data["decisions"] else []  # after the byte of jsonb's version
    decisions = Decisions.read(made, data["links"], authority)
    asked = Asked(data["name"], data["birth_year"], data["death_year"], data["nationality"])
    maker = MakerInHand(work, asked, decisions.given, decisions)
    if decisions.accepted:
        return maker
    if data["qualifier"]:
        raise Rejected(
            "kept_apart",
            f"{data['qualifier']}: {asked.name} is not the one named, so that no authority is asked for them",
        )
    if asked.name.casefold() in unknown_names():
        raise Rejected("unknown_hand", f"{asked.name!r} says that nobody knows who it was")
    return maker


def _answer(found: Mapping[Question, Kept | Failure], question: Question | None) -> list[dict[str, Any]]:
    answer = found.get(question) if question else None
    return answer.answer if isinstance(answer, Kept) else []


def _forget(conn: Connection, slug: str, keys: Sequence[str]) -> None:
    if keys:
        conn.execute(query("identities.forget"), {"museum": slug, "keys": list(keys)})
