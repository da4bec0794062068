"""The state of every museum at every stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from museum_assets.audit.collection import books, codes
from resources.postgres import Connection

Contracts = Callable[[str], Mapping[str, str]]


def status(
    conn: Connection, museums: Iterable[str], stages: Sequence[str], contracts: Contracts = lambda _: {}
) -> list[dict[str, Any]]:
    """Return one row per museum and stage: inputs, done, pending, failed, and the failures by code.

    `contracts` gives a museum's current contract by stage: what was done under another one counts as pending.
    """
    return [row for slug in museums for row in [_harvest(conn, slug), *_stages(conn, slug, stages, contracts(slug))]]


def _harvest(conn: Connection, slug: str) -> dict[str, Any]:
    row = conn.execute(
        "SELECT count(*) FILTER (WHERE withdrawn_at IS NULL) AS done, count(withdrawn_at) AS withdrawn"
        " FROM raw.record WHERE museum = %s",
        (slug,),
    ).fetchone()
    last = conn.execute(
        "SELECT state, started_at FROM ops.harvest WHERE museum = %s ORDER BY id DESC LIMIT 1", (slug,)
    ).fetchone()
    assert row is not None
    failures = _by_code(conn, slug, "raw_metadata", "failed")
    return {
        "museum": slug,
        "stage": "raw_metadata",
        "inputs": row["done"] + row["withdrawn"] + sum(failures.values()),
        "done": row["done"],
        "withdrawn": row["withdrawn"],
        "failed": sum(failures.values()),
        "failed_by_code": failures,
        "harvest": last["state"] if last else "never",
        "harvest_started": last["started_at"].isoformat(timespec="seconds") if last else None,
    }


def _stages(conn: Connection, slug: str, stages: Sequence[str], contracts: Mapping[str, str]) -> list[dict[str, Any]]:
    return [_stage(conn, slug, stage, contracts.get(stage)) for stage in stages]


def _stage(conn: Connection, slug: str, stage: str, contract: str | None) -> dict[str, Any]:
    kept = asdict(books(conn, slug, stage, contract))
    return kept | {
        "failed_by_code": _by_code(conn, slug, stage, "failed"),
        "rejected_by_code": _by_code(conn, slug, stage, "rejected"),
    }


def _by_code(conn: Connection, slug: str, stage: str, outcome: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in codes(conn, slug, stage):
        if row["outcome"] == outcome:
            counts[row["code"]] = counts.get(row["code"], 0) + row["records"]
    return counts
