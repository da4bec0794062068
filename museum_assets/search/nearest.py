"""What lies near a vector in the live releases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from psycopg.rows import tuple_row

from museum_assets.collection.stages import vectors_of
from museum_assets.releases.snapshot import NotOneRelease, differs
from museum_assets.search.answer import QueryVector, Reason
from museum_assets.search.production import Now
from museum_assets.search.question import Filters
from museum_assets.search.ranking import Name
from museum_assets.search.work_sets import WorkSet
from resources.vector_index.index import Hit, Search, SearchFilter, contract_field
from resources.vector_index.session import batches
from resources.vector_index.shard_process import ReadSession
from sql import query

JOINED_BY = ("museum", "object_number", "digest")
"""What tells of a point which row it belongs to."""
RELEASED_IN = ("from_release", "until_release")
_row_of: itemgetter[tuple[str, ...]] = itemgetter(*JOINED_BY)
MOST_SHOW = 0.8
"""The part of the nearest points that have to show for the others to be left out without another search."""
AT_ONCE = 5_000
"""Works named in one search: of more the best of several searches are taken."""


@dataclass(frozen=True, slots=True)
class Near:
    """A work near a vector."""

    name: Name
    place: int


def reason_of(vector: str) -> Reason:
    """Return why a work is found that lies near by this vector of the index."""
    return Reason.LOOKS if vector.startswith("image") else Reason.DESCRIBED


def by_query(
    session: ReadSession, vector: QueryVector, wheres: Sequence[SearchFilter], limit: int
) -> dict[Reason, list[Hit]]:
    """Return what lies near a query's vector among the points of any filter, by each vector of its model there is."""
    names = [name for name in vectors_of(vector.model) if name in session.vectors]
    nothing_more = bool(wheres) and all(where == SearchFilter(releases=where.releases) for where in wheres)
    if nothing_more and (found := _of_all(session, vector, names, wheres, limit)) is not None:
        return found
    admitted = [replace(where, contract=vector.contract) for where in wheres]
    searches = [Search(name, vector.vector, limit, where, fields=JOINED_BY) for name in names for where in admitted]
    answers = iter(session.search_all(searches))
    by_name = {name: [hit for _ in admitted for hit in next(answers)] for name in names}
    return {reason_of(name): sorted(hits, key=lambda hit: -hit.score)[:limit] for name, hits in by_name.items()}


def _of_all(
    session: ReadSession, vector: QueryVector, names: Sequence[str], wheres: Sequence[SearchFilter], limit: int
) -> dict[Reason, list[Hit]] | None:
    """Return those of the nearest points that show now; None when too many of them do not.

    Nearly all points of a collection show, and to ask for that took Qdrant 14 instead of 8 ms among 200,000 works.
    """
    shown = {museum: release for where in wheres for museum, release in where.releases or ()}
    answers = session.search_all([
        Search(name, vector.vector, limit, fields=(*JOINED_BY, *RELEASED_IN, contract_field(name))) for name in names
    ])  # fmt: skip
    found: dict[Reason, list[Hit]] = {}
    for name, hits in zip(names, answers, strict=True):
        kept = [hit for hit in hits if _shows(hit, shown) and hit.payload.get(contract_field(name)) == vector.contract]
        if len(kept) < MOST_SHOW * len(hits):
            return None
        found[reason_of(name)] = kept
    return found


def _shows(hit: Hit, releases: Mapping[str, int]) -> bool:
    first, until = (hit.payload[field] for field in RELEASED_IN)
    release = releases.get(hit.payload["museum"])
    return release is not None and first <= release < until


def by_point(session: ReadSession, where: SearchFilter, name: Name, model: str, limit: int) -> tuple[Reason, list[Hit]]:
    """Return what lies near a work, by its first vector of a model, or else of another; nothing when it has none."""
    museum, number = name
    own = session.matching(replace(where, museum=museum, object_numbers=(number,)))
    for point in session.retrieve(own, with_vectors=True):
        of_model = [vector for vector in vectors_of(model) if vector in point.vectors]
        for vector in of_model or sorted(point.vectors):
            admitted = replace(where, contract=point.payload.get(contract_field(vector)))
            hits = session.search(vector, point.vectors[vector], limit, admitted, exclude=[point.id])
            return reason_of(vector), hits
    return Reason.LOOKS, []


def shown(now: Now, filters: Filters) -> SearchFilter:
    """Return the filter of the points of the live releases. Whether a work has an image is for the rows to say."""
    century = filters.century
    first, last = (None, None) if century is None else years(century)
    return SearchFilter(
        museum=filters.museum,
        work_type=filters.work_type,
        year_from=first,
        year_to=last,
        releases=tuple(now.releases.items()),
    )


def of_works(where: SearchFilter, numbers: Mapping[str, Sequence[str]], now: Now) -> list[SearchFilter]:
    """Narrow a filter to some works, given by museum: what it admits of them is what one of these filters admits.

    Whose work a point is stands in the rows alone: an identity may change without any point, which is then still right.
    """
    return [
        replace(where, museum=museum, releases=((museum, now.releases[museum]),), object_numbers=tuple(part))
        for museum, each in numbers.items()
        for part in batches(each, AT_ONCE)
    ]


def years(century: int) -> tuple[int, int]:
    """Return the first and the last year of a century."""
    return (100 * century - 99, 100 * century) if century > 0 else (100 * century, 100 * century + 99)


def joined(now: Now, found: Mapping[Reason, Sequence[Hit]], admitted: WorkSet) -> dict[Reason, list[Near]]:
    """Return the hits that are admitted, in their order. Raises NotOneRelease when rows and points differ."""
    points = dict.fromkeys(_row_of(hit.payload) for hits in found.values() for hit in hits)
    columns = zip(*points, strict=True) if points else [()] * len(JOINED_BY)
    values = {f"{field}s": list(column) for field, column in zip(JOINED_BY, columns, strict=True)}
    with now.conn.cursor(row_factory=tuple_row) as cursor:
        places = {tuple(point): place for *point, place in cursor.execute(query("readers.hits"), values)}

    def near(hits: Sequence[Hit]) -> Iterator[Near]:
        for hit in hits:
            museum, number, _ = point = _row_of(hit.payload)
            if (place := places.get(point)) is None:
                raise NotOneRelease(differs(museum, number, now.releases[museum]))
            if admitted.has(museum, place):
                yield Near((museum, number), place)

    return {reason: list(near(hits)) for reason, hits in found.items()}
