"""Finding artworks by words and by likeness.

Vectors of different models never meet in one search: every vector in the index says which contract (model, weights,
preprocessing) it was made under, each search asks for one contract, and the engine leaves all other vectors out. A
text query asks for its embedder's own contract; a likeness asks for that of the artwork it starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from museum_assets.core.failures import Failure, MuseumError
from resources.embedders.embedder import Embedder, Vector
from resources.vector_index.index import Hit, PointRecord, Search, SearchFilter, contract_field, point_id
from resources.vector_index.session import VectorIndex, VectorSession

RRF_CONSTANT = 60
"""Cormack, Clarke and Büttcher (SIGIR 2009) found 60 good for all their collections; it damps the first ranks."""

Name = TypeVar("Name", str, tuple[str, str])

DEPTH = 5
"""Each ranking is asked for this many times the limit, so that a work far down in one can still win by both."""


def search_text(
    index: VectorIndex,
    embedder: Embedder,
    names: Sequence[str],
    query: str,
    *,
    museum: str | None = None,
    work_type: str | None = None,
    limit: int = 20,
) -> list[Hit]:
    """Return up to `limit` artworks for a query in words, best first, by how they look and by how they are described.

    `names` are the embedder's vectors that are searched in.

    The scores are fused ranks, comparable within one answer only. Raises MuseumError when the query cannot be
    embedded, or when nothing in the index was embedded by the same model.
    """
    vector = embedded(embedder, query)
    with index.open() as session:
        return by_words(session, embedder, names, vector, SearchFilter(museum=museum, work_type=work_type), limit)


def embedded(embedder: Embedder, query: str) -> Vector:
    """Return the vector of a query in words. Raises the failure when it cannot be embedded."""
    (vector,) = embedder.embed_texts([query])
    if isinstance(vector, Failure):
        raise vector
    return vector


def by_words(
    session: VectorSession, embedder: Embedder, names: Sequence[str], vector: Vector, where: SearchFilter, limit: int
) -> list[Hit]:
    """Search with a query's vector among the points that `where` admits. Raises as `search_text` does."""
    where = replace(where, contract=embedder.contract)
    names = [name for name in names if name in session.vectors]
    rankings = session.search_all([Search(name, vector, limit * DEPTH, where) for name in names])
    made = [SearchFilter(vector_present=name, contract=embedder.contract, releases=where.releases) for name in names]
    # "Nothing matches" and "nothing was embedded by this model" call for different remedies.
    if not any(rankings) and not any(session.count(each) for each in made):
        setting = embedder.name.upper()
        raise MuseumError(
            f"Nothing in the vector index was embedded by {embedder.contract}, so nothing is found. Materialise "
            f"the embeddings, or set {setting}_MODEL and {setting}_WEIGHTS to what they were made with."
        )
    return fuse(rankings, limit)


def similar(index: VectorIndex, museum: str, object_number: str, names: Sequence[str], *, limit: int = 20) -> list[Hit]:
    """Return up to `limit` artworks that look like this one, or are described like it when it has no image vector.

    Scores are cosines. Raises MuseumError when the artwork is not in the index or has no vector yet.
    """
    with index.open() as session:
        records = session.retrieve([point_id(museum, object_number)], with_vectors=True)
        if not records:
            raise MuseumError(
                f"{museum}:{object_number} is not in the vector index. Check the object number with "
                f"`museum where {museum}:{object_number}`, which also says what has to run."
            )
        return by_likeness(session, records[0], names, SearchFilter(), limit)


def by_likeness(
    session: VectorSession, record: PointRecord, names: Sequence[str], where: SearchFilter, limit: int
) -> list[Hit]:
    """Search with a point's own vector, the first of `names` that it has, among the others that `where` admits.

    Raises MuseumError when it has none of them.
    """
    for name in names:
        contract = record.payload.get(contract_field(name))
        if name in record.vectors and contract:
            admitted = replace(where, contract=contract)
            return session.search(name, record.vectors[name], limit, admitted, exclude=[record.id])
    museum = record.payload["museum"]
    raise MuseumError(
        f"{museum}:{record.payload['object_number']} has none of the vectors {', '.join(names)} yet: run "
        f"`museum run {' '.join(names)} --museum {museum}`."
    )


def fuse(rankings: Sequence[Sequence[Hit]], limit: int) -> list[Hit]:
    """Merge rankings by reciprocal rank: cosines of images and of texts are on different scales, ranks are not."""
    hits = {hit.id: hit for ranking in rankings for hit in ranking}
    scores = by_reciprocal_rank([(1.0, [hit.id for hit in ranking]) for ranking in rankings])
    return [replace(hits[id_], score=score) for id_, score in list(scores.items())[:limit]]


def by_reciprocal_rank(rankings: Sequence[tuple[float, Sequence[Name]]]) -> dict[Name, float]:
    """Return the score of everything in some rankings, best first; each ranking comes with its weight."""
    scores: dict[Name, float] = {}
    for weight, ranking in rankings:
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + weight / (RRF_CONSTANT + rank)
    return {name: scores[name] for name in sorted(scores, key=lambda name: (-scores[name], name))}
