"""artist_facts: years, nationality and names in three languages of the artists whom makers were found to be."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from museum_assets.core.failures import Failure, Rejected
from museum_assets.enrichment.authority.answers import Answers
from museum_assets.enrichment.authority.verdict import year_of
from museum_assets.enrichment.facts.enriching import EnrichingStage
from museum_assets.enrichment.facts.naming import labels
from museum_assets.loop.run import batched
from museum_assets.loop.stage import Outcome, Work, done, failed, rejected
from resources.postgres import Database

VERSION = "facts:1"


class ArtistFacts(EnrichingStage):
    """Reads what the authority says of each artist, most of which was answered when makers were matched."""

    def __init__(self, answers: Answers, database: Database) -> None:
        self.answers = answers
        self.database = database

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Read the facts, a batch at a time. Raises what the client raises when the authority is down."""
        with self.database.connect() as conn:
            for batch in batched(works, 5 * self.answers.client.batch):
                here = [work for work in batch if work.data["authority"] == self.answers.authority]
                found = self.answers.facts(conn, [work.data["identity"] for work in here])
                for work in batch:
                    yield self._outcome(work, found.get(work.data["identity"]))

    def _outcome(self, work: Work, facts: dict[str, list[str]] | Failure | None) -> Outcome:
        authority = self.answers.authority
        if work.data["authority"] != authority or facts is None:
            where = f"it is known at {work.data['authority']}, and {authority} is the one that is asked"
            return rejected(work, Rejected("other_authority", where))
        if isinstance(facts, Failure):
            return failed(work, facts)
        return done(work, value=self.row(work, artist_facts(facts)))


def artist_facts(said: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return {birth, death, nationality, labels by language}, without what the authority does not say."""
    nationality = next(iter(said.get("nationality") or ()), None)
    found = {"birth": year_of(said.get("birth")), "death": year_of(said.get("death")), "nationality": nationality,
             "labels": labels(said)}  # fmt: skip
    return {name: value for name, value in found.items() if value not in (None, {})}
