"""Makers of museums in a database, and the simulated authority that they are matched to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from museum_assets.core.progress import OnProgress, silent
from museum_assets.enrichment.authority.answers import Answers
from museum_assets.enrichment.authority.identities import ArtistIdentities
from museum_assets.enrichment.authority.stage import artist_identities
from museum_assets.loop.books import books
from museum_assets.loop.run import run_stage
from museum_assets.loop.stage import Counts, Options
from museum_assets.simulator.server import Running
from resources.postgres import Database
from resources.reconciliation.client import ReconciliationClient
from tests.support.pace import NoPace

PROPERTIES = {"birth": "P569", "death": "P570", "nationality": "P27", "label_en": "Len"}
CONTRACT = "simulated:1"


@dataclass(frozen=True)
class MakerRow:
    """A maker as a museum has it, and how many works of theirs there are."""

    key: str
    name: str
    birth: int | None = None
    death: int | None = None
    nationality: str | None = None
    qualifier: str | None = None
    links: Sequence[str] = ()
    works: int = 1


@dataclass
class AuthorityWorld:
    """A database, an authority, and runs of the stage between them."""

    database: Database
    simulator: Running
    settings: dict[str, Any] = field(default_factory=dict)

    def add(self, *makers: MakerRow) -> None:
        """Add makers with their works; the museum is the part of the key before its colon."""
        with self.database.connect() as conn, conn.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO staging.makers (museum, object_number, position, maker_key, name, qualifier, birth_year, "
                "death_year, nationality, links) VALUES (%s, %s, 0, %s, %s, %s, %s, %s, %s, %s)",
                [(m.key.partition(":")[0], f"{m.key}/{n}", m.key, m.name, m.qualifier, m.birth, m.death,
                  m.nationality, list(m.links)) for m in makers for n in range(m.works)],
            )  # fmt: skip

    def run(self, slug: str, *, on_progress: OnProgress = silent, force: bool = False, **changed: Any) -> Counts:
        """Match a museum's makers; `changed` are the authority's name, the threshold and the batch."""
        given = {"authority": "simulated", "threshold": 0.85, "batch": 5, "rows": 500, **self.settings, **changed}
        with self.answers(given["authority"], given["batch"]) as answers:
            stage = ArtistIdentities(answers, self.database, threshold=given["threshold"])
            stage.batch_size = given["rows"]
            contract = CONTRACT if given["authority"] == "simulated" else f"{given['authority']}:1"
            return run_stage(
                self.database, slug, artist_identities.bind(stage, contract), Options(force=force), on_progress
            )

    @contextmanager
    def answers(
        self, authority: str = "simulated", batch: int = 5, properties: Mapping[str, str] = PROPERTIES
    ) -> Iterator[Answers]:
        """Open the answers of the authority."""
        url = f"{self.simulator.base_url}/authority/api"
        with ReconciliationClient(
            url, limiter=NoPace(), user_agent="museums/1", batch=batch, backoff=0.001, attempts=2
        ) as client:
            yield Answers(client, authority, properties)

    def facts(self, slug: str) -> dict[str, dict[str, Any]]:
        """Return {what they are of: facts} of a museum."""
        with self.database.connect() as conn:
            rows = conn.execute("SELECT subject, facts FROM staging.artwork_enrichments WHERE museum = %s", (slug,))
            return {row["subject"]: row["facts"] for row in rows}

    def asked(self) -> int:
        """Return how many names the authority was asked for."""
        return self.simulator.simulator.authority.queries

    def identities(self, slug: str) -> dict[str, tuple[Any, ...]]:
        """Return {maker key: (method, identity, candidates' ids, contradiction)}."""
        with self.database.connect() as conn:
            rows = conn.execute(
                "SELECT maker_key, method, authority || ':' || identity AS identity, contradiction, "
                "jsonb_path_query_array(candidates, '$[*].id') AS ids FROM staging.artist_identities "
                "WHERE museum = %s ORDER BY maker_key",
                (slug,),
            )
            return {
                row["maker_key"]: (row["method"], row["identity"], row["ids"], row["contradiction"]) for row in rows
            }

    def balanced(self, slug: str) -> bool:
        """Say whether every maker is accounted for, none is pending, and the table holds what the ledger says."""
        with self.database.connect() as conn:
            found = books(conn, slug, artist_identities)
        stored = len(self.identities(slug))
        return (found.accounted, found.pending + found.retrying, found.made) == (found.inputs, 0, stored)
