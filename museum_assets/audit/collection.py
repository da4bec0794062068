"""Checks of one museum's collection that Postgres alone can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import sql

from museum_assets.audit.finding import SAMPLE, Finding
from museum_assets.stages.harvest import STAGE as HARVEST
from museum_assets.stages.harvest_books import missing
from resources.postgres import Connection, scalar
from sql import query

RECENT_DAYS = 14
"""Two weekly schedules: one missed harvest is bad luck, two are not."""

TABLES = {"transformed_artworks": "staging.artwork", "stored_thumbnails": "staging.thumbnail"}
"""Where a stage's output can be counted in Postgres itself."""


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
        """Inputs found in a column."""
        return self.done + self.rejected + self.duplicate + self.failed + self.retrying + self.pending


def books(conn: Connection, museum: str, stage: str, contract: str | None = None) -> Books:
    """Return the books of one museum and stage; with the current contract, work done under another one is pending."""
    statement = sql.SQL(query("audit_books")).format(inputs=sql.Identifier("ops", f"input_{stage}"))
    row = conn.execute(statement, {"museum": museum, "stage": stage, "contract": contract}).fetchone()
    assert row is not None
    return Books(museum=museum, stage=stage, stored=_stored(conn, museum, stage), **row)


def _stored(conn: Connection, museum: str, stage: str) -> int | None:
    if stage not in TABLES:
        return None
    table = sql.Identifier(*TABLES[stage].split("."))
    # A thumbnail that a failing record kept from an earlier success is still there, and still in the ledger.
    kept = scalar(
        conn,
        "SELECT count(*) FROM ops.ledger"
        " WHERE museum = %s AND stage = 'stored_thumbnails' AND stage = %s AND outcome = 'failed'"
        " AND output IS NOT NULL",
        (museum, stage),
    )
    count = scalar(conn, sql.SQL("SELECT count(*) FROM {} WHERE museum = %s").format(table), (museum,))
    return int(count) - int(kept)


def codes(conn: Connection, museum: str, stage: str | None = None) -> list[dict[str, Any]]:
    """Return rejections, duplicates and failures by stage and code, each with an example."""
    return conn.execute(query("audit_codes"), {"museum": museum, "stage": stage}).fetchall()


def books_balance(conn: Connection, museum: str, stage: str, contract: str | None = None) -> Finding:
    """Inputs = done + rejected + duplicate + failed + pending, and the ledger's outputs are the stored ones."""
    b = books(conn, museum, stage, contract)
    numbers = {
        name: getattr(b, name)
        for name in Books.__slots__
        if name not in {"museum", "stage"} and getattr(b, name) is not None
    }
    problems = []
    if b.accounted != b.inputs:
        problems.append(f"{b.inputs} inputs but {b.accounted} accounted for")
    if b.stored is not None and b.stored != b.made:
        problems.append(f"the ledger says {b.made} were made, {TABLES[stage]} holds {b.stored}: run {stage} with force")
    if b.leftover:
        problems.append(f"{b.leftover} outputs whose input is gone: run {stage}, it removes them")
    waiting = f"{b.pending} of {b.inputs} wait: run {stage}" if b.pending else ""
    return Finding(
        passed=not problems and not b.pending,
        description="; ".join([*problems, waiting]).strip("; ")
        or f"all {b.inputs} inputs of {stage} are accounted for",
        metadata=numbers,
        warn=not problems,
    )


def failure_ratio(conn: Connection, museum: str, stage: str, limit: float) -> Finding:
    """The share of this stage's inputs that failed is within the limit."""
    b = books(conn, museum, stage)
    failed = b.failed + b.retrying
    tried = b.inputs - b.pending
    ratio = failed / tried if tried else 0.0
    by_code = {row["code"]: row["records"] for row in codes(conn, museum, stage) if row["outcome"] == "failed"}
    return Finding(
        passed=ratio <= limit,
        description=f"{failed} of {tried} failed ({ratio:.1%}, limit {limit:.1%})"
        + (f": see `museum status`, then `museum run {stage} --museum {museum} --retry-failed`" if failed else ""),
        metadata={"ratio": ratio, "limit": limit, **by_code},
    )


def harvest_complete(conn: Connection, museum: str) -> Finding:
    """The last harvest met as many entries as the API itself counts, and all could be read."""
    row = conn.execute(
        "SELECT state, since, started_at, ended_at, counts FROM ops.harvest"
        " WHERE museum = %s AND state <> 'retried' ORDER BY id DESC LIMIT 1",
        (museum,),
    ).fetchone()
    if row is None:
        return Finding(False, f"{museum} was never harvested: run {HARVEST}", warn=True)
    counts = row["counts"]
    scopes = counts.get("scopes", {})
    short = missing(scopes)
    metadata = {k: v for k, v in counts.items() if k != "scopes"} | {"scopes": scopes, "state": row["state"]}
    if row["state"] == "complete":
        return Finding(True, f"every entry of {len(scopes)} scopes was met", metadata)
    if row["state"] == "open":
        rest = (
            f"{counts['failed']} records to fetch again" if counts.get("failed") else f"{short or 'more pages'} to go"
        )
        text = f"the harvest is not finished ({rest}): run {HARVEST} again, it goes on from there"
        return Finding(False, text, metadata, warn=True)
    reasons = [f"{n} entries of {scope} were never listed" for scope, n in short.items()]
    reasons += [f"{counts['failed']} records could not be fetched"] if counts.get("failed") else []
    if counts.get("withheld"):
        reasons.append(f"{counts['withheld']} records are missing, too many to believe: with force they are withdrawn")
    return Finding(False, f"{'; '.join(reasons)}. Run {HARVEST} again", metadata)


def _rows(conn: Connection, name: str, museum: str, good: str, bad: str) -> Finding:
    rows = conn.execute(query(name), {"museum": museum}).fetchall()
    return Finding(
        passed=not rows,
        description=f"{len(rows)} {bad}" if rows else good,
        metadata={"count": len(rows), "first": rows[:SAMPLE]},
    )


def required_fields(conn: Connection, museum: str) -> Finding:
    """Every artwork has what an artwork must have."""
    return _rows(conn, "audit_required", museum, "every artwork is complete", "artworks lack a required field")


def plausible_years(conn: Connection, museum: str) -> Finding:
    """No artwork starts after it ends, or lies in the future."""
    return _rows(conn, "audit_years", museum, "all years are plausible", "artworks have impossible years")


def unique_identifiers(conn: Connection, museum: str) -> Finding:
    """No two artworks share an object number or an internal id."""
    return _rows(conn, "audit_identifiers", museum, "all identifiers are unique", "identifiers are used twice")


def harvest_recent(conn: Connection, museum: str) -> Finding:
    """A complete harvest was finished in the last two weeks; an asset's own freshness would hide one dead museum."""
    row = conn.execute(
        "SELECT max(ended_at) AS ended, max(ended_at) > now() - make_interval(days => %s) AS recent"
        " FROM ops.harvest WHERE museum = %s AND state = 'complete'",
        (RECENT_DAYS, museum),
    ).fetchone()
    if row is None or row["ended"] is None:
        return Finding(False, f"no harvest of {museum} was ever complete: run {HARVEST}", warn=True)
    text = f"the last complete harvest ended {row['ended']:%Y-%m-%d %H:%M %Z}"
    return Finding(row["recent"], text if row["recent"] else f"{text}: run {HARVEST}", warn=True)
