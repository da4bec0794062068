"""What a candidate must be to be published. Every rule names the rows at fault: the first twenty, and how many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from psycopg import sql

from museum_assets.audit.finding import SAMPLE, Finding
from museum_assets.loop.ledger import copy_rows
from museum_assets.releases.acceptances import standing
from museum_assets.releases.drift import (
    SHARES,
    Figures,
    candidate_figures,
    fewer_rows,
    live_figures,
    more_missing,
    nothing_staged,
)
from museum_assets.releases.limits import Limits
from museum_assets.releases.schema import Table
from resources.postgres import Connection
from resources.s3 import StoredObject, encoded
from resources.vector_index.index import VECTORS, SearchFilter, VectorIndex
from sql import query

Kind = Literal["orphan", "duplicate", "inconsistent", "drift"]


class Bucket(Protocol):
    """What is read of the working bucket of thumbnails."""

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix."""
        ...


@dataclass
class Candidate:
    """What the rules look at: the candidate, what is live, and where thumbnails and vectors of staging are."""

    museum: str
    ours: Connection
    theirs: Connection
    tables: list[Table]
    limits: Limits
    bucket: Bucket
    index: VectorIndex
    _figures: tuple[Figures, Figures | None] | None = field(default=None, repr=False)

    def figures(self) -> tuple[Figures, Figures | None]:
        """Return the candidate's figures and the live release's, counted once."""
        if self._figures is None:
            self._figures = (
                candidate_figures(self.ours, self.tables, self.museum),
                live_figures(self.theirs, self.tables, self.museum),
            )
        return self._figures


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `kind` decides what it takes to publish over it, `museums` for which museums it is."""

    name: str
    kind: Kind
    museums: Literal["collection", "kiosk", "both"]
    meaning: str
    look: Callable[[Candidate], Finding]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule said of a candidate, and who accepted it where it is drift."""

    rule: Rule
    finding: Finding
    accepted: dict[str, Any] | None = None

    @property
    def passed(self) -> bool:
        """Say whether nothing stands against publishing, as far as this rule goes."""
        return self.finding.passed or self.accepted is not None

    @property
    def text(self) -> str:
        """Return the finding, and who accepted it."""
        if self.finding.passed or self.accepted is None:
            return self.finding.description
        who = self.accepted
        until = f"{who['until']:%Y-%m-%d %H:%M %Z}"
        return f"{self.finding.description}. Accepted by {who['accepted_by']} until {until}: {who['why']}"


def faults(candidate: Candidate, name: str, wrong: str, remedy: str) -> Finding:
    """Run sql/queries/validate_<name>.sql, which finds the rows at fault."""
    statement = sql.SQL("SELECT *, count(*) OVER () AS faults FROM ({}) AS fault ORDER BY 1 LIMIT %(limit)s").format(
        sql.SQL(query(f"validate_{name}"))
    )
    rows = candidate.ours.execute(statement, {"museum": candidate.museum, "limit": SAMPLE}).fetchall()
    count = rows[0]["faults"] if rows else 0
    first = [{key: printable(value) for key, value in row.items() if key != "faults"} for row in rows]
    examples = "; ".join(", ".join(f"{value}" for value in row.values()) for row in first[:3])
    more = "; …" if count > 3 else ""
    return Finding(
        passed=not rows,
        description=f"{count} {wrong}: {examples}{more}. {remedy}" if rows else f"no {wrong}",
        metadata={"count": count, "first": first},
    )


def printable(value: Any) -> Any:
    """Return a value as JSON may hold it."""
    if isinstance(value, bytes):
        return value.hex()
    return value if isinstance(value, str | int | float | bool | list | None) else str(value)


def by_query(name: str, kind: Kind, museums: Literal["collection", "kiosk"], wrong: str, remedy: str) -> Rule:
    """Make the rule of one query."""
    return Rule(name, kind, museums, f"No {wrong}.", lambda candidate: faults(candidate, name, wrong, remedy))


def thumbnails_without_object(candidate: Candidate) -> Finding:
    """List the bucket into a table and look for what is not there."""
    keys = ((found.key,) for found in candidate.bucket.list(f"{encoded(candidate.museum)}_"))
    remedy = f"Run stored_thumbnails of {candidate.museum} with force, then staging_database"
    with listed(candidate, ("key",), keys):
        return faults(candidate, "thumbnails_without_object", "thumbnails are not in S3", remedy)


def vectors_not_indexed(candidate: Candidate) -> Finding:
    """List what the working index has into a table and look for what is not there, there or in the cache."""
    remedy = f"Run the embeddings of {candidate.museum} with force, then staging_database"
    kept = faults(candidate, "vectors_not_kept", "vectors are recorded but not kept in ops.vector", remedy)
    with candidate.index.open() as session:
        points = (
            (vector, record.id)
            for vector in VECTORS
            for record in session.scroll(SearchFilter(candidate.museum, vector_present=vector), with_payload=False)
        )
        with listed(candidate, ("vector", "key"), points):
            indexed = faults(candidate, "vectors_not_indexed", "vectors are recorded but not in the index", remedy)
    return indexed if kept.passed else kept


@contextmanager
def listed(candidate: Candidate, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[None]:
    """Hold what another service has in the table pg_temp.there, for as long as the block lasts: memory stays flat."""
    names = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
    candidate.ours.execute(sql.SQL("CREATE TEMP TABLE there ({})").format(names))
    try:
        copy_rows(candidate.ours, "there", columns, ["text"] * len(columns), rows)
        candidate.ours.execute("ANALYZE pg_temp.there")
        yield
    finally:
        candidate.ours.execute("DROP TABLE pg_temp.there")


def _share(name: str) -> Rule:
    meaning = f"The share of artworks without {name} grew by no more than the limit."

    def look(candidate: Candidate) -> Finding:
        ours, theirs = candidate.figures()
        return more_missing(name, ours, theirs, candidate.limits)

    return Rule(f"missing_{name}", "drift", "collection", meaning, look)


STAGES_AGAIN = "Run transformed_artworks with force, then staging_database"
AGAIN = "Materialize staging_database again"

RULES: tuple[Rule, ...] = (
    by_query("orphaned_links", "orphan", "collection", "links have no artwork or no artist", AGAIN),
    by_query("orphaned_rows", "orphan", "collection", "thumbnails or index statuses have no artwork",
             "Run stored_thumbnails, then staging_database"),
    by_query("unsearchable_artworks", "orphan", "collection", "artworks have no searchable work type", STAGES_AGAIN),
    Rule("thumbnails_without_object", "orphan", "collection", "No thumbnails are not in S3.",
         thumbnails_without_object),
    by_query("duplicate_object_numbers", "duplicate", "collection", "object numbers are used twice", STAGES_AGAIN),
    by_query("duplicate_museum_ids", "duplicate", "collection", "ids of the museum are used twice", STAGES_AGAIN),
    by_query("duplicate_artists", "duplicate", "collection", "artists are there twice", AGAIN),
    by_query("duplicate_rows", "duplicate", "collection", "links, thumbnails or index statuses are there twice", AGAIN),
    by_query("impossible_years", "inconsistent", "collection", "artworks start after they end", STAGES_AGAIN),
    by_query("empty_text", "inconsistent", "collection", "required texts are empty", STAGES_AGAIN),
    by_query("thumbnails_not_stored", "inconsistent", "collection", "thumbnails are recorded but not stored",
             "Run stored_thumbnails with force, then staging_database"),
    Rule("vectors_not_indexed", "inconsistent", "collection", "No vectors are recorded but not in the index.",
         vectors_not_indexed),
    by_query("orphaned_presses", "orphan", "kiosk", "reviews or incidents have no exhibition",
             "Add the exhibition's file to the bucket, then run the kiosks' assets and staging_database"),
    by_query("duplicate_exhibitions", "duplicate", "kiosk", "exhibitions are there twice", AGAIN),
    by_query("duplicate_presses", "duplicate", "kiosk", "presses are there twice", AGAIN),
    by_query("empty_kiosk_text", "inconsistent", "kiosk", "required texts are empty",
             "Correct the exhibition's file, then run the kiosks' assets and staging_database"),
    by_query("unknown_buttons", "inconsistent", "kiosk", "presses are of buttons that the museum does not have",
             "Name the button in the museum's KioskMuseum, then run `museum up`"),
    Rule("nothing_staged", "drift", "both", "There is something to publish.",
         lambda candidate: nothing_staged(candidate.figures()[0])),
    Rule("fewer_rows", "drift", "both", "No table is smaller than the live one by more than the limit.",
         lambda candidate: fewer_rows(*candidate.figures(), candidate.limits)),
    *(_share(name) for name in SHARES),
)  # fmt: skip
DRIFTS = tuple(rule.name for rule in RULES if rule.kind == "drift")


def rules_for(kind: str) -> list[Rule]:
    """Return the rules for this kind of museum."""
    return [rule for rule in RULES if rule.museums in {kind, "both"}]


def judge(candidate: Candidate, rule: Rule) -> Verdict:
    """Apply one rule."""
    finding = rule.look(candidate)
    accepted = standing(candidate.ours, candidate.museum).get(rule.name) if rule.kind == "drift" else None
    return Verdict(rule, finding, None if finding.passed else accepted)


def validate(candidate: Candidate) -> list[Verdict]:
    """Apply every rule for this kind of museum."""
    return [judge(candidate, rule) for rule in rules_for(candidate.tables[0].kind)]


def against(verdicts: Iterable[Verdict], *, force: bool, force_invalid: bool) -> list[Verdict]:
    """Return what stands against publishing: `force` lets drift pass, `force_invalid` everything else."""
    return [v for v in verdicts if not v.passed and not (force if v.rule.kind == "drift" else force_invalid)]
