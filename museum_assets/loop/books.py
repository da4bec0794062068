"""The books of a stage: every input of a museum in exactly one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from museum_assets.loop.spec import StageSpec
from resources.postgres import Connection, scalar
from sql import query


@dataclass(frozen=True, slots=True)
class Books:
    """Every input of a stage in exactly one column; `made` counts the ledger's outputs, `stored` the table's."""

    museum: str
    stage: str
    inputs: int
    done: int
    rejected: int
    duplicate: int
    failed: int
    retrying: int
    pending: int
    leftover: int
    made: int
    stored: int | None

    @property
    def accounted(self) -> int:
        """The sum of the columns that inputs are counted in."""
        return self.done + self.rejected + self.duplicate + self.failed + self.retrying + self.pending


def books(conn: Connection, slug: str, spec: StageSpec, contract: str | None = None) -> Books:
    """Return the books of one museum and stage; with the current contract, work done under another one is pending."""
    statement = sql.SQL(query("loop.books")).format(inputs=sql.Identifier("ops", spec.view))
    row = conn.execute(statement, {"museum": slug, "stage": spec.name, "contract": contract}).fetchone()
    assert row is not None
    return Books(museum=slug, stage=spec.name, stored=_stored(conn, slug, spec), **row)


def _stored(conn: Connection, slug: str, spec: StageSpec) -> int | None:
    if spec.table is None:
        return None
    table = sql.Identifier(*spec.table.split("."))
    # The table also holds what failed records keep of an earlier success; `made` does not count that.
    kept = scalar(conn, query("loop.kept_by_failures"), {"museum": slug, "stage": spec.name})
    count = scalar(conn, sql.SQL("SELECT count(*) FROM {} WHERE museum = %s").format(table), (slug,))
    return int(count) - int(kept)


def codes(conn: Connection, slug: str, stage: str) -> list[dict[str, Any]]:
    """Return a stage's rejections, duplicates and failures by code, each with an example."""
    return conn.execute(query("loop.codes"), {"museum": slug, "stage": stage}).fetchall()


def by_code(conn: Connection, slug: str, stage: str, outcome: str) -> dict[str, int]:
    """Return {code: records} of a stage's rejections or failures."""
    counts: dict[str, int] = {}
    for row in codes(conn, slug, stage):
        if row["outcome"] == outcome:
            counts[row["code"]] = counts.get(row["code"], 0) + row["records"]
    return counts
