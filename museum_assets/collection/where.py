"""The story of one record: its state at every stage, and what happens next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from psycopg import sql

from museum_assets.collection.corrections.listing import corrections
from museum_assets.collection.harvest.stage import raw_metadata
from museum_assets.core.failures import MuseumError
from museum_assets.loop.spec import StageSpec
from museum_assets.museums import MUSEUMS
from resources.postgres import Connection
from sql import query


@dataclass(frozen=True, slots=True)
class StageState:
    """A record's state at one stage."""

    stage: str
    state: str
    next_action: str
    input_hash: str | None
    processed_hash: str | None
    contract: str | None
    code: str | None
    message: str | None
    attempts: int | None
    attempted_at: str | None
    output: str | None


def where(conn: Connection, name: str, stages: Sequence[StageSpec]) -> list[dict[str, Any]]:
    """Return the stories, over these stages, of the records called `museum:object number` (or `museum:internal id`).

    Each is {museum, record_id, title, text_repairs, withdrawn_at, withdrawn_reason, fetched_at, steps, corrections}.
    Raises MuseumError when there is none.
    """
    slug, _, number = name.partition(":")
    if slug not in MUSEUMS or not number:
        raise MuseumError(f"{name!r} is not museum:object_number, such as smk:KMS1 (museums: {', '.join(MUSEUMS)})")
    found = conn.execute(query("collection.find"), {"museum": slug, "name": number}).fetchall()
    ids = list(dict.fromkeys(row["record_id"] for row in found))
    if not ids:
        raise MuseumError(
            f"no record of {slug} is called {number!r}: it was never harvested, or is outside the museum's scope. "
            f"{raw_metadata.again(slug)} harvests; `museum status` shows how many records each museum has"
        )
    return [_story(conn, slug, record_id, stages) for record_id in ids]


def _story(conn: Connection, slug: str, record_id: str, stages: Sequence[StageSpec]) -> dict[str, Any]:
    raw = conn.execute(query("collection.record"), {"museum": slug, "record_id": record_id}).fetchone()
    params = {"museum": slug, "record_id": record_id, "stages": [spec.name for spec in stages]}
    inputs = sql.SQL(" UNION ALL ").join(_input(spec) for spec in stages if spec.open)
    rows = conn.execute(sql.SQL(query("collection.story")).format(inputs=inputs), params).fetchall()
    story: dict[str, Any] = dict(raw) if raw else {"museum": slug, "record_id": record_id}
    story["steps"] = [asdict(_stage_state(row, slug, stored=raw is not None)) for row in rows]
    story["corrections"] = corrections(conn, [slug], record_id=record_id)
    return story


def _input(spec: StageSpec) -> sql.Composed:
    """Return the query of the record's input at a stage, as (stage, input_hash)."""
    return sql.SQL(
        "SELECT {} AS stage, input_hash FROM {} WHERE museum = %(museum)s AND record_id = %(record_id)s"
    ).format(spec.name, sql.Identifier("ops", spec.view))


def _stage_state(row: dict[str, Any], slug: str, *, stored: bool) -> StageState:
    state, action = _state(row, slug, stored=stored)
    return StageState(
        stage=row["stage"],
        state=state,
        next_action=action,
        input_hash=row["input_hash"].hex()[:16] if row["input_hash"] else None,
        processed_hash=row["processed_hash"].hex()[:16] if row["processed_hash"] else None,
        contract=row["contract"] or None,
        code=row["code"],
        message=row["message"],
        attempts=row["attempts"],
        attempted_at=row["attempted_at"].isoformat(timespec="seconds") if row["attempted_at"] else None,
        output=row["output"],
    )


def _state(row: dict[str, Any], slug: str, *, stored: bool) -> tuple[str, str]:
    """Return (state, next action) of the record at this stage."""
    again = f"`museum run {row['stage']} --museum {slug}`"
    if row["stage"] == raw_metadata.name:
        return _harvested(row, again, stored=stored)
    if row["outcome"] is None:
        return ("no input", "an earlier stage comes first") if row["input_hash"] is None else ("pending", again)
    if row["input_hash"] is None:
        return "to be removed", again
    if row["processed_hash"] != row["input_hash"]:
        return f"changed since it was {row['outcome']}", again
    return _settled(row, again)


def _harvested(row: dict[str, Any], again: str, *, stored: bool) -> tuple[str, str]:
    """Return (state, next action) of the record at the harvest: stored, or still to be fetched."""
    if row["outcome"] == "failed":
        return "failed", f"the next harvest asks for it again: {again}"
    return ("done", "") if stored else ("not harvested", again)


def _settled(row: dict[str, Any], again: str) -> tuple[str, str]:
    """Return (state, next action) of the record when its current input was processed."""
    if row["outcome"] != "failed":
        return row["outcome"], ""
    if row["permanent"]:
        return "failed for good", f"{again[:-1]} --retry-failed`"
    return "failed, tried again", f"{again} (due {row['next_attempt_at']:%Y-%m-%d %H:%M})"
