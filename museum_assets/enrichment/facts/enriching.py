"""What all sources of enrichment share: their rows, one a work or maker and source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from museum_assets.core.findings import Markdown
from museum_assets.loop.stage import Leftover, Outcome, Stage, Work
from resources.copying import copy_rows
from resources.postgres import Connection
from sql import query


class Enrichment(NamedTuple):
    """One row of staging.artwork_enrichments. The source is the stage's name."""

    museum: str
    source: str
    subject: str
    facts: dict[str, Any]


TYPES = ("text", "text", "text", "jsonb")


class EnrichingStage(Stage):
    """A stage whose output is an `Enrichment` of each input. What it said stays while its source is down."""

    external: ClassVar[bool] = False
    batch_size = 200

    def row(self, work: Work, facts: dict[str, Any]) -> Enrichment:
        """Return the row of an input."""
        return Enrichment(work.data["museum"], self.name, work.record_id, facts)

    def write(self, conn: Connection, slug: str, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Store the facts; what is rejected now loses those that it had."""
        conn.execute(query("enrichments.batch"))
        rows = (outcome.value for outcome in outcomes if outcome.value)
        copy_rows(conn, "enrichment_batch", Enrichment._fields, TYPES, rows)
        conn.execute(query("enrichments.record"))
        self._forget(conn, slug, [outcome.work.record_id for outcome in outcomes if outcome.status == "rejected"])
        return outcomes

    def remove(self, conn: Connection, slug: str, leftovers: Sequence[Leftover]) -> None:
        """Forget the facts of what is gone."""
        self._forget(conn, slug, [leftover.record_id for leftover in leftovers])

    def facts(self, conn: Connection, slug: str) -> Mapping[str, Any]:
        """Return a few of the facts."""
        params = {"museum": slug, "source": self.name, "limit": 10}
        rows = conn.execute(query("enrichments.sample"), params).fetchall()
        lines = [f"| {row['subject']} | `{row['facts']}` |" for row in rows]
        return {"some of them": Markdown("\n".join(["| of | facts |", "|---|---|", *lines]))} if rows else {}

    def _forget(self, conn: Connection, slug: str, subjects: Sequence[str]) -> None:
        if subjects:
            params = {"museum": slug, "source": self.name, "subjects": list(subjects)}
            conn.execute(query("enrichments.forget"), params)
