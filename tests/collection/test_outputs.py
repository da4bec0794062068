"""Thumbnails, points and vectors over the simulator, the real S3 and the real embedded index."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import numpy as np
import pytest

from museum_assets.collection.thumbnails.thumbnails import recent_thumbnails
from museum_assets.simulator.server import Running
from resources.postgres import scalar
from tests.support.collection_world import MUSEUM, World


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
    first, second = (world.point(work["object_number"]).vectors["image_clip"] for work in (one, other))
    assert np.array_equal(first, second)


def test_a_point_made_anew_gets_its_vectors_again(world: World) -> None:
    """Two index runs without an embedding run in between: the point is removed and made again, without vectors."""
    world.run()
    work = world.artworks()[0]
    world.rows("UPDATE raw.record SET withdrawn_at = now() - interval '99 days' WHERE record_id = %s RETURNING 1",
               work["record_id"])  # fmt: skip
    world.run("transformed_artworks", "indexed_artworks")
    world.rows("UPDATE raw.record SET withdrawn_at = NULL WHERE record_id = %s RETURNING 1", work["record_id"])
    world.run()
    assert "image_clip" in world.point(work["object_number"]).vectors
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
    world.platform = world.platform.with_settings(qdrant_collection="artworks_etl_v2")
    world.index = world.platform.vector_index()
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


def test_a_thumbnail_that_was_exchanged_in_the_bucket_is_not_shown(world: World) -> None:
    world.run("stored_thumbnails")
    with world.database.connect() as conn:
        shown = recent_thumbnails(conn, world.store, MUSEUM)
        world.store.put_jpeg(world.rows("SELECT s3_key FROM staging.thumbnail")[0]["s3_key"], b"other", {})
        assert len(recent_thumbnails(conn, world.store, MUSEUM)) == len(shown) - 1
