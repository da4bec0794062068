"""A museum's releases made by hand: rows, cached vectors and thumbnails of a few works, without staging.

The tests of what is outside Postgres build on it: the points, the thumbnails, search, canaries and archives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import numpy as np

from museum_assets.collection.vectors.embedding import keep_vectors
from museum_assets.releases.outside.outside import PointsAndThumbnails, points_and_thumbnails
from museum_assets.releases.snapshot import Snapshot, snapshot
from resources.platform import Platform
from resources.postgres import Connection, Database
from resources.s3 import thumbnail_key
from resources.vector_index.index import SearchFilter
from sql import query

CONTRACT = "little model"
DIMENSION = 768
SLOTS = 6


@dataclass(frozen=True)
class Work:
    """An artwork: what it shows is an axis of the vector space, so that every cosine is known."""

    title: str
    image: int | None = None
    text: int | None = None
    kind: str = "painting"
    artist: str = "Anna Ancher"
    years: tuple[int, int] = (1880, 1882)

    @property
    def jpeg(self) -> bytes:
        """Bytes that differ with the image."""
        return f"jpeg of {self.image}".encode()


Works = Mapping[str, Work]


def axis(*axes: int) -> np.ndarray:
    """Return a unit vector with equal parts along these axes."""
    vector = np.zeros(DIMENSION, np.float32)
    vector[list(axes)] = 1
    return vector / np.linalg.norm(vector)


class Words:
    """An embedder that knows the words "0", "1", "2" …: each is an axis."""

    name, dimension, contract = "clip", DIMENSION, CONTRACT

    def embed_images(self, images):
        raise NotImplementedError

    def embed_texts(self, texts):
        return [axis(int(text)) for text in texts]


class LittleProduction:
    """Production of a platform, with as much of a promotion as its outside needs."""

    def __init__(self, platform: Platform, museums: tuple[str, ...] = ("smk", "met")) -> None:
        self.platform = platform
        self.database: Database = platform.production()
        self.outside: PointsAndThumbnails = points_and_thumbnails(platform)
        self.outside.thumbnails.ensure_bucket()
        with self.database.connect() as conn:
            for museum in museums:
                conn.execute("SELECT production.add_museum(%s, 'collection', %s)", (museum, SLOTS))
            conn.execute("SELECT production.make_views()")

    def build(self, museum: str, release: int, works: Works) -> int | None:
        """Make a release's rows, in state building; return its base."""
        with self.database.connect() as conn, conn.transaction():
            [found] = conn.execute(
                "SELECT min(slot) AS slot FROM production.slot s WHERE museum = %s AND NOT EXISTS (SELECT FROM"
                " production.release r WHERE r.museum = s.museum AND r.slot = s.slot"
                " AND state IN ('building', 'ready'))",
                (museum,),
            ).fetchall()
            slot = found["slot"]
            for table in ("artwork", "thumbnail", "index_status"):
                conn.execute(f"DELETE FROM production.{table}_release WHERE museum = %s AND slot = %s", (museum, slot))
            conn.execute(
                "INSERT INTO production.release (museum, release_id, slot, made_by, why) VALUES (%s, %s, %s, 'x', 'x')",
                (museum, release, slot),
            )
            rows = [row for number, work in works.items() for row in self._rows(museum, slot, number, work)]
            for table in ("artwork", "thumbnail", "index_status"):
                insert(conn, table, [row for name, row in rows if name == table])
            conn.execute(query("releases.fill_search"), {"museum": museum, "slot": slot})
            [newest] = conn.execute(
                "SELECT max(release_id) AS base FROM production.release WHERE museum = %s AND state = 'ready'",
                (museum,),
            ).fetchall()
        self.stage(museum, works)
        return cast(int | None, newest["base"])

    def stage(self, museum: str, works: Works) -> None:
        """Put what staging has of these works where it belongs: the cache of vectors, the working bucket."""
        with self.outside.platform.connect() as conn:
            contents = {("image", w.image) for w in works.values()} | {("text", w.text) for w in works.values()}
            known = {content_hash(kind, at): axis(at) for kind, at in contents if at is not None}
            keep_vectors(conn, CONTRACT, known)
        for number, work in works.items():
            if work.image is not None:
                self.outside.source.put_jpeg(thumbnail_key(museum, number), work.jpeg, {})

    @staticmethod
    def _rows(museum: str, slot: int, number: str, work: Work) -> Iterator[tuple[str, dict[str, Any]]]:
        given = {"image": work.image, "text": work.text}
        contents = [(f"{kind}_clip", content_hash(kind, at)) for kind, at in given.items() if at is not None]
        common = {"museum": museum, "slot": slot, "object_number": number}
        row_hash = sha256(f"{work.title}{work.kind}".encode()).digest()
        yield "artwork", common | {
            "museum_db_id": number, "title": work.title, "artists": [work.artist],
            "production_date_start": work.years[0], "production_date_end": work.years[1], "period": None,
            "work_types": [work.kind], "searchable_work_types": [work.kind],
            "thumbnail_url": "https://example.org/x", "image_url": None,
            "rights": "CC0", "source_url": None, "row_hash": row_hash}  # fmt: skip
        digest = sha256(row_hash + b"".join(content for _, content in contents)).digest()
        yield "index_status", common | {
            "digest": digest, "vectors": [name for name, _ in contents], "contracts": [CONTRACT] * len(contents),
            "contents": [content for _, content in contents], "row_hash": digest}  # fmt: skip
        if work.image is not None:
            image = sha256(work.jpeg)
            yield "thumbnail", common | {
                "sha256": image.digest(), "width": 1, "height": 1, "bytes": len(work.jpeg),
                "object_key": f"{museum}/{image.hexdigest()}.jpg", "source_key": thumbnail_key(museum, number),
                "row_hash": image.digest()}  # fmt: skip

    def ready(self, museum: str, release: int) -> None:
        """Mark a release as complete."""
        self.mark(museum, release, "ready")

    def mark(self, museum: str, release: int, state: str) -> None:
        """Set the state of a release."""
        with self.database.connect() as conn:
            conn.execute(
                "UPDATE production.release SET state = %s WHERE museum = %s AND release_id = %s",
                (state, museum, release),
            )

    def commit(self, museum: str, release: int) -> None:
        """Point readers at a release: the one UPDATE of a promotion or a rollback."""
        with self.database.connect() as conn:
            conn.execute(
                "INSERT INTO production.current_release (museum, release_id, slot, committed_by)"
                " SELECT museum, release_id, slot, 'x' FROM production.release WHERE museum = %s AND release_id = %s"
                " ON CONFLICT (museum) DO UPDATE SET release_id = excluded.release_id, slot = excluded.slot",
                (museum, release),
            )

    def promote(self, museum: str, release: int, works: Works) -> dict[str, int]:
        """Build, publish, verify and commit a release."""
        counts = self.outside.add(museum, release, self.build(museum, release, works))
        assert self.outside.verify(museum, release) == []
        self.outside.show(museum, release)
        self.ready(museum, release)
        self.commit(museum, release)
        return counts

    def now(self, museum: str | None = None) -> Any:
        """Open production as a reader does."""
        return snapshot(self.database, self.outside.index, museum)

    def found(self, now: Snapshot, word: int, museum: str | None = None, limit: int = 50) -> dict[str, str]:
        """Return {object number: title} of what a word finds."""
        hits = now.words(Words(), axis(word), limit, museum)
        return {hit.payload["object_number"]: hit.payload["title"] for hit in hits}

    def points(self) -> dict[str, list[tuple[int, int]]]:
        """Return {museum:object number: [(from, until), …]} of everything in the index."""
        found: dict[str, list[tuple[int, int]]] = {}
        with self.outside.index.open() as session:
            for record in session.scroll(SearchFilter()):
                shown = record.payload
                span = (shown["from_release"], shown["until_release"])
                found.setdefault(f"{shown['museum']}:{shown['object_number']}", []).append(span)
        return {name: sorted(spans) for name, spans in sorted(found.items())}


def content_hash(kind: str, at: int) -> bytes:
    """Return the content hash of an image or a text along an axis."""
    return sha256(f"{kind} {at}".encode()).digest()


def insert(conn: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """Insert rows into a table of releases."""
    if rows:
        names, marks = ", ".join(rows[0]), ", ".join(["%s"] * len(rows[0]))
        statement = f"INSERT INTO production.{table}_release ({names}) VALUES ({marks})"
        conn.cursor().executemany(statement, [list(row.values()) for row in rows])
