"""One museum's collection over the real services, with a model that counts what it embeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from museum_assets.collection.stages import vectors_of
from museum_assets.collection.thumbnails.checks import every_thumbnail_present
from museum_assets.collection.thumbnails.stage import stored_thumbnails
from museum_assets.collection.vectors.checks import (
    index_matches_ledger,
    vectors_match_ledger,
    vectors_sound,
    withdrawn_artworks_absent,
)
from museum_assets.collection.vectors.stages import indexed_artworks
from museum_assets.core.failures import Failure
from museum_assets.images.fetch import ImageFetcher
from museum_assets.loop.checks import books_balance
from museum_assets.loop.stage import Counts, Options
from museum_assets.simulator.server import Running
from resources.embedders.embedder import Embedder, Vector
from resources.platform import Platform
from resources.vector_index.index import PointRecord, point_id
from tests.support import whole_pipeline

MUSEUM = "smk"


CLIP = vectors_of("clip")


class Counting:
    """A real embedder that keeps count of what it is given, under a contract of the test's choice."""

    def __init__(self, embedder: Embedder, contract: str | None = None) -> None:
        self.embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.contract = contract or embedder.contract
        self.images: list[bytes] = []
        self.texts: list[str] = []

    def embed_images(self, images: Sequence[bytes]) -> list[Vector | Failure]:
        self.images += images
        return self.embedder.embed_images(images)

    def embed_texts(self, texts: Sequence[str]) -> list[Vector | Failure]:
        self.texts += texts
        return self.embedder.embed_texts(texts)


class World:
    """One museum on the platform, with what the tests ask of it."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.database = platform.database()
        self.store = platform.thumbnails()
        self.index = platform.vector_index()
        self.model = Counting(platform.clip())

    def run(self, *names: str, **options: Any) -> list[Counts]:
        return [
            whole_pipeline.run(self.platform, MUSEUM, name, Options(**options), embedder=self.model)
            for name in names or [spec.name for spec in whole_pipeline.active(self.platform)]
        ]

    def rows(self, statement: str, *params: Any) -> list[dict[str, Any]]:
        with self.database.connect() as conn:
            return conn.execute(statement, params).fetchall()

    def artworks(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM staging.artwork ORDER BY record_id")

    def change(self, record_id: str, **fields: Any) -> None:
        """Change a raw record, as a harvest would."""
        self.rows(
            "UPDATE raw.record SET payload = payload || %s, payload_hash = sha256(payload_hash)"
            " WHERE record_id = %s RETURNING 1",
            Jsonb(fields), record_id,
        )  # fmt: skip

    def points(self) -> dict[str, PointRecord]:
        with self.index.open() as session:
            return {point.id: point for point in session.retrieve(list(session.ids(MUSEUM)), with_vectors=True)}

    def point(self, number: str) -> PointRecord:
        return self.points()[point_id(MUSEUM, number)]

    def thumbnails(self) -> set[str]:
        return {found.key for found in self.store.list(f"{MUSEUM}_")}

    def fates(self, stage: str) -> dict[str, int]:
        return {
            row["code"]: row["n"]
            for row in self.rows(
                "SELECT code, count(*) AS n FROM ops.ledger WHERE stage = %s AND outcome = 'failed' GROUP BY 1", stage
            )
        }

    def sound(self) -> None:
        """Every check of the outputs passes."""
        with self.database.connect() as conn:
            findings = [
                *(books_balance(conn, MUSEUM, spec) for spec in whole_pipeline.active(self.platform)),
                every_thumbnail_present(conn, self.store, MUSEUM, stored_thumbnails),
                index_matches_ledger(conn, self.index, MUSEUM, indexed_artworks),
                withdrawn_artworks_absent(conn, self.index, MUSEUM, indexed_artworks),
                *(vectors_match_ledger(conn, self.index, MUSEUM, whole_pipeline.SPECS[name]) for name in CLIP),
                *(vectors_sound(conn, self.index, MUSEUM, whole_pipeline.SPECS[name]) for name in CLIP),
            ]
        assert [finding.description for finding in findings if not finding.passed] == []


@pytest.fixture
def world(simulator: Running, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> World:
    """SMK, harvested and transformed; images that fail are asked for again without long waits."""
    defaults = ImageFetcher.__init__.__kwdefaults__
    assert defaults
    monkeypatch.setitem(defaults, "backoff", 0.01)
    world = World(platform)
    whole_pipeline.gather(platform, MUSEUM)
    world.run("transformed_artworks")
    assert len(world.artworks()) >= 4
    return world
