"""Thumbnails, points and vectors over the simulator, the real S3 and the real embedded index."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
import pytest
import whole_pipeline
from psycopg.types.json import Jsonb

from museum_assets.audit.collection import books_balance
from museum_assets.audit.thumbnails import thumbnails_present
from museum_assets.audit.vectors import points_match, vectors_match, vectors_sound, withdrawn_absent
from museum_assets.failures import Failure, MuseumError
from museum_assets.images.fetch import ImageFetcher
from museum_assets.loop.stage import Counts, Options
from museum_assets.search.find import search_text, similar
from museum_assets.settings import Settings
from museum_assets.simulator.server import Running
from resources import platform as services
from resources.embedders.embedder import Embedder, Vector
from resources.postgres import scalar
from resources.vector_index.index import Record, SearchFilter, point_id

pytestmark = pytest.mark.integration

MUSEUM = "smk"


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

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = services.database(settings)
        self.store = services.thumbnails(settings)
        self.index = services.vector_index(settings)
        self.model = Counting(services.embedder(settings, "clip"))

    def run(self, *names: str, **options: Any) -> list[Counts]:
        return [
            whole_pipeline.run(self.settings, MUSEUM, name, Options(**options),
                               **({"embedder": self.model} if "_clip" in name else {}))
            for name in names or whole_pipeline.STAGES
        ]  # fmt: skip

    def rows(self, statement: str, *params: Any) -> list[dict[str, Any]]:
        with self.database.connect() as conn:
            return conn.execute(statement, params).fetchall()  # type: ignore[arg-type]

    def artworks(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM staging.artwork ORDER BY record_id")

    def change(self, record_id: str, **fields: Any) -> None:
        """Change a raw record, as a harvest would."""
        self.rows(
            "UPDATE raw.record SET payload = payload || %s, payload_hash = sha256(payload_hash)"
            " WHERE record_id = %s RETURNING 1",
            Jsonb(fields), record_id,
        )  # fmt: skip

    def points(self) -> dict[str, Record]:
        with self.index.open() as session:
            return {point.id: point for point in session.retrieve(list(session.ids(MUSEUM)), with_vectors=True)}

    def point(self, number: str) -> Record:
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
                *(books_balance(conn, MUSEUM, stage) for stage in whole_pipeline.STAGES),
                thumbnails_present(conn, self.store, MUSEUM),
                points_match(conn, self.index, MUSEUM),
                withdrawn_absent(conn, self.index, MUSEUM),
                *(vectors_match(conn, self.index, MUSEUM, name) for name in ("image_clip", "text_clip")),
                *(vectors_sound(conn, self.index, MUSEUM, name) for name in ("image_clip", "text_clip")),
            ]
        assert [finding.description for finding in findings if not finding.passed] == []


@pytest.fixture
def world(simulator: Running, platform: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    """SMK, harvested and transformed; images that fail are asked for again without long waits."""
    monkeypatch.setitem(ImageFetcher.__init__.__kwdefaults__, "backoff", 0.01)
    world = World(platform)
    whole_pipeline.gather(platform, MUSEUM)
    world.run("transformed_artworks")
    assert len(world.artworks()) >= 4
    return world


def test_everything_is_made_once(world: World) -> None:
    made = world.run("indexed_artworks", "stored_thumbnails", "image_clip", "text_clip")
    artworks = world.artworks()
    titled = [a for a in artworks if a["title"]]
    assert [counts.done for counts in made] == [len(artworks), len(artworks), len(artworks), len(titled)]
    world.sound()
    for row in world.rows("SELECT * FROM staging.thumbnail"):
        body = world.store.get(row["s3_key"])
        assert hashlib.sha256(body).digest() == row["sha256"]
        assert len(body) == row["bytes"]
    calls = (len(world.model.images), len(world.model.texts))
    again = world.run()
    assert [counts.processed for counts in again] == [0] * 5
    assert (len(world.model.images), len(world.model.texts)) == calls
    # `force` writes everything again, from the cache.
    points = world.points()
    assert [counts.done for counts in world.run("image_clip", "text_clip", force=True)] == [len(artworks), len(titled)]
    assert (len(world.model.images), len(world.model.texts)) == calls
    assert all(np.array_equal(points[i].vectors[n], v) for i, p in world.points().items() for n, v in p.vectors.items())


@pytest.mark.parametrize(
    ("fault", "code", "permanent"),
    [
        ("html_images", "not_an_image", False),
        ("empty_images", "empty_image", False),
        ("truncated_images", "truncated_image", False),
        ("bomb_images", "decompression_bomb", True),
        ("redirected_images", "host_not_allowed", True),
    ],
)
def test_a_bad_image_is_a_failure_with_its_code(
    world: World, simulator: Running, fault: str, code: str, permanent: bool
) -> None:
    everything = len(world.artworks())
    simulator.set_faults(MUSEUM, **{fault: 1.0})
    (counts,) = world.run("stored_thumbnails")
    assert (counts.failed, world.fates("stored_thumbnails")) == (everything, {code: everything})
    assert {row["permanent"] for row in world.rows("SELECT permanent FROM ops.ledger WHERE outcome = 'failed'")} == {
        permanent
    }
    assert world.thumbnails() == set()
    simulator.clear_faults()
    assert world.run("stored_thumbnails", retry_failed=permanent)[0].done == everything
    assert world.fates("stored_thumbnails") == {}
    assert len(world.thumbnails()) == everything


def test_a_struggling_image_host_is_tried_again_later(world: World, simulator: Running) -> None:
    simulator.set_faults(MUSEUM, strikes="images", retry_after=0, too_many_requests=1.0)
    (counts,) = world.run("stored_thumbnails", limit=1)
    (row,) = world.rows("SELECT * FROM ops.ledger WHERE stage = 'stored_thumbnails'")
    assert (counts.failed, row["code"], row["permanent"]) == (1, "slow_down", False)
    assert row["next_attempt_at"] is not None


def test_one_image_shown_twice_is_embedded_once(world: World) -> None:
    one, other, *_ = world.artworks()
    world.rows("UPDATE staging.artwork SET thumbnail_url = %s WHERE record_id = %s RETURNING 1",
               one["thumbnail_url"], other["record_id"])  # fmt: skip
    world.run("indexed_artworks", "stored_thumbnails", "image_clip")
    assert len(world.model.images) == len(world.artworks()) - 1
    vectors = [world.point(work["object_number"]).vectors["image_clip"] for work in (one, other)]
    assert np.array_equal(*vectors)


def test_a_new_title_changes_payload_and_text_vector_only(world: World) -> None:
    world.run()
    work = next(a for a in world.artworks() if a["title"])
    before = world.point(work["object_number"])
    calls = (len(world.model.images), len(world.model.texts))
    world.change(work["record_id"], titles=[{"title": "Another title"}])
    assert [counts.done for counts in world.run()] == [1, 1, 0, 0, 1]
    after = world.point(work["object_number"])
    assert (len(world.model.images), len(world.model.texts)) == (calls[0], calls[1] + 1)
    assert after.payload["title"] == "Another title"
    assert np.array_equal(after.vectors["image_clip"], before.vectors["image_clip"])
    assert not np.array_equal(after.vectors["text_clip"], before.vectors["text_clip"])
    world.sound()


def test_an_untitled_work_keeps_its_image_and_loses_its_text(world: World) -> None:
    world.run()
    work = next(a for a in world.artworks() if a["title"])
    assert set(world.point(work["object_number"]).vectors) == {"image_clip", "text_clip"}
    world.change(work["record_id"], titles=[])
    world.run()
    point = world.point(work["object_number"])
    assert set(point.vectors) == {"image_clip"}
    assert "text_clip_contract" not in point.payload
    world.sound()


def test_a_new_image_is_embedded_anew(world: World) -> None:
    world.run()
    one, other, *_ = world.artworks()
    before = world.point(one["object_number"]).vectors["image_clip"]
    # The picture of another work, in another size: different bytes.
    url = other["thumbnail_url"].replace("!1024,", "!300,")
    world.change(one["record_id"], image_thumbnail=url)
    calls = len(world.model.images)
    assert [counts.done for counts in world.run()][2:4] == [1, 1]
    assert len(world.model.images) == calls + 1
    assert not np.array_equal(world.point(one["object_number"]).vectors["image_clip"], before)
    world.sound()


def test_another_model_embeds_everything_again_and_never_meets_the_old_one(world: World) -> None:
    world.run()
    works = world.artworks()
    old, new = world.model, Counting(world.model.embedder, contract="another model")
    world.model = new
    world.run("image_clip", limit=2)
    assert len(new.images) == 2
    for model, expected in ((old, len(works) - 2), (new, 2)):
        with world.index.open() as session:
            assert session.count(SearchFilter(vector_present="image_clip", contract=model.contract)) == expected
    hits = search_text(world.index, new, "ships")
    assert {hit.payload["image_clip_contract"] for hit in hits} == {"another model"}
    world.run("image_clip", "text_clip")
    with pytest.raises(MuseumError, match="Nothing in the vector index was embedded by"):
        search_text(world.index, old, "ships")
    # Back to the old model: from the cache.
    calls, world.model = len(old.images), old
    world.run("image_clip", "text_clip")
    assert len(old.images) == calls
    world.sound()


def test_a_withdrawn_artwork_leaves_bucket_and_index_and_may_come_back(world: World, simulator: Running) -> None:
    world.run()
    # A painting: the scope of a rarer kind would be empty without its only work, which no harvest believes.
    work = next(a for a in world.artworks() if "maleri" in a["work_types"])
    number, key = work["object_number"], {row["record_id"]: row["s3_key"] for row in world.rows(
        "SELECT record_id, s3_key FROM staging.thumbnail")}[work["record_id"]]  # fmt: skip
    points, keys = set(world.points()), world.thumbnails()
    simulator.set_faults(MUSEUM, vanished=[work["record_id"]])
    assert whole_pipeline.gather(world.settings, MUSEUM).withdrawn == 1
    assert [counts.removed for counts in world.run()][:3] == [1, 1, 1]
    assert world.thumbnails() == keys - {key}
    assert set(world.points()) == points - {point_id(MUSEUM, number)}
    assert world.rows("SELECT 1 FROM ops.ledger WHERE record_id = %s", work["record_id"]) == []
    world.sound()
    calls = len(world.model.images)
    simulator.clear_faults()
    whole_pipeline.gather(world.settings, MUSEUM)
    world.run()
    assert world.thumbnails() == keys
    assert len(world.model.images) == calls, "the cache still knows the image"
    assert similar(world.index, MUSEUM, number)
    world.sound()


def test_a_point_made_anew_gets_its_vectors_again(world: World) -> None:
    """Index runs that no embedding run comes between: the point was removed and made again, without vectors."""
    world.run()
    work = world.artworks()[0]
    world.rows("UPDATE raw.record SET withdrawn_at = now() - interval '99 days' WHERE record_id = %s RETURNING 1",
               work["record_id"])  # fmt: skip
    world.run("transformed_artworks", "indexed_artworks")
    world.rows("UPDATE raw.record SET withdrawn_at = NULL WHERE record_id = %s RETURNING 1", work["record_id"])
    world.run()
    assert "image_clip" in world.point(work["object_number"]).vectors
    world.sound()


def test_a_renumbered_object_takes_its_thumbnail_and_point_along(world: World) -> None:
    world.run()
    work, keys = world.artworks()[0], world.thumbnails()
    world.change(work["record_id"], object_number="NEW 1")
    world.run()
    assert f"{MUSEUM}_NEW%201.jpg" in world.thumbnails()
    assert len(world.thumbnails()) == len(keys)
    assert point_id(MUSEUM, work["object_number"]) not in world.points()
    assert set(world.point("NEW 1").vectors) >= {"image_clip"}
    world.sound()


@pytest.mark.parametrize("limit", [None, 1])
def test_two_objects_swap_their_numbers(world: World, limit: int | None) -> None:
    world.run()
    one, other, *_ = world.artworks()
    vectors = {a["record_id"]: world.point(a["object_number"]).vectors["image_clip"] for a in (one, other)}
    world.change(one["record_id"], object_number=other["object_number"])
    world.change(other["record_id"], object_number=one["object_number"])
    for _ in range(3 if limit is None else 8):
        world.run(limit=limit)
    assert np.array_equal(world.point(one["object_number"]).vectors["image_clip"], vectors[other["record_id"]])
    assert np.array_equal(world.point(other["object_number"]).vectors["image_clip"], vectors[one["record_id"]])
    world.sound()


def test_a_thumbnail_that_is_missing_or_another_is_never_embedded(world: World) -> None:
    world.run("indexed_artworks", "stored_thumbnails")
    missing, other, *_ = [row["s3_key"] for row in world.rows("SELECT s3_key FROM staging.thumbnail ORDER BY 1")]
    world.store.put_jpeg(other, world.store.get(missing), {})
    world.store.delete_many([missing])
    world.run("image_clip")
    assert world.fates("image_clip") == {"thumbnail_missing": 1, "thumbnail_changed": 1}
    world.run("stored_thumbnails", force=True)
    world.run("image_clip", "text_clip")
    world.sound()


def test_another_index_is_filled_from_the_cache(world: World, tmp_path: Any) -> None:
    world.run()
    calls = len(world.model.images)
    world.settings = world.settings.model_copy(update={"qdrant_collection": "artworks_etl_v2"})
    world.index = services.vector_index(world.settings)
    world.run()
    assert len(world.model.images) == calls
    world.sound()


def test_a_server_that_redirects_inside_is_not_followed(world: World, simulator: Running) -> None:
    simulator.set_faults(MUSEUM, redirected_images=1.0)
    url = world.artworks()[0]["thumbnail_url"]
    assert httpx.get(url, follow_redirects=False).headers["Location"].startswith("http://169.254.169.254/")
    world.run("stored_thumbnails", limit=1)
    with world.database.connect() as conn:
        assert "169.254.169.254" in scalar(conn, "SELECT message FROM ops.ledger WHERE stage = 'stored_thumbnails'")
