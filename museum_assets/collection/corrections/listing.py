"""The corrections there are: what the museum says now, what stands in its place, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.corrections.source import reading, said
from museum_assets.collection.corrections.terms import mapped_terms
from museum_assets.core.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.work_types import map_terms, shipped
from resources.postgres import Connection
from sql import query


@dataclass(frozen=True, slots=True)
class Correction:
    """One correction, as people and programs are shown it. `changed` says that the museum changed its mind since."""

    id: int
    museum: str
    record_id: str
    object_number: str | None
    kind: str
    field: str
    value: Any
    replaced: Any
    source: Any
    changed: bool
    state: str
    news: str
    why: str
    by: str
    made_at: datetime
    until: date | None
    dropped_at: datetime | None
    dropped_by: str | None

    @property
    def stands(self) -> bool:
        """Say whether it was neither dropped nor is over."""
        return self.state not in {"dropped", "over"}


def corrections(
    conn: Connection,
    museums: Sequence[str],
    *,
    dropped: bool = False,
    record_id: str | None = None,
    ids: Collection[int] | None = None,
) -> list[Correction]:
    """Return the corrections of these museums, by record; those that were dropped only when asked for."""
    params = {"museums": list(museums), "stage": transformed_artworks.name, "dropped": dropped,
              "record_id": record_id, "ids": None if ids is None else list(ids)}  # fmt: skip
    terms = {slug: mapped_terms(conn, slug) for slug in museums}
    return [_correction(row, terms[row["museum"]]) for row in conn.execute(query("corrections.list"), params)]


def standing(conn: Connection, ids: Collection[int]) -> list[Correction]:
    """Return the corrections with these numbers. Raises MuseumError for one that is none, or was dropped."""
    found = corrections(conn, MUSEUMS, ids=ids)
    if missing := sorted(set(ids) - {each.id for each in found}):
        numbers = ", ".join(map(str, missing))
        raise MuseumError(
            f"no correction {numbers} stands: `museum corrections list --all` lists those that were dropped"
        )
    return found


def _correction(row: dict[str, Any], terms: Mapping[str, str]) -> Correction:
    field, is_term = row["field"], row["kind"] == "term"
    map_terms(terms)
    read = reading(row["museum"], row["payload"]) if row["payload"] is not None else "the record is gone"
    source = list(shipped(field)) if is_term else said(read, field) if field and isinstance(read, Artwork) else None
    state = _state(row)
    stands = state not in {"dropped", "over"}
    changed = bool(stands and field and (is_term or isinstance(read, Artwork)) and source != row["seen"])
    return Correction(
        id=row["id"], museum=row["museum"], record_id=row["record_id"], object_number=row["object_number"],
        kind=row["kind"], field=field, value=row["value"], replaced=row["replaced"], source=source, changed=changed,
        state=state, news=_news(row, read, source, changed=changed) if stands else "", why=row["why"],
        by=row["made_by"], made_at=row["made_at"], until=row["until"], dropped_at=row["dropped_at"],
        dropped_by=row["dropped_by"],
    )  # fmt: skip


def _state(row: dict[str, Any]) -> str:
    if row["dropped_at"] is not None:
        return "dropped"
    if row["over"]:
        return "over"
    if row["kind"] == "term":
        return "in effect"
    if row["met"] is None:
        return "no record"
    if not row["met"]:
        return "with the next run"
    return "in effect" if row["outcome"] == "done" or row["kind"] != "field" else "no artwork"


def _news(row: dict[str, Any], read: Artwork | str, source: Any, *, changed: bool) -> str:
    """Return what a person should know of the record since the correction was made, empty when there is nothing."""
    number = row["id"]
    if row["withdrawn_at"] is not None:
        return f"the museum withdrew the record on {row['withdrawn_at']:%Y-%m-%d}"
    if row["kind"] == "field" and isinstance(read, str):
        return f"the record is no artwork any more: {read}"
    if not changed:
        return ""
    if source == row["value"]:
        return f"the museum now says so itself: `museum corrections drop {number}`"
    who = "the table" if row["kind"] == "term" else "the museum"
    return (
        f"{who} now says {shown(source)}: `museum corrections keep {number}`, "
        f"`museum corrections drop {number}` or `museum corrections review {number}`"
    )


def shown(value: Any) -> str:
    """Return a value as a person reads it."""
    if value is None or value == []:
        return "nothing"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
