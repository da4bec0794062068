"""The stage of a named vector: images or texts embedded for the index, each distinct one once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from museum_assets.core.failures import Failure, Gone
from museum_assets.loop.run import batched
from museum_assets.loop.spec import StageSpec
from museum_assets.loop.stage import Counts, Outcome, Stage, Work, done, failed
from resources.copying import copy_rows
from resources.embedders.embedder import Embedder, Vector
from resources.postgres import Connection, Database
from resources.vector_index.session import VectorIndex
from sql import query

FLOAT = np.dtype("<f4")


class ThumbnailSource(Protocol):
    """The bucket that the images are read from."""

    def get(self, key: str) -> bytes:
        """Return an object's bytes. Raises Gone when it is missing."""
        ...


class EmbeddingStage(Stage):
    """One named vector (`image_clip`, `text_jina`, …) of every artwork that has its input."""

    def __init__(
        self,
        embedder: Embedder,
        index: VectorIndex,
        database: Database,
        thumbnails: ThumbnailSource,
        thumbnail_stage: StageSpec,
        *,
        batch: int = 64,
    ) -> None:
        """Make the stage; messages name `thumbnail_stage` as the one that stores a missing thumbnail again."""
        self.batch_size = batch
        self.made_by = thumbnail_stage
        self.embedder = embedder
        self.index = index
        self.database = database
        self.thumbnails = thumbnails

    def process(self, works: Iterable[Work]) -> Iterator[Outcome]:
        """Embed batch by batch: from the cache where the content is known, by the model where it is not."""
        with self.database.connect() as conn:
            for batch in batched(works, self.batch_size):
                vectors = self._vectors(conn, batch)
                good = [w for w in batch if not isinstance(vectors[w.data["content_hash"]], Failure)]
                self._store(good, vectors)
                for work in batch:
                    result = vectors[work.data["content_hash"]]
                    if isinstance(result, Failure):
                        yield failed(work, result)
                    else:
                        yield done(work, output=work.data["point_id"])

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
        return {"contract": self.embedder.contract}

    def _store(self, works: list[Work], vectors: dict[bytes, Any]) -> None:
        if works:
            matrix = np.stack([vectors[w.data["content_hash"]] for w in works])
            with self.index.open() as session:
                session.update_vectors(self.name, [w.data["point_id"] for w in works], matrix, self.embedder.contract)

    def _vectors(self, conn: Connection, works: list[Work]) -> dict[bytes, Vector | Failure]:
        """Return {content hash: vector or failure}, and put new vectors into the cache."""
        by_content = {w.data["content_hash"]: w for w in works}
        known: dict[bytes, Vector | Failure] = dict(cached_vectors(conn, self.embedder.contract, list(by_content)))
        missing = [w for content, w in by_content.items() if content not in known]
        fresh = self._embed(missing)
        keep_vectors(conn, self.embedder.contract, {c: v for c, v in fresh.items() if not isinstance(v, Failure)})
        return known | fresh

    def _embed(self, works: list[Work]) -> dict[bytes, Vector | Failure]:
        if not works:
            return {}
        if "search_text" in works[0].data:
            results = self.embedder.embed_texts([w.data["search_text"] for w in works])
            return {w.data["content_hash"]: r for w, r in zip(works, results, strict=True)}
        images = {w.data["content_hash"]: self._image(w) for w in works}
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


def embedding_contract(contract: str, place: str) -> str:
    """Return a stage's contract. Another index is an empty one: every vector is written there, from the cache."""
    return f"{contract} in {place}"


def cached_vectors(conn: Connection, contract: str, contents: list[bytes]) -> dict[bytes, Vector]:
    """Return the vectors already made under this contract, by content hash."""
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
