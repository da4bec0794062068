"""The stage of a named vector: images or texts embedded for the index, each distinct one once."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from museum_assets.core.failures import Failure, Gone
from museum_assets.loop.concurrently import concurrently
from museum_assets.loop.run import batched
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Counts, Outcome, Stage, Work, done, failed
from museum_assets.loop.workers import Workers
from resources.copying import copy_rows
from resources.embedders.embedder import Embedder, Vector
from resources.postgres import Connection, Database
from resources.vector_index.session import VectorIndex
from sql import query

FLOAT = np.dtype("<f4")
WRITTEN_TOGETHER, LONGEST_WAIT = 512, 5.0
"""Vectors, and seconds. Opening and flushing an embedded index takes as long as writing some hundred vectors: with 64 a
time 131 vectors a second reached it, with 512 766 did. A kill loses nothing of them, the cache has each batch."""
READERS = 8
"""Thumbnails read at once, so that a fast model does not wait for one after the other."""


class ThumbnailSource(Protocol):
    """The bucket that the images are read from."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes. Raises Gone when it is missing."""
        ...


class EmbeddingPart:
    """Reads what artworks show or say, and embeds it."""

    def __init__(self, embedder: Embedder, thumbnails: ThumbnailSource, thumbnail_stage: StageSpec) -> None:
        """Make the part; messages name `thumbnail_stage` as the one that stores a missing thumbnail again."""
        self.made_by = thumbnail_stage
        self.embedder = embedder
        self.thumbnails = thumbnails

    def __call__(self, works: list[Work]) -> dict[bytes, Vector | Failure]:
        """Return {content hash: vector or failure}."""
        if not works:
            return {}
        if "search_text" in works[0].data:
            results = self.embedder.embed_texts([w.data["search_text"] for w in works])
            return {w.data["content_hash"]: r for w, r in zip(works, results, strict=True)}
        read = concurrently(self._image, works, READERS)
        images = {w.data["content_hash"]: image for w, image in zip(works, read, strict=True)}
        readable = {content: image for content, image in images.items() if isinstance(image, bytes)}
        results = self.embedder.embed_images(list(readable.values())) if readable else []
        failures = {content: image for content, image in images.items() if isinstance(image, Failure)}
        return dict(zip(readable, results, strict=True)) | failures

    def _image(self, work: Work) -> bytes | Failure:
        key, slug = work.data["s3_key"], work.data["museum"]
        try:
            image = self.thumbnails.get(key)
        except Gone:
            return Failure(
                f"the thumbnail {key} is recorded but not in S3: run {self.made_by.again(slug, force=True)}",
                code="thumbnail_missing",
            )
        # After a kill, S3 can be ahead of the table; the cache must never keep a vector under another image's hash.
        if hashlib.sha256(image).digest() != work.data["content_hash"]:
            again = self.made_by.again(slug)
            return Failure(f"the thumbnail {key} in S3 is not the recorded one: run {again}", code="thumbnail_changed")
        return image


class EmbeddingStage(Stage):
    """One named vector (`image_clip`, `text_jina`, …) of every artwork that has its input."""

    def __init__(
        self, workers: Workers, embedder_contract: str, index: VectorIndex, database: Database, *, batch: int = 64
    ) -> None:
        self.workers = workers
        self.embedder_contract = embedder_contract
        self.index = index
        self.database = database
        self.batch_size = batch

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Embed batch by batch: from the cache where the content is known, by the workers where it is not.

        Some batches go into the index together, unless the model takes long or something fails.
        """
        with self.database.connect() as conn:
            made: list[tuple[Work, Vector | Failure]] = []
            since = time.monotonic()
            for batch, vectors in self._embedded(conn, works):
                made += [(work, vectors[work.data["content_hash"]]) for work in batch]
                waits = len(made) < WRITTEN_TOGETHER and time.monotonic() - since < LONGEST_WAIT
                if waits and not any(isinstance(vector, Failure) for vector in vectors.values()):
                    continue
                yield from self._written(made)
                made, since = [], time.monotonic()
            yield from self._written(made)

    def discard(self, conn: Connection, slug: str, outputs: Sequence[str]) -> None:  # noqa: ARG002
        """Remove the vector from points whose artwork lost its image or its title, or is gone."""
        if outputs:
            with self.index.open() as session:
                session.delete_vectors(self.name, outputs)

    def finish(self, counts: Counts) -> None:
        """Build the search structure over what was written."""
        if counts.done:
            with self.index.open() as session:
                session.optimise()

    def facts(self, conn: Connection, slug: str) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what the vectors depend on besides the input."""
        return {"contract": self.embedder_contract}

    def _written(self, made: Sequence[tuple[Work, Vector | Failure]]) -> Iterator[Outcome]:
        """Yield outcomes once their vectors are in the index."""
        good = {work.data["point_id"]: vector for work, vector in made if not isinstance(vector, Failure)}
        if good:
            with self.index.open() as session:
                session.update_vectors(self.name, list(good), np.stack(list(good.values())), self.embedder_contract)
        for work, vector in made:
            if isinstance(vector, Failure):
                yield failed(work, vector)
            else:
                yield done(work, output=work.data["point_id"])

    def _embedded(
        self, conn: Connection, works: Iterable[Work]
    ) -> Iterator[tuple[list[Work], dict[bytes, Vector | Failure]]]:
        """Yield each batch with {content hash: vector or failure}, and put new vectors into the cache.

        What an earlier batch in flight will bring is not asked for twice.
        """
        in_flight: deque[tuple[list[Work], dict[bytes, Vector | Failure | None]]] = deque()

        def missing() -> Iterator[list[Work]]:
            for batch in batched(works, self.batch_size):
                by_content = {work.data["content_hash"]: work for work in batch}
                awaited = {content for _, vectors in in_flight for content in vectors}
                vectors: dict[bytes, Vector | Failure | None] = dict.fromkeys(by_content)
                vectors |= cached_vectors(conn, self.embedder_contract, list(by_content))
                in_flight.append((batch, vectors))
                yield [by_content[c] for c, vector in vectors.items() if vector is None and c not in awaited]

        for fresh in self.workers.map(missing()):
            new = {content: vector for content, vector in fresh.items() if not isinstance(vector, Failure)}
            keep_vectors(conn, self.embedder_contract, new)
            for _, vectors in in_flight:
                vectors |= {content: vector for content, vector in fresh.items() if content in vectors}
            batch, complete = in_flight.popleft()
            yield batch, {content: vector for content, vector in complete.items() if vector is not None}


def embedding_contract(contract: str, place: str) -> str:
    """Return a stage's contract. Another index is an empty one: every vector is written there, from the cache."""
    return f"{contract} in {place}"


def cached_vectors(conn: Connection, contract: str, contents: list[bytes]) -> dict[bytes, Vector]:
    """Return the vectors already made under this contract, by content hash. Pruning leaves them from now on."""
    conn.execute(query("vectors.use"), {"contract": contract, "contents": contents})
    rows = conn.execute(
        "SELECT content_hash, vector FROM ops.vector WHERE contract = %s AND content_hash = ANY(%s)",
        (contract, contents),
    )
    return {row["content_hash"]: np.frombuffer(row["vector"], dtype=FLOAT) for row in rows}


def keep_vectors(conn: Connection, contract: str, vectors: dict[bytes, Any]) -> None:
    """Put new vectors into the cache at once: on CPU the model is 95 % of a rebuild, so none is made twice."""
    if not vectors:
        return
    with conn.transaction():
        conn.execute(query("vectors.batch"))
        rows = ((content, vector.astype(FLOAT).tobytes()) for content, vector in vectors.items())
        copy_rows(conn, "vector_batch", ("content_hash", "vector"), ("bytea", "bytea"), rows)
        conn.execute(query("vectors.keep"), {"contract": contract})
