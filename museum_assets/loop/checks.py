"""The checks that every stage of the loop has: its books balance, and not too much of it failed."""

from __future__ import annotations

from psycopg import sql

from museum_assets.core.findings import SAMPLE, Finding
from museum_assets.loop.books import Books, books, by_code
from museum_assets.loop.spec import CheckSpec, StageSpec
from resources.platform import Platform
from resources.postgres import Connection, scalar
from sql import query

NAMED = 5
"""Altered rows that the check's sentence names; its metadata names more."""


def books_balance(conn: Connection, slug: str, spec: StageSpec, contract: str | None = None) -> Finding:
    """Every input is accounted for, and the table holds as many outputs as the ledger says."""
    b = books(conn, slug, spec, contract)
    numbers = {
        name: getattr(b, name)
        for name in Books.__slots__
        if name not in {"museum", "stage"} and getattr(b, name) is not None
    }
    problems = []
    if b.accounted != b.inputs:
        problems.append(f"{b.inputs} inputs but {b.accounted} accounted for")
    if b.stored is not None and b.stored != b.made:
        again = spec.again(slug, force=True)
        problems.append(f"the ledger says {b.made} were made, {spec.table} holds {b.stored}: run {again}")
    if b.leftover:
        problems.append(f"{b.leftover} outputs whose input is gone: {spec.again(slug)} removes them")
    if not problems and not b.inputs:
        return Finding.nothing(f"{spec.name} has no inputs; the stages before it make them", **numbers)
    pending = f"{b.pending} of {b.inputs} are pending: run {spec.again(slug)}" if b.pending else ""
    return Finding(
        passed=not problems and not b.pending,
        description="; ".join([*problems, pending]).strip("; ")
        or f"all {b.inputs} inputs of {spec.name} are accounted for",
        metadata=numbers,
        warn=not problems,
    )


def failure_ratio(conn: Connection, slug: str, spec: StageSpec, limit: float) -> Finding:
    """The share of this stage's inputs that failed is within the limit."""
    b = books(conn, slug, spec)
    failed = b.failed + b.retrying
    tried = b.inputs - b.pending
    if not tried:
        return Finding.nothing(f"{spec.again(slug)} tries the first records", limit=limit)
    ratio = failed / tried
    remedy = f": see `museum status`, then run `museum run {spec.name} --museum {slug} --retry-failed`"
    return Finding(
        passed=ratio <= limit,
        description=f"{failed} of {tried} failed ({ratio:.1%}, limit {limit:.1%})" + (remedy if failed else ""),
        metadata={"ratio": ratio, "limit": limit, **by_code(conn, slug, spec.name, "failed")},
    )


def rows_as_written(conn: Connection, slug: str, spec: StageSpec) -> Finding:
    """Every row is as the ledger says it was written."""
    view = sql.Identifier("ops", spec.output_view or "")
    params = {"museum": slug, "stage": spec.name, "limit": SAMPLE}
    rows = conn.execute(sql.SQL(query("loop.altered")).format(outputs=view), params).fetchall()
    if not rows:
        if not scalar(conn, query("loop.hashed"), params):
            return Finding.nothing(f"{spec.name} has written no rows of {slug}; {spec.again(slug)} writes them")
        return Finding(passed=True, description="every row is as it was written", metadata={"count": 0})
    count, named = rows[0]["altered"], ", ".join(row["record_id"] for row in rows[:NAMED])
    return Finding(
        passed=False,
        description=f"{count} rows of {slug} were altered or removed since {spec.name} wrote them ({named}"
        f"{', …' if count > NAMED else ''}): run {spec.again(slug, force=True)}, which writes them again",
        metadata={"count": count, "first": [{"record_id": row["record_id"], "gone": row["gone"]} for row in rows]},
    )


def checks_of(spec: StageSpec) -> list[CheckSpec]:
    """Return a stage's checks: the loop's own for every stage that it runs, then those of the spec."""

    def balance(platform: Platform, conn: Connection, slug: str) -> Finding:
        if reason := spec.inactive(platform.settings):
            return Finding.nothing(reason)
        return books_balance(conn, slug, spec, spec.current_contract(platform, slug))

    def ratio(platform: Platform, conn: Connection, slug: str) -> Finding:
        if reason := spec.inactive(platform.settings):
            return Finding.nothing(reason)
        return failure_ratio(conn, slug, spec, platform.settings.failure_ratio_limit)

    def as_written(platform: Platform, conn: Connection, slug: str) -> Finding:
        if reason := spec.inactive(platform.settings):
            return Finding.nothing(reason)
        return rows_as_written(conn, slug, spec)

    own = [
        CheckSpec.of("books_balance", books_balance, balance),
        CheckSpec.of("failure_ratio", failure_ratio, ratio),
    ]
    if spec.rows_hashed:
        own.append(CheckSpec.of("rows_as_written", rows_as_written, as_written))
    return [*(own if spec.open else []), *spec.checks]
