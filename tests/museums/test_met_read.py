"""The Met: its records read into artworks."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.met import MUSEUM
from tests.support.museum_records import RECORDS, WILD, artwork_or_rejected

RECORDED = RECORDS / "met"

CYPRESSES: dict[str, Any] = {
    "objectID": 437980,
    "accessionNumber": "49.30",
    "isPublicDomain": True,
    "primaryImage": "https://images.metmuseum.org/CRDImages/ep/original/DP130999.jpg",
    "primaryImageSmall": "https://images.metmuseum.org/CRDImages/ep/web-large/DP130999.jpg",
    "constituents": [{"constituentID": 161947, "role": "Artist", "name": "Vincent van Gogh"}],
    "objectName": "Painting",
    "title": "Cypresses",
    "period": "",
    "artistDisplayName": "Vincent van Gogh",
    "objectDate": "1889",
    "objectBeginDate": 1889,
    "objectEndDate": 1889,
    "classification": "Paintings",
    "metadataDate": "2026-07-29T04:54:31.183Z",
    "objectURL": "https://www.metmuseum.org/art/collection/search/437980",
    "tags": None,
}


def but(**changes: Any) -> dict[str, Any]:
    return {**CYPRESSES, **changes}


def test_read_maps_every_field():
    assert MUSEUM.read(CYPRESSES).model_copy(update={"makers": ()}) == Artwork(
        museum="met",
        object_number="49.30",
        museum_db_id="437980",
        title="Cypresses",
        artists=("Vincent van Gogh",),
        production_date_start=1889,
        production_date_end=1889,
        period="1889",
        work_types=("Paintings", "Painting"),
        searchable_work_types=("painting",),
        thumbnail_url="https://images.metmuseum.org/CRDImages/ep/web-large/DP130999.jpg",
        image_url="https://images.metmuseum.org/CRDImages/ep/original/DP130999.jpg",
        rights="CC0",
        source_url="https://www.metmuseum.org/art/collection/search/437980",
    )


@pytest.mark.parametrize(
    "changes, field, value",
    [
        ({"objectName": "Print, Drawing,  Album"}, "work_types", ("Paintings", "Print", "Drawing", "Album")),
        ({"objectName": "Print,, "}, "searchable_work_types", ("painting", "print")),
        ({"classification": "", "objectName": "Miniature"}, "work_types", ("Miniature",)),
        ({"classification": None, "objectName": "Drawing"}, "searchable_work_types", ("drawing",)),
        ({"constituents": None}, "artists", ("Vincent van Gogh",)),
        ({"constituents": [], "artistDisplayName": ""}, "artists", ()),
        ({"constituents": [{"role": "Maker", "name": "A"}, {"name": "B"}, {"name": "A"}]}, "artists", ("A", "B")),
        ({"constituents": [{"role": "Maker"}]}, "artists", ("Vincent van Gogh",)),
        ({"period": "Edo period (1615-1868)"}, "period", "Edo period (1615-1868)"),
        ({"objectDate": ""}, "period", None),
        ({"title": ""}, "title", None),
        ({"objectBeginDate": -595, "objectEndDate": -526}, "production_date_start", -595),
        ({"objectBeginDate": 0, "objectEndDate": 0}, "production_date_start", None),
        ({"objectBeginDate": 0, "objectEndDate": 0}, "production_date_end", None),
        ({"objectBeginDate": 0, "objectEndDate": 99}, "production_date_start", 0),
        # metmuseum/openaccess#16: 153505 is a slip for 1535 or 1505
        ({"objectBeginDate": 1495, "objectEndDate": 153505}, "production_date_end", None),
        ({"primaryImageSmall": ""}, "thumbnail_url", CYPRESSES["primaryImage"]),
        ({"primaryImage": ""}, "image_url", None),
        (
            {"primaryImageSmall": "https://images.metmuseum.org/es/ESDA Kalimian é.jpg"},
            "thumbnail_url",
            "https://images.metmuseum.org/es/ESDA%20Kalimian%20%C3%A9.jpg",
        ),
        (
            {"primaryImageSmall": "https://images.metmuseum.org/es/ESDA%20Kalimian%20%C3%A9.jpg"},
            "thumbnail_url",
            "https://images.metmuseum.org/es/ESDA%20Kalimian%20%C3%A9.jpg",
        ),
        ({"accessionNumber": "2019.66.1a–o–.95"}, "object_number", "2019.66.1a–o–.95"),
        ({"objectURL": ""}, "source_url", None),
    ],
)
def test_read_field(changes, field, value):
    assert getattr(MUSEUM.read(but(**changes)), field) == value


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"isPublicDomain": False}, "not_public_domain"),
        ({"isPublicDomain": None}, "not_public_domain"),
        ({"isPublicDomain": "true"}, "not_public_domain"),
        ({"isPublicDomain": 1}, "not_public_domain"),
        ({"objectID": None}, "no_id"),
        ({"accessionNumber": " "}, "no_object_number"),
        ({"primaryImage": "", "primaryImageSmall": ""}, "no_image"),
        ({"classification": "Ceramics", "objectName": "Cover"}, "work_type_out_of_scope"),
        ({"classification": "", "objectName": ""}, "work_type_out_of_scope"),
        ({"primaryImageSmall": "javascript:alert(1)"}, "malformed_record"),
        ({"primaryImageSmall": ["x"]}, "malformed_record"),
        ({"constituents": "van Gogh"}, "malformed_record"),
        ({"constituents": [{"name": {"en": "van Gogh"}}]}, "malformed_record"),
        ({"title": 1.5}, "malformed_record"),
    ],
)
def test_read_rejects(changes, code):
    with pytest.raises(Rejected) as rejected:
        MUSEUM.read(but(**changes))
    assert rejected.value.code == code


def test_a_malformed_record_names_the_field():
    with pytest.raises(Rejected, match="constituents"):
        MUSEUM.read(but(constituents=3))


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(changes=st.dictionaries(st.sampled_from(sorted(CYPRESSES)), WILD, max_size=3), missing=st.sets(
    st.sampled_from(sorted(CYPRESSES)), max_size=2))  # fmt: skip
def test_wild_records_are_artworks_or_rejected(changes, missing):
    payload = {key: value for key, value in but(**changes).items() if key not in missing}
    if artwork := artwork_or_rejected(MUSEUM, payload):
        assert payload["isPublicDomain"] is True
        assert artwork.thumbnail_url.isascii()


REAL = {
    "281412.2025.json": "not_public_domain",
    "41209.2025.json": "work_type_out_of_scope",
    "437980.2026.json": ("49.30", ("painting",)),
    "47533.2020.json": "work_type_out_of_scope",
    "53426.2026.json": ("2015.300.97", ("painting",)),
    "650907.2025.json": ("47.100.1117", ("print",)),
    "786829.2019.json": "work_type_out_of_scope",
    "915129-in-copyright.2026.json": "not_public_domain",
}


@pytest.mark.shared
def test_every_recorded_record_has_a_stated_outcome():
    assert {path.name for path in (RECORDED / "records").iterdir()} == set(REAL)


@pytest.mark.shared
@pytest.mark.parametrize("name, outcome", REAL.items())
def test_recorded_records(name, outcome):
    payload = json.loads((RECORDED / "records" / name).read_text())
    if isinstance(outcome, str):
        with pytest.raises(Rejected) as rejected:
            MUSEUM.read(payload)
        assert rejected.value.code == outcome
    else:
        artwork = MUSEUM.read(payload)
        assert (artwork.object_number, artwork.searchable_work_types) == outcome
