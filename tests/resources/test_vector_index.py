"""Every vector index keeps one contract: the embedded engine, the client's in memory, and a server if given."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
from index_payload import payload

from museum_assets.failures import MuseumError
from resources.vector_index.edge import EdgeVectorIndex
from resources.vector_index.index import STILL, VECTORS, Record, SearchFilter, point_id
from resources.vector_index.remote import RemoteVectorIndex

# The client in memory keeps no payload indexes, and warns.
pytestmark = pytest.mark.filterwarnings("ignore:Payload indexes have no effect")

MODEL, OTHER_MODEL = "ViT-L-14:aaaa:v1", "ViT-L-14:bbbb:v1"


def unit(*axes, size=768):
    """A unit vector with equal parts along these axes: its cosines are known without computing."""
    vector = np.zeros(size, np.float32)
    vector[list(axes)] = 1
    return vector / np.linalg.norm(vector)


@pytest.fixture(params=["edge", "client in memory", "server"])
def index(request, tmp_path):
    if request.param == "edge":
        return EdgeVectorIndex(tmp_path / "index")
    from qdrant_client import QdrantClient

    if request.param == "server":
        url = os.environ.get("QDRANT_TEST_URL")
        if not url:
            pytest.skip("QDRANT_TEST_URL names no Qdrant server")
        QdrantClient(url=url).delete_collection("test_vector_index")
        return RemoteVectorIndex(url, collection="test_vector_index")
    return RemoteVectorIndex("http://memory", client=QdrantClient(":memory:"))


@pytest.fixture
def session(index):
    with index.open() as session:
        session.ensure_collection()
        yield session


@pytest.fixture
def three(session):
    """Three works of two museums with an image vector each, along axes 0, 0+1 and 1."""
    works = [
        payload("smk", "KMS1", "Winter", 1880, 1882),
        payload("smk", "KMS2", "Summer", 1900, 1900, ("sculpture", "bust")),
        payload("met", "KMS1", "Winter", 1650, 1700),
    ]
    ids = [point_id(work["museum"], work["object_number"]) for work in works]
    session.upsert_points(list(zip(ids, works, strict=True)))
    session.update_vectors("image_clip", ids, np.stack([unit(0), unit(0, 1), unit(1)]), MODEL)
    return ids


def test_a_point_id_is_stable_and_its_own():
    assert point_id("smk", "KMS1") == "9087c951-994e-501f-a74b-cc1a9984e1a2"
    assert len({point_id("smk", "KMS1"), point_id("met", "KMS1"), point_id("smk", "kms1")}) == 3


def test_ensuring_the_collection_twice_keeps_its_points(session, three):
    session.ensure_collection()
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


def test_an_unknown_vector_is_refused_with_the_known_ones(session, three):
    with pytest.raises(MuseumError, match=r"image_siglip.*image_clip, text_clip"):
        session.delete_vectors("image_siglip", three)


def test_a_search_ranks_by_cosine(session, three):
    hits = session.search("image_clip", unit(0), 10)
    assert [hit.id for hit in hits] == three
    assert [hit.score for hit in hits] == pytest.approx([1, 0.5**0.5, 0], abs=1e-5)
    assert hits[0].payload["title"] == "Winter"
    assert [hit.id for hit in session.search("image_clip", unit(0), 1, exclude=[three[0]])] == [three[1]]


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


# Points that are versions of artworks, each shown in some releases.


@pytest.fixture
def versions(session):
    """KMS1 changed in release 2 and left in 4, KMS2 came in 2; the Met's release 1 is another than SMK's."""
    session.ensure_collection(released=True)
    shown = {
        "a": ("smk", "KMS1", 1, 2, unit(0)),
        "b": ("smk", "KMS1", 2, 4, unit(0, 1)),
        "c": ("smk", "KMS2", 2, STILL, unit(1)),
        "d": ("met", "KMS1", 1, STILL, unit(0)),
    }
    ids = {name: point_id("version", name) for name in shown}
    records = [
        Record(
            ids[name],
            payload(museum, number)
            | {"image_clip_contract": MODEL, "digest": name, "from_release": start, "until_release": end},
            {"image_clip": vector, "text_jina": unit(3, size=1024)},
        )
        for name, (museum, number, start, end, vector) in shown.items()
    ]
    session.put_records(records)
    session.put_records(records)
    return ids


def releases(**of):
    return SearchFilter(releases=tuple(of.items()))


def digests(found):
    return "".join(sorted(record.payload["digest"] for record in found))


def test_a_record_is_put_whole_and_putting_it_again_changes_nothing(session, versions):
    (record,) = session.retrieve([versions["b"]], with_vectors=True)
    assert record.payload["until_release"] == 4
    np.testing.assert_allclose(record.vectors["image_clip"], unit(0, 1), atol=1e-6)
    np.testing.assert_allclose(record.vectors["text_jina"], unit(3, size=1024), atol=1e-6)
    assert session.count() == 4
    session.put_records([Record(versions["b"], {"museum": "smk"}, {"text_clip": unit(7)})])
    (record,) = session.retrieve([versions["b"]], with_vectors=True)
    assert (record.payload, set(record.vectors)) == ({"museum": "smk"}, {"text_clip"})


@pytest.mark.parametrize(
    "where, shown",
    [
        (releases(smk=1), "a"),
        (releases(smk=2), "bc"),
        (releases(smk=3), "bc"),
        (releases(smk=4), "c"),
        (releases(smk=99), "c"),
        (releases(smk=0), ""),
        (releases(met=1), "d"),
        (releases(smk=1, met=1), "ad"),
        (releases(smk=4, met=7), "cd"),
        (releases(aic=1), ""),
        (releases(), ""),
        (SearchFilter(museum="met", releases=(("smk", 2), ("met", 1))), "d"),
        (SearchFilter(object_numbers=("KMS1",), releases=(("smk", 2), ("met", 1))), "bd"),
        (SearchFilter(museum="smk", object_numbers=("KMS1", "KMS2")), "abc"),
        (SearchFilter(museum="smk", object_numbers=()), ""),
        (SearchFilter(museum="smk", from_release=(2, 2)), "bc"),
        (SearchFilter(museum="smk", until_release=(2, 2)), "a"),
        (SearchFilter(museum="smk", until_release=(STILL, STILL)), "c"),
        (SearchFilter(museum="smk", from_release=(1, None), until_release=(None, 3)), "a"),
    ],
)
def test_a_release_shows_its_own_versions(session, versions, where, shown):
    assert digests(session.search("image_clip", unit(0), 10, where)) == shown
    assert digests(session.scroll(where)) == shown
    assert session.count(where) == len(shown)


def test_setting_and_deleting_go_by_filter(session, versions):
    session.set_where(
        SearchFilter(museum="smk", object_numbers=("KMS2", "KMS9"), until_release=(STILL, STILL)), "until_release", 5
    )
    assert digests(session.scroll(releases(smk=4))) == "c"
    assert digests(session.scroll(releases(smk=5))) == ""
    session.delete_where(SearchFilter(museum="smk", from_release=(2, 2)))
    assert digests(session.scroll(SearchFilter())) == "ad"
    session.delete_where(SearchFilter(museum="smk", from_release=(2, 2)))
    assert session.count() == 2
    with pytest.raises(MuseumError, match="names none"):
        session.delete_where(SearchFilter(from_release=(1, None)))
    assert session.count() == 2


def test_a_scroll_walks_over_more_than_one_page(session, versions):
    many = [
        Record(point_id("aic", str(n)), payload("aic", str(n)) | {"from_release": n % 2, "until_release": STILL})
        for n in range(4321)
    ]
    session.put_records(many)
    assert len({record.id for record in session.scroll(releases(aic=0), with_payload=False)}) == 2161
    assert len({record.id for record in session.scroll(releases(aic=1))}) == 4321
