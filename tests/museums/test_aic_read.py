"""The Art Institute of Chicago: its records read into artworks."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from museum_assets.core.failures import Rejected
from museum_assets.museums.aic import MUSEUM
from museum_assets.museums.artwork import Artwork
from tests.support.museum_records import RECORDS, WILD, artwork_or_rejected

RECORDED = RECORDS / "aic"

IIIF = "https://images.example.org/iiif/2"
START = datetime(2026, 1, 1, tzinfo=UTC)

PIRANESI: dict[str, Any] = {
    "id": 19,
    "title": "View of Ponte Lugano on the Anio, from Views of Rome",
    "main_reference_number": "1887.252",
    "image_id": "7f5429b5-a966-ccbe-1ce3-7f131e96bf87",
    "is_public_domain": True,
    "artwork_type_title": "Print",
    "classification_title": "etching",
    "classification_titles": ["etching", "print", "prints and drawing"],
    "artist_title": "Giovanni Battista Piranesi",
    "artist_titles": ["Giovanni Battista Piranesi"],
    "artist_display": "Giovanni Battista Piranesi (Italian, 1720-1778)",
    "date_start": 1763,
    "date_end": 1763,
    "date_display": "1763, published 1800–07",
    "source_updated_at": "2022-09-21T19:18:44-05:00",
    "updated_at": "2024-12-15T23:28:14-06:00",
    "timestamp": "2025-02-16T00:22:00-06:00",
    "iiif_url": IIIF,
}


def but(**changes: Any) -> dict[str, Any]:
    return {**PIRANESI, **changes}


def test_read_maps_every_field():
    assert MUSEUM.read(PIRANESI).model_copy(update={"makers": ()}) == Artwork(
        museum="aic",
        object_number="1887.252",
        museum_db_id="19",
        title="View of Ponte Lugano on the Anio, from Views of Rome",
        artists=("Giovanni Battista Piranesi",),
        production_date_start=1763,
        production_date_end=1763,
        period="1763, published 1800–07",
        work_types=("Print", "etching"),
        searchable_work_types=("print",),
        thumbnail_url=f"{IIIF}/7f5429b5-a966-ccbe-1ce3-7f131e96bf87/full/843,/0/default.jpg",
        image_url=f"{IIIF}/7f5429b5-a966-ccbe-1ce3-7f131e96bf87/full/full/0/default.jpg",
        rights="CC0",
        source_url="https://www.artic.edu/artworks/19",
    )


@pytest.mark.parametrize(
    "artwork_type, classifications, searchable",
    [
        ("Painting", ["oil on canvas"], ("painting",)),
        ("Print", ["woodcut", "prints and drawing"], ("print",)),
        ("Print", ["aquatint"], ("print", "aquatint")),
        ("Design", [None], ("design",)),
        ("Miniature Painting", ["painting"], ("painting", "miniature")),
        ("Drawing and Watercolor", ["prints and drawing"], ("drawing",)),
        ("Drawing and Watercolor", [None], ("drawing",)),
        ("Drawing and Watercolor", ["watercolor"], ("watercolor",)),
        ("Drawing and Watercolor", ["pastel"], ("pastel",)),
        ("Drawing and Watercolor", ["gouache", "prints and drawing"], ("gouache",)),
        ("Drawing and Watercolor", ["drawings (visual works)", "watercolor"], ("watercolor",)),
    ],
)
def test_read_work_types(artwork_type, classifications, searchable):
    payload = but(
        artwork_type_title=artwork_type,
        classification_title=classifications[0],
        classification_titles=classifications,
    )
    assert MUSEUM.read(payload).searchable_work_types == searchable


@pytest.mark.parametrize(
    "changes, field, value",
    [
        ({"artist_title": None, "artist_titles": []}, "artists", ()),
        ({"artist_title": "B", "artist_titles": ["A", "B"]}, "artists", ("B", "A")),
        ({"artist_title": None, "artist_display": "Italian; Sicily", "artist_titles": None}, "artists", ()),
        ({"classification_title": None}, "work_types", ("Print",)),
        ({"date_start": -600, "date_end": -500}, "production_date_start", -600),
        ({"date_start": None, "date_end": None}, "production_date_end", None),
        ({"title": None}, "title", None),
        ({"iiif_url": None, "image_id": "a"}, "image_url", "https://www.artic.edu/iiif/2/a/full/full/0/default.jpg"),
        ({"iiif_url": f"{IIIF}/", "image_id": "a"}, "image_url", f"{IIIF}/a/full/full/0/default.jpg"),
        ({"image_id": "../é x"}, "image_url", f"{IIIF}/..%2F%C3%A9%20x/full/full/0/default.jpg"),
    ],
)
def test_read_field(changes, field, value):
    assert getattr(MUSEUM.read(but(**changes)), field) == value


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"is_public_domain": False}, "not_public_domain"),
        ({"is_public_domain": None}, "not_public_domain"),
        ({"is_public_domain": "true"}, "not_public_domain"),
        ({"is_public_domain": 1}, "not_public_domain"),
        ({"id": None}, "no_id"),
        ({"main_reference_number": ""}, "no_object_number"),
        ({"image_id": None}, "no_image"),
        ({"artwork_type_title": "Ceramics"}, "work_type_out_of_scope"),
        ({"artwork_type_title": "Miniature Room"}, "work_type_out_of_scope"),
        ({"artwork_type_title": None}, "work_type_out_of_scope"),
        ({"artwork_type_title": ["Print"]}, "malformed_record"),
        ({"iiif_url": "javascript:alert(1)"}, "malformed_record"),
        ({"classification_titles": [{}]}, "malformed_record"),
    ],
)
def test_read_rejects(changes, code):
    with pytest.raises(Rejected) as rejected:
        MUSEUM.read(but(**changes))
    assert rejected.value.code == code


def test_a_malformed_record_names_the_field():
    with pytest.raises(Rejected, match="artist_titles"):
        MUSEUM.read(but(artist_titles=[1.5]))


@example(changes={"id": "\ud800"}, missing=set())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    changes=st.dictionaries(st.sampled_from(sorted(PIRANESI)), WILD, max_size=3),
    missing=st.sets(st.sampled_from(sorted(PIRANESI)), max_size=2),
)
def test_wild_records_are_artworks_or_rejected(changes, missing):
    payload = {key: value for key, value in but(**changes).items() if key not in missing}
    if artwork := artwork_or_rejected(MUSEUM, payload):
        assert payload["is_public_domain"] is True
        assert artwork.thumbnail_url.endswith("/full/843,/0/default.jpg")


CERAMICS = (106131, 117512, 120876, 120882, 120888, 120891, 120895, 120899, 120903, 120905, 120940)
REAL: dict[int, Any] = {
    **dict.fromkeys(CERAMICS, "work_type_out_of_scope"),
    19: ("1887.252", ("Giovanni Battista Piranesi",), ("print",)),
    23: ("1887.256", ("Luigi Rossini",), ("print",)),
    25: ("1887.266", ("Lucas Emil Vorsterman",), ("print",)),
    70125: "not_public_domain",
    70374: "not_public_domain",
    77615: "not_public_domain",
    209980: "not_public_domain",
}


def real_records() -> dict[int, dict[str, Any]]:
    """Every whole record recorded: those in records/, and those in the envelopes of the detail endpoint."""
    found = [json.loads(path.read_text()) for path in (RECORDED / "records").iterdir()]
    for path in (RECORDED / "envelopes").glob("*detail*"):
        data = json.loads(path.read_text())["data"]
        found += data if isinstance(data, list) else [data]
    return {record["id"]: record for record in found}


@pytest.mark.shared
def test_every_recorded_record_has_a_stated_outcome():
    assert set(real_records()) == set(REAL)


@pytest.mark.shared
@pytest.mark.parametrize("record_id, outcome", REAL.items())
def test_recorded_records(record_id, outcome):
    payload = real_records()[record_id]
    if isinstance(outcome, str):
        with pytest.raises(Rejected) as rejected:
            MUSEUM.read(payload)
        assert rejected.value.code == outcome
    else:
        artwork = MUSEUM.read(payload)
        assert (artwork.object_number, artwork.artists, artwork.searchable_work_types) == outcome
        assert artwork.thumbnail_url.startswith("https://www.artic.edu/iiif/2/")


@pytest.mark.shared
@pytest.mark.parametrize(
    "name", ["artworks-page2-limit20-fields.2024.json", "artworks-search.2022.json", "artworks-limit5-fields.2021.json"]
)
def test_records_recorded_with_few_fields_are_not_public_domain(name):
    envelope = json.loads((RECORDED / "envelopes" / name).read_text())
    for payload in envelope["data"]:
        with pytest.raises(Rejected) as rejected:
            MUSEUM.read(payload)
        assert rejected.value.code == "not_public_domain"
