"""Thumbnails, points and vectors follow a work that changes, moves or leaves."""

from __future__ import annotations

import numpy as np
import pytest

from museum_assets.core.failures import MuseumError
from museum_assets.simulator.server import Running
from resources.vector_index.index import SearchFilter, point_id
from resources.vector_index.search import search_text, similar
from tests.support import whole_pipeline
from tests.support.collection_world import CLIP, MUSEUM, Counting, World


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
    hits = search_text(world.index, new, CLIP, "ships")
    assert {hit.payload["image_clip_contract"] for hit in hits} == {"another model"}
    world.run("image_clip", "text_clip")
    with pytest.raises(MuseumError, match="Nothing in the vector index was embedded by"):
        search_text(world.index, old, CLIP, "ships")
    # Back to the old model: from the cache.
    calls, world.model = len(old.images), old
    world.run("image_clip", "text_clip")
    assert len(old.images) == calls
    world.sound()


def test_a_withdrawn_artwork_leaves_bucket_and_index_and_may_come_back(world: World, simulator: Running) -> None:
    world.run()
    # A painting: the scope of a rarer work type would be empty without its only work, and its records be withheld.
    work = next(a for a in world.artworks() if "maleri" in a["work_types"])
    number, key = work["object_number"], {row["record_id"]: row["s3_key"] for row in world.rows(
        "SELECT record_id, s3_key FROM staging.thumbnail")}[work["record_id"]]  # fmt: skip
    points, keys = set(world.points()), world.thumbnails()
    simulator.set_faults(MUSEUM, vanished=[work["record_id"]])
    assert whole_pipeline.gather(world.platform, MUSEUM).withdrawn == 1
    assert [counts.removed for counts in world.run()][:3] == [1, 1, 1]
    assert world.thumbnails() == keys - {key}
    assert set(world.points()) == points - {point_id(MUSEUM, number)}
    assert world.rows("SELECT 1 FROM ops.ledger WHERE record_id = %s", work["record_id"]) == []
    world.sound()
    calls = len(world.model.images)
    simulator.clear_faults()
    whole_pipeline.gather(world.platform, MUSEUM)
    world.run()
    assert world.thumbnails() == keys
    assert len(world.model.images) == calls, "the cache still knows the image"
    assert similar(world.index, MUSEUM, number, CLIP)
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
