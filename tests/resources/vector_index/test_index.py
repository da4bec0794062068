"""Every vector index keeps one contract: the embedded engine, the client's in memory, and a server if given."""

from __future__ import annotations

import re

import numpy as np
import pytest

from museum_assets.core.failures import MuseumError
from resources.vector_index.index import Search, SearchFilter, point_id
from tests.support.index_payload import payload
from tests.support.vector_indexes import MODEL, OTHER_MODEL, VECTORS, unit

# The client in memory keeps no payload indexes, and warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Payload indexes have no effect")]


def test_a_point_id_is_stable_and_its_own():
    assert point_id("smk", "KMS1") == "9087c951-994e-501f-a74b-cc1a9984e1a2"
    assert len({point_id("smk", "KMS1"), point_id("met", "KMS1"), point_id("smk", "kms1")}) == 3


def test_ensuring_the_collection_twice_keeps_its_points(session, three):
    session.ensure_collection(VECTORS)
    assert session.count() == 3


def test_replacing_a_payload_keeps_the_vectors_and_leaves_nothing_stale(session, three):
    changed = payload("smk", "KMS1", title=None, start=1881, end=1881)
    session.upsert_points([(three[0], changed), (point_id("smk", "NEW"), payload("smk", "NEW"))])
    (record,) = session.retrieve([three[0]], with_vectors=True)
    # Both engines drop a key whose value is None.
    assert {key: record.payload.get(key) for key in changed} == changed
    np.testing.assert_allclose(record.vectors["image_clip"], unit(0), atol=1e-6)
    assert session.count(SearchFilter(vector_present="image_clip", contract=MODEL)) == 3
    assert session.count() == 4


def test_a_point_has_only_the_vectors_it_was_given_and_gains_others_later(session, three):
    assert set(session.retrieve([three[0]], with_vectors=True)[0].vectors) == {"image_clip"}
    session.update_vectors("text_jina", [three[0]], unit(5, size=1024)[None], "jina")
    assert set(session.retrieve([three[0]], with_vectors=True)[0].vectors) == {"image_clip", "text_jina"}
    assert session.count(SearchFilter(vector_present="text_jina")) == 1
    session.delete_vectors("image_clip", [three[0], point_id("no", "such")])
    assert set(session.retrieve([three[0]], with_vectors=True)[0].vectors) == {"text_jina"}
    assert session.count(SearchFilter(vector_present="image_clip")) == 2
    assert session.count(SearchFilter(vector_present="image_clip", contract=MODEL)) == 2


def test_vectors_for_missing_points_are_refused_by_name_and_nothing_is_written(session, three):
    missing = point_id("smk", "MISSING")
    with pytest.raises(MuseumError, match=f"1 of 2 points.*text_clip.*{missing}.*upsert_points"):
        session.update_vectors("text_clip", [three[0], missing], np.stack([unit(0), unit(1)]), MODEL)
    assert session.count(SearchFilter(vector_present="text_clip")) == 0


@pytest.mark.parametrize("name, shape", [("image_clip", (1, 1024)), ("image_clip", (2, 768)), ("text_jina", (1, 768))])
def test_vectors_of_a_wrong_shape_are_refused(session, three, name, shape):
    with pytest.raises(MuseumError, match=rf"{name}.*{re.escape(str(shape))}"):
        session.update_vectors(name, [three[0]], np.zeros(shape, np.float32), MODEL)


def test_of_an_id_that_is_given_twice_the_last_row_counts(session, three):
    rows = np.zeros((1100, 768), np.float32)
    rows[0, 5], rows[1099, 6] = 1, 1
    rows[1:1099, 7] = 1
    ids = [three[0], *[three[1]] * 1098, three[0]]
    session.update_vectors("image_clip", ids, rows, MODEL)
    (record,) = session.retrieve([three[0]], with_vectors=True)
    np.testing.assert_allclose(record.vectors["image_clip"], unit(6), atol=1e-6)


def test_an_unknown_vector_is_refused_with_the_known_ones(session, three):
    with pytest.raises(MuseumError, match=rf"image_other.*{', '.join(sorted(VECTORS))}"):
        session.delete_vectors("image_other", three)


def test_a_search_ranks_by_cosine(session, three):
    hits = session.search("image_clip", unit(0), 10)
    assert [hit.id for hit in hits] == three
    assert [hit.score for hit in hits] == pytest.approx([1, 0.5**0.5, 0], abs=1e-5)
    assert hits[0].payload["title"] == "Winter"
    assert [hit.id for hit in session.search("image_clip", unit(0), 1, exclude=[three[0]])] == [three[1]]


def test_several_searches_are_answered_in_their_order_with_the_fields_that_they_ask_for(session, three):
    all_fields = Search("image_clip", unit(0), 2)
    one_field = Search("image_clip", unit(0), 3, SearchFilter(museum="met"), fields=("museum", "object_number"))
    first, second = session.search_all([all_fields, one_field])
    assert [hit.id for hit in first] == three[:2]
    assert first[0].payload["title"] == "Winter" and first[0].payload["image_clip_contract"] == MODEL
    assert [hit.payload for hit in second] == [{"museum": "met", "object_number": second[0].payload["object_number"]}]
    assert session.search_all([]) == []


@pytest.mark.parametrize(
    "where, expected",
    [
        (SearchFilter(museum="met"), [2]),
        (SearchFilter(work_type="bust"), [1]),
        (SearchFilter(museum="smk", work_type="painting"), [0]),
        (SearchFilter(year_from=1882), [0, 1]),
        (SearchFilter(year_from=1883), [1]),
        (SearchFilter(year_to=1880), [0, 2]),
        (SearchFilter(year_from=1660, year_to=1670), [2]),
        (SearchFilter(contract=MODEL), [0, 1, 2]),
        (SearchFilter(contract=OTHER_MODEL), []),
    ],
)
def test_a_search_obeys_its_filter(session, three, where, expected):
    assert {hit.id for hit in session.search("image_clip", unit(0), 10, where)} == {three[i] for i in expected}


def test_vectors_of_another_model_are_not_found_until_they_are_replaced(session, three):
    session.update_vectors("image_clip", [three[2]], unit(0)[None], OTHER_MODEL)
    assert [h.id for h in session.search("image_clip", unit(0), 9, SearchFilter(contract=OTHER_MODEL))] == [three[2]]
    assert {h.id for h in session.search("image_clip", unit(0), 9, SearchFilter(contract=MODEL))} == set(three[:2])


def test_ids_walks_over_more_than_one_page(session, three):
    many = [(point_id("aic", str(n)), payload("aic", str(n))) for n in range(2345)]
    session.upsert_points(many)
    walked = list(session.ids("aic"))
    assert len(walked) == 2345
    assert set(walked) == {id_ for id_, _ in many}
    assert len(list(session.ids())) == 2348


def test_deleted_points_are_gone_and_deleting_again_is_no_error(session, three):
    session.delete_points(three[:2])
    session.delete_points(three[:2])
    session.delete_points([])
    assert list(session.ids()) == [three[2]]


def test_nothing_to_write_is_no_error(session):
    session.upsert_points([])
    session.update_vectors("image_clip", [], np.zeros((0, 768), np.float32), MODEL)
    assert session.retrieve([]) == []


def test_optimising_keeps_every_point_and_its_rank(session, three):
    session.optimise()
    assert [hit.id for hit in session.search("image_clip", unit(0), 10)] == three


def test_every_declared_vector_takes_its_dimension(session, three):
    for name, size in VECTORS.items():
        session.update_vectors(name, [three[0]], unit(3, size=size)[None], MODEL)
        assert session.search(name, unit(3, size=size), 1)[0].score == pytest.approx(1, abs=1e-5)


def test_a_collection_has_the_vectors_it_was_given_and_no_others(index):
    with index.open() as session:
        assert session.vectors == {}
        session.ensure_collection({})
        assert session.vectors == {}
        session.ensure_collection({"image_clip": 768})
        assert session.vectors == {"image_clip": 768}
    with index.open() as session:
        assert session.vectors == {"image_clip": 768}
        with pytest.raises(MuseumError, match=r"text_clip.*which has image_clip"):
            session.search("text_clip", unit(0), 1)


def test_a_vector_that_is_new_is_added_to_the_points_that_are_there(session, three):
    session.ensure_collection({"image_other": 3})
    assert session.vectors == VECTORS | {"image_other": 3}
    session.update_vectors("image_other", three[:1], unit(1, size=3)[None], MODEL)
    (hit,) = session.search("image_other", unit(1, size=3), 5, SearchFilter(contract=MODEL))
    assert hit.id == three[0]
    (record,) = session.retrieve([three[0]], with_vectors=True)
    assert set(record.vectors) == {"image_clip", "image_other"}
    np.testing.assert_allclose(record.vectors["image_clip"], unit(0), atol=1e-6)


def test_a_vector_that_is_there_with_another_dimension_is_refused(session, three):
    with pytest.raises(MuseumError, match=r"image_clip in the index has 768 dimensions, its model makes 512"):
        session.ensure_collection({"image_other": 3, "image_clip": 512})
    assert session.vectors == VECTORS
    assert session.count(SearchFilter(vector_present="image_clip")) == 3
