"""Making corrections, all that were asked for or none, and taking them back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, get_args

from psycopg.types.json import Jsonb
from pydantic import ValidationError

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.corrections.apply import Kind, first_problem
from museum_assets.collection.corrections.request import NotCorrected, Request
from museum_assets.collection.corrections.source import reading, said
from museum_assets.collection.corrections.terms import mapped_terms, standing_terms
from museum_assets.core.failures import MuseumError
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.text_repair import repaired
from museum_assets.museums.work_types import SEARCHABLE, map_terms, shipped
from resources.postgres import Connection
from sql import query

YEARS = ("production_date_start", "production_date_end")


@dataclass(frozen=True, slots=True)
class Made:
    """A correction as it stands now. `unchanged` says that there was nothing to make."""

    name: str
    record_id: str
    kind: str
    field: str
    value: Any
    replaced: Any
    unchanged: bool = False
    id: int | None = None
    note: str = ""


def correct(conn: Connection, requests: Sequence[Request], *, by: str) -> list[Made]:
    """Make these corrections in one transaction, each in place of an earlier one of the same field.

    The next transform applies them. Raises NotCorrected with everything that is wrong; then none is made.
    """
    with conn.transaction():
        # Two at once would each take the other's correction for the one that holds.
        conn.execute("LOCK TABLE ops.correction IN SHARE ROW EXCLUSIVE MODE")
        judged = list(_judged(conn, requests))
        if problems := [_placed(request, result) for request, result in judged if isinstance(result, str)]:
            raise NotCorrected(problems)
        made = [(request, result) for request, result in judged if isinstance(result, Made)]
        rows = [_row(request, each) for request, each in made if not each.unchanged]
        params = {"rows": Jsonb(rows), "by": by}
        conn.execute(query("corrections.supersede"), params)
        ids = {
            (row["museum"], row["record_id"], row["kind"], row["field"]): row["id"]
            for row in conn.execute(query("corrections.make"), params)
        }
    return [_with_id(request, each, ids) for request, each in made]


def drop(conn: Connection, ids: Sequence[int], *, by: str) -> list[dict[str, Any]]:
    """Take corrections back; the next transform reads the museum's own values again. Raises MuseumError.

    Returns their rows {id, museum, record_id, kind, field}. Of unknown ones, or such that are taken back already, none
    of all is.
    """
    with conn.transaction():
        rows = conn.execute(
            query("corrections.drop"), {"ids": list(ids), "by": by, "kinds": list(get_args(Kind))}
        ).fetchall()
        _require_all(ids, rows)
    return rows


def keep(conn: Connection, seen: Mapping[int, Any]) -> None:
    """Note that a person keeps corrections {id: what the museum says now}, so that this change is listed no more."""
    with conn.transaction():
        for number, value in seen.items():
            conn.execute("UPDATE ops.correction SET seen = %s WHERE id = %s", (Jsonb(value), number))


def _require_all(ids: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
    if missing := sorted(set(ids) - {row["id"] for row in rows}):
        numbers = ", ".join(map(str, missing))
        raise MuseumError(
            f"no correction {numbers} stands: `museum corrections list --all` lists those that were dropped"
        )


def _placed(request: Request, problem: str) -> str:
    return f"{request.place + ': ' if request.place else ''}{request.name}: {problem}"


def _judged(conn: Connection, requests: Sequence[Request]) -> Iterator[tuple[Request, Made | str]]:
    """Yield each request with what it makes, or with what is wrong with it."""
    for museum, of_museum in groupby(sorted(requests, key=lambda each: each.museum), lambda each: each.museum):
        everything = list(of_museum)
        terms = {row["field"]: row for row in standing_terms(conn, museum)}
        yield from ((each, _term(each, terms.get(each.field))) for each in everything if each.kind == "term")
        asked = [each for each in everything if each.kind != "term"]
        map_terms(mapped_terms(conn, museum))
        records = _named(conn, museum, sorted({each.number for each in asked}))
        by_record: dict[str, list[Request]] = {}
        for each in asked:
            if each.number in records:
                by_record.setdefault(each.number, []).append(each)
            else:
                yield each, f"no record has this object number or id; `museum where {each.name}` looks further"
        losers = _losers(conn, museum, [records[number]["record_id"] for number in by_record])
        for number, of_record in by_record.items():
            yield from _of_record(records[number], of_record, losers.get(records[number]["record_id"], []))


def _named(conn: Connection, museum: str, numbers: list[str]) -> dict[str, dict[str, Any]]:
    """Return {name: record}: that with the object number, else that with the id."""
    params = {"museum": museum, "stage": transformed_artworks.name, "names": numbers}
    return {row["name"]: row for row in conn.execute(query("corrections.named"), params)}


def _losers(conn: Connection, museum: str, winners: list[str]) -> dict[str, list[str]]:
    """Return {record id: the records that are its duplicates}."""
    found: dict[str, list[str]] = {}
    params = {"museum": museum, "stage": transformed_artworks.name, "winners": winners}
    for row in conn.execute(query("corrections.losers"), params):
        found.setdefault(row["output"], []).append(row["record_id"])
    return found


def _of_record(
    record: Mapping[str, Any], requests: Sequence[Request], losers: Sequence[str]
) -> Iterator[tuple[Request, Made | str]]:
    """Judge the requests of one record together: years must agree with each other."""
    standing = {(each["kind"], each["field"]): each for each in record["standing"]}
    source = reading(record["museum"], record["payload"])
    judged: list[tuple[Request, Made | str]] = []
    for request in requests:
        before = standing.get((request.kind, request.field))
        if request.kind == "exclude":
            judged.append((request, _exclusion(request, record, before, losers)))
        elif request.kind == "wins":
            judged.append((request, _choice(request, record, before, losers)))
        elif isinstance(source, str):
            problem = f"it is no artwork of the platform ({source}), so it has no {request.field} to correct"
            judged.append((request, problem))
        else:
            judged.append((request, _field(request, record, before, source)))
    backwards = None if isinstance(source, str) else _backwards(source, standing, judged)
    for request, result in judged:
        yield request, backwards if backwards and request.field in YEARS else result


def _term(request: Request, before: Mapping[str, Any] | None) -> Made | str:
    """Judge what a museum's word is to mean."""
    own = list(shipped(request.field))
    if request.value == own and before is not None:
        return f"the table says so itself: `museum corrections drop {before['id']}` takes the correction back"
    until = before and before["until"]
    same = request.value == own or (before is not None and (before["value"], until) == (request.value, request.until))
    note = "the table says so itself" if request.value == own else ""
    return Made(request.name, "", "term", request.field, request.value, own, unchanged=same, note=note)


def _exclusion(
    request: Request, record: Mapping[str, Any], before: Mapping[str, Any] | None, losers: Sequence[str]
) -> Made:
    more = ", ".join(f"{request.museum}:{loser}" for loser in losers)
    note = f"its duplicate {more} takes the object number: exclude that too, if the work is to go" if losers else ""
    same = before is not None and _same(before, request, None)
    return Made(request.name, record["record_id"], "exclude", "", None, None, unchanged=same, note=note)


def _choice(
    request: Request, record: Mapping[str, Any], before: Mapping[str, Any] | None, losers: Sequence[str]
) -> Made | str:
    id_ = record["record_id"]
    if before is not None and record["outcome"] != "duplicate":
        value = before["value"]
        return Made(request.name, id_, "wins", "", value, value, unchanged=_same(before, request, value))
    if record["outcome"] == "duplicate":
        return Made(request.name, id_, "wins", "", record["output"], record["output"])
    if losers:
        others = ", ".join(f"{request.museum}:{loser}" for loser in losers)
        return f"its record {id_} has the object number already. Name by its id the one that is to win: {others}"
    return f"its record {id_} is no duplicate of another, as far as the last transform tells"


def _field(
    request: Request, record: Mapping[str, Any], before: Mapping[str, Any] | None, source: Artwork
) -> Made | str:
    field = request.field
    try:
        value = said(Artwork.model_validate(dict(source) | {field: _clean(request.value)}), field)
    except ValidationError as error:
        return f"{field}: {first_problem(error)[1]}, and not {request.value!r:.80}"
    if field == "searchable_work_types" and (unknown := sorted(set(value) - set(SEARCHABLE))):
        return f"{field}: {', '.join(unknown)} cannot be searched for: choose from {', '.join(SEARCHABLE)}"
    own = said(source, field)
    if value == own and before is not None:
        return f"{record['museum']} says so itself: `museum corrections drop {before['id']}` takes the correction back"
    same = value == own or (before is not None and _same(before, request, value))
    note = f"{record['museum']} says so itself" if value == own else ""
    return Made(request.name, record["record_id"], "field", field, value, own, unchanged=same, note=note)


def _backwards(
    source: Artwork, standing: Mapping[tuple[str, str], Mapping[str, Any]], judged: Sequence[tuple[Request, Made | str]]
) -> str | None:
    """Return what is wrong with the years as they would be, None when they are in order."""
    years = {field: said(source, field) for field in YEARS}
    years |= {field: each["value"] for (_, field), each in standing.items() if field in YEARS}
    years |= {made.field: made.value for _, made in judged if isinstance(made, Made) and made.field in YEARS}
    start, end = years.values()
    if start is None or end is None or start <= end:
        return None
    return f"the years would be {start} to {end}, which is backwards"


def _clean(value: Any) -> Any:
    """Return a value with its texts repaired as a museum's are."""
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return repaired(value)[0].strip() if isinstance(value, str) else value


def _same(before: Mapping[str, Any], request: Request, value: Any) -> bool:
    until = request.until and request.until.isoformat()
    return bool(before["value"] == value and before["until"] == until)


def _row(request: Request, made: Made) -> dict[str, Any]:
    return {
        "museum": request.museum,
        "record_id": made.record_id,
        "kind": made.kind,
        "field": made.field,
        "value": made.value,
        "replaced": made.replaced,
        "why": request.why,
        "until": request.until and request.until.isoformat(),
    }


def _with_id(request: Request, made: Made, ids: Mapping[tuple[str, str, str, str], int]) -> Made:
    number = ids.get((request.museum, made.record_id, made.kind, made.field))
    return Made(made.name, made.record_id, made.kind, made.field, made.value, made.replaced, made.unchanged, number,
                made.note)  # fmt: skip
