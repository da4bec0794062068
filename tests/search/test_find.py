"""Search over a real index, with an embedder whose cosines are known."""

from __future__ import annotations

import numpy as np
import pytest

from museum_assets.collection.stages import vectors_of
from museum_assets.core.failures import Failure, MuseumError, RequestRefused
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import Hit, point_id
from resources.vector_index.search import fuse, search_text, similar

CLIP = vectors_of("clip")
WINTER, SUMMER, BUST = 0, 1, 2


def axis(*axes):
    vector = np.zeros(768, np.float32)
    vector[list(axes)] = 1
    return vector / np.linalg.norm(vector)


class Words:
    """An embedder that knows three words."""

    name, dimension = "clip", 768

    def __init__(self, contract="model a"):
        self.contract = contract

    def embed_images(self, images):
        raise NotImplementedError

    def embed_texts(self, texts):
        words = {"winter": WINTER, "summer": SUMMER, "bust": BUST}
        return [axis(words[text]) if text in words else RequestRefused(f"{text!r} is empty") for text in texts]


def payload(museum, number, kind):
    return {
        "museum": museum,
        "object_number": number,
        "museum_db_id": number,
        "title": number,
        "artists": [],
        "production_date": None,
        "production_date_start": None,
        "production_date_end": None,
        "work_types": [kind],
        "searchable_work_types": [kind],
    }


WORKS = {
    # number: (museum, type, image vector, text vector)
    "both": ("smk", "painting", axis(WINTER), axis(WINTER)),
    "looks": ("smk", "painting", axis(WINTER, SUMMER), axis(SUMMER)),
    "untitled": ("met", "painting", axis(WINTER, BUST), None),
    "only words": ("met", "sculpture", None, axis(BUST)),
    "bare": ("met", "sculpture", None, None),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    index = EdgeVectorIndex(tmp_path_factory.mktemp("index"))
    ids = {number: point_id(museum, number) for number, (museum, *_) in WORKS.items()}
    with index.open() as session:
        session.ensure_collection(dict.fromkeys(CLIP, 768))
        session.upsert_points([(ids[n], payload(museum, n, kind)) for n, (museum, kind, *_) in WORKS.items()])
        for number, (_, _, image, text) in WORKS.items():
            for name, vector in (("image_clip", image), ("text_clip", text)):
                if vector is not None:
                    session.update_vectors(name, [ids[number]], vector[None], "model a")
        stale = point_id("smk", "stale")
        session.upsert_points([(stale, payload("smk", "stale", "painting"))])
        session.update_vectors("image_clip", [stale], axis(WINTER)[None], "model b")
    return index


def numbers(hits):
    return [hit.payload["object_number"] for hit in hits]


def test_words_find_by_looks_and_by_description_together(index):
    assert numbers(search_text(index, Words(), CLIP, "winter"))[0] == "both"
    assert numbers(search_text(index, Words(), CLIP, "summer"))[0] == "looks"
    assert set(numbers(search_text(index, Words(), CLIP, "bust"))) == {"untitled", "only words", "both", "looks"}
    assert numbers(search_text(index, Words(), CLIP, "winter", limit=1)) == ["both"]


@pytest.mark.parametrize(
    "narrow, expected",
    [
        ({"museum": "met"}, {"untitled", "only words"}),
        ({"work_type": "sculpture"}, {"only words"}),
        ({"museum": "smk", "work_type": "painting"}, {"both", "looks"}),
        ({"museum": "smk", "work_type": "sculpture"}, set()),
    ],
)
def test_a_search_is_narrowed(index, narrow, expected):
    assert set(numbers(search_text(index, Words(), CLIP, "winter", **narrow))) == expected


def test_vectors_of_another_model_are_never_searched(index):
    assert numbers(search_text(index, Words("model b"), CLIP, "winter")) == ["stale"]
    assert "stale" not in numbers(search_text(index, Words("model a"), CLIP, "winter"))
    assert "stale" not in numbers(similar(index, "smk", "looks", CLIP))


def test_a_model_that_embedded_nothing_is_an_error_and_not_an_empty_answer(index):
    with pytest.raises(MuseumError, match=r"embedded by model c.*CLIP_WEIGHTS"):
        search_text(index, Words("model c"), CLIP, "winter")


def test_a_query_that_cannot_be_embedded_is_an_error(index):
    with pytest.raises(Failure, match="empty"):
        search_text(index, Words(), CLIP, "")


def test_similar_goes_by_looks_and_leaves_the_artwork_itself_out(index):
    hits = similar(index, "smk", "looks", CLIP)
    assert numbers(hits) == ["both", "untitled"]
    assert [hit.score for hit in hits] == pytest.approx([0.5**0.5, 0.5], abs=1e-5)
    assert numbers(similar(index, "smk", "looks", CLIP, limit=1)) == ["both"]


def test_similar_goes_by_description_when_there_is_no_image(index):
    assert set(numbers(similar(index, "met", "only words", CLIP))) == {"both", "looks"}


@pytest.mark.parametrize(
    "museum, number, says",
    [
        ("smk", "KMS0", "smk:KMS0 is not in the vector index.*museum where"),
        (
            "met",
            "bare",
            r"none of the vectors image_clip, text_clip yet: run `museum run image_clip text_clip --museum met`",
        ),
    ],
)
def test_an_artwork_without_a_place_in_the_index_says_what_to_do(index, museum, number, says):
    with pytest.raises(MuseumError, match=says):
        similar(index, museum, number, CLIP)


def test_fusion_rewards_agreement_and_breaks_ties_the_same_way_every_time():
    def ranking(*ids):
        return [Hit(id_, 0.9, {}) for id_ in ids]

    assert [hit.id for hit in fuse([ranking("a", "b", "c"), ranking("c", "b", "d")], 10)] == ["c", "b", "a", "d"]
    assert [hit.id for hit in fuse([ranking("b", "a"), ranking("a", "b")], 10)] == ["a", "b"]
    assert [hit.score for hit in fuse([ranking("a"), ranking("a")], 1)] == pytest.approx([2 / 61])
    assert fuse([[], []], 5) == []
