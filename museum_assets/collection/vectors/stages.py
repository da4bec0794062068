"""The stages of the vector index: one makes the points, and one per named vector fills them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

from museum_assets.collection.artworks.stage import transformed_artworks
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.collection.vectors import checks
from museum_assets.collection.vectors.embedders import EmbedderSpec
from museum_assets.collection.vectors.layout import collection_layout
from museum_assets.core.findings import Finding
from museum_assets.loop.spec import INDEX_POOL, MODEL_POOL, CheckSpec, StageSpec, VectorSpec
from museum_assets.loop.stage import Stage
from museum_assets.loop.workers import Part, PartSpec, open_workers
from resources.platform import Platform
from resources.postgres import Connection


def _index_contract(platform: Platform, _: str) -> str:
    from museum_assets.collection.vectors.index import index_contract

    return index_contract(platform.vector_place())


@contextmanager
def _open_index(platform: Platform, _: str) -> Iterator[Stage]:
    from museum_assets.collection.vectors.index import IndexStage

    index = platform.vector_index()
    with index.open() as session:
        session.ensure_collection({})
    yield IndexStage(index)


indexed_artworks: StageSpec = StageSpec(
    name="indexed_artworks",
    domain="collection",
    description="Points with what the search shows of each artwork; the embeddings add their vectors to them.",
    kinds=frozenset({"python", "qdrant"}),
    contract=_index_contract,
    open=_open_index,
    deps=(transformed_artworks,),
    pool=INDEX_POOL,
    released=True,
    checks=(
        CheckSpec.of("index_matches_ledger", checks.index_matches_ledger, lambda platform, conn, slug:
                     checks.index_matches_ledger(conn, platform.vector_index(), slug, indexed_artworks)),
        CheckSpec.of("withdrawn_artworks_absent", checks.withdrawn_artworks_absent, lambda platform, conn, slug:
                     checks.withdrawn_artworks_absent(conn, platform.vector_index(), slug, indexed_artworks)),
        CheckSpec.of("collection_layout", collection_layout, lambda platform, _, slug:
                     collection_layout(platform, slug, indexed_artworks)),
    ),
)  # fmt: skip


def _embedder_contract(embedder: EmbedderSpec, platform: Platform, _: str) -> str:
    return embedder.open(platform).contract


@contextmanager
def _open_part(embedder: EmbedderSpec, platform: Platform, _: str) -> Iterator[Part]:
    from museum_assets.collection.vectors.embedding import EmbeddingPart

    yield EmbeddingPart(embedder.open(platform), platform.thumbnails(), stored_thumbnails)


def embedding(name: str, made_from: Literal["image", "text"], embedder: EmbedderSpec) -> StageSpec:
    """Define the stage of one named vector, made from the artworks' images or texts."""

    def contract(platform: Platform, _: str) -> str:
        from museum_assets.collection.vectors.embedding import embedding_contract

        return embedding_contract(embedder.open(platform).contract, platform.vector_place())

    part = PartSpec(partial(_open_part, embedder), partial(_embedder_contract, embedder), model=True)

    @contextmanager
    def open_(platform: Platform, slug: str) -> Iterator[Stage]:
        from museum_assets.collection.vectors.embedding import EmbeddingStage

        index = platform.vector_index()
        with index.open() as session:
            session.ensure_collection({name: embedder.dimension})
        with open_workers(part, platform, slug) as workers:
            yield EmbeddingStage(workers, part.contract(platform, slug), index, platform.database())

    def check(function: Any) -> CheckSpec:
        def adapted(platform: Platform, conn: Connection, slug: str) -> Finding:
            if reason := embedder.inactive(platform.settings):
                return Finding.nothing(reason)
            return function(conn, platform.vector_index(), slug, spec)  # type: ignore[no-any-return]

        return CheckSpec.of(function.__name__, function, adapted)

    functions = [checks.vectors_match_ledger, checks.vectors_sound]
    functions += [checks.nearest_is_itself] if made_from == "image" else []
    source = "thumbnail" if made_from == "image" else "text"
    spec = StageSpec(
        name=name,
        domain="collection",
        description=f"The vector {name} of every artwork: its {source} embedded by {embedder.name}, each distinct one "
        "once.",
        kinds=frozenset({"python", "qdrant"}),
        contract=contract,
        open=open_,
        inputs=made_from,
        deps=(indexed_artworks, stored_thumbnails) if made_from == "image" else (indexed_artworks,),
        pool=MODEL_POOL,
        released=True,
        inactive=embedder.inactive,
        checks=tuple(map(check, functions)),
        vector=VectorSpec(made_from, embedder.name, embedder.dimension),
    )
    return spec
