"""Points that are versions of artworks, each shown in some releases."""

from __future__ import annotations

import numpy as np
import pytest

from museum_assets.core.failures import MuseumError
from resources.vector_index.index import STILL, PointRecord, SearchFilter, point_id
from tests.support.index_payload import payload
from tests.support.vector_indexes import MODEL, VECTORS, unit

# The client in memory keeps no payload indexes, and warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:Payload indexes have no effect")]


@pytest.fixture
def versions(session):
    """KMS1 changed in release 2 and left in 4, KMS2 came in 2; the Met's release 1 is another than SMK's."""
    session.ensure_collection(VECTORS, released=True)
    shown = {
        "a": ("smk", "KMS1", 1, 2, unit(0)),
        "b": ("smk", "KMS1", 2, 4, unit(0, 1)),
        "c": ("smk", "KMS2", 2, STILL, unit(1)),
        "d": ("met", "KMS1", 1, STILL, unit(0)),
    }
    ids = {name: point_id("version", name) for name in shown}
    records = [
        PointRecord(
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
    session.put_records([PointRecord(versions["b"], {"museum": "smk"}, {"text_clip": unit(7)})])
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
        PointRecord(point_id("aic", str(n)), payload("aic", str(n)) | {"from_release": n % 2, "until_release": STILL})
        for n in range(4321)
    ]
    session.put_records(many)
    assert len({record.id for record in session.scroll(releases(aic=0), with_payload=False)}) == 2161
    assert len({record.id for record in session.scroll(releases(aic=1))}) == 4321
