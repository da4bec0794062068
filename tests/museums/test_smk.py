import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import Malformed, Rejected
from museum_assets.museums import museum
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.smk import MUSEUM, OBJECT_NAMES
from tests.support.museum_apis import MuseumApi, OneAnswer
from tests.support.museum_records import RECORDS, WILD, artwork_or_rejected, recorded

RECORDED = RECORDS / "smk"
RECORDED_ITEMS = [
    case
    for folder in ("smk/records", "smk/envelopes")
    for case in recorded(
        folder, lambda body: body.get("items", []) if "items" in body or "found" in body else [body], "object_number"
    )
]

ITEM: dict[str, Any] = {
    "id": "1180000026_object",
    "created": "2019-08-07T03:19:24Z",
    "modified": "2019-08-12T09:21:24Z",
    "object_number": "KKSgb6775/3 Ø",
    "object_names": [{"name": "tegning"}],
    "production": [{"creator": "Velde, Willem I van de", "creator_lref": "29314_person"}],
    "production_date": [{"start": "1658-01-01T00:00:00.000Z", "end": "1659-12-31T00:00:00.000Z", "period": "(1658)"}],
    "titles": [
        {"language": "en-US", "translation": "The Dutch Fleet"},
        {"title": "Den hollandske flåde", "language": "da-DK"},
    ],
    "public_domain": True,
    "has_image": True,
    "rights": "https://creativecommons.org/publicdomain/mark/1.0/",
    "image_iiif_id": "https://iip.smk.dk/iiif/jp2/18.tif.jp2",
    "image_thumbnail": "https://iip-thumb.smk.dk/iiif/jp2/18.tif.jp2/full/!1024,/0/default.jpg",
}


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in ITEM.items() if key not in keys}


def test_a_full_item() -> None:
    assert MUSEUM.read(ITEM).model_copy(update={"makers": ()}) == Artwork(
        museum="smk",
        object_number="KKSgb6775/3 Ø",
        museum_db_id="1180000026_object",
        title="Den hollandske flåde",
        artists=("Willem I van de Velde",),
        production_date_start=1658,
        production_date_end=1659,
        period="(1658)",
        work_types=("tegning",),
        searchable_work_types=("drawing",),
        thumbnail_url="https://iip-thumb.smk.dk/iiif/jp2/18.tif.jp2/full/!1024,/0/default.jpg",
        image_url="https://iip.smk.dk/iiif/jp2/18.tif.jp2",
        rights="https://creativecommons.org/publicdomain/mark/1.0/",
        source_url="https://open.smk.dk/artwork/image/KKSgb6775%2F3%20%C3%98",
    )


@pytest.mark.parametrize(
    ("change", "artists"),
    [
        ({"artist": ["Vilhelm Hammershøi"]}, ("Vilhelm Hammershøi",)),
        ({"artist": ["Ubekendt"]}, ()),
        ({"artist": ["Unknown", "Jens Juel"]}, ("Jens Juel",)),
        ({"production": [{"creator": "Juel, Jens"}]}, ("Jens Juel",)),
        ({"production": [{"creator": "Dahl, Balzer "}, {"creator": "Bredal, Niels"}]}, ("Balzer Dahl", "Niels Bredal")),
        ({"production": [{"creator": "Mander, Karel van III"}]}, ("Karel van Mander III",)),
        (
            {"production": [{"creator": "x", "creator_forename": "Albrecht", "creator_surname": "Altdorfer"}]},
            ("Albrecht Altdorfer",),
        ),
        ({"production": [{"creator": "Rembrandt"}]}, ("Rembrandt",)),
        ({"production": [{"creator": "Ubekendt"}]}, ()),
        ({"production": None}, ()),
    ],
)
def test_artists(change: dict[str, Any], artists: tuple[str, ...]) -> None:
    assert MUSEUM.read({**ITEM, **change}).artists == artists


def test_a_legacy_image_without_iiif() -> None:
    url = "https://api.smk.dk/api/v1/thumbnail/52f00edc-936e-42a7-950b-d0cd0df3864b.jpg"
    artwork = MUSEUM.read({**ITEM, "image_iiif_id": None, "image_thumbnail": url, "image_native": url})
    assert (artwork.thumbnail_url, artwork.image_url) == (url, url)


def test_a_missing_thumbnail_is_made_from_the_iiif_id() -> None:
    thumbnail = MUSEUM.read(without("image_thumbnail")).thumbnail_url
    assert thumbnail == "https://iip.smk.dk/iiif/jp2/18.tif.jp2/full/!1024,/0/default.jpg"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (without("id"), "no_id"),
        (without("object_number"), "no_object_number"),
        (without("public_domain"), "not_public_domain"),
        ({**ITEM, "public_domain": False}, "not_public_domain"),
        ({**ITEM, "public_domain": "true"}, "not_public_domain"),
        ({**ITEM, "public_domain": 1}, "not_public_domain"),
        (without("image_thumbnail", "image_iiif_id"), "no_image"),
        (without("object_names"), "work_type_out_of_scope"),
        ({**ITEM, "object_names": [{"name": "skulptur"}]}, "work_type_out_of_scope"),
        ({**ITEM, "object_names": [{"name": "kobberstik"}]}, "work_type_out_of_scope"),
        ({**ITEM, "object_names": "tegning"}, "malformed_record"),
        ({**ITEM, "titles": [["Den hollandske flåde"]]}, "malformed_record"),
        ({**ITEM, "object_number": "\ud800"}, "malformed_record"),
        ({}, "not_public_domain"),
    ],
)
def test_rejections(payload: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        MUSEUM.read(payload)
    assert rejected.value.code == code


OUT_OF_SCOPE = {"KKSgb10055", "KKS16350", "KKS9610", "KKS1615"}
"""Copper engraving, intaglio, woodcut and copper engraving: none of the six harvested object names."""


@pytest.mark.shared
@pytest.mark.parametrize("item", RECORDED_ITEMS)
def test_every_recorded_item(item: dict[str, Any]) -> None:
    if item["object_number"] in OUT_OF_SCOPE:
        with pytest.raises(Rejected) as rejected:
            MUSEUM.read(item)
        assert rejected.value.code == "work_type_out_of_scope"
        return
    artwork = MUSEUM.read(item)
    assert artwork.object_number == item["object_number"]
    assert artwork.searchable_work_types in {("drawing",), ("painting",)}
    assert artwork.title
    assert artwork.artists
    assert not any("," in artist for artist in artwork.artists)
    assert artwork.production_date_start
    assert artwork.thumbnail_url.split("/")[2] in MUSEUM.image_hosts


READ_KEYS = sorted({*ITEM, "artist", "image_native", "frontend_url"})


@given(st.dictionaries(st.sampled_from(READ_KEYS), WILD, min_size=1), st.sets(st.sampled_from(READ_KEYS)))
def test_a_record_of_any_shape_is_an_artwork_or_rejected(changes: dict[str, Any], missing: set[str]) -> None:
    payload = {key: value for key, value in {**ITEM, **changes}.items() if key not in missing}
    artwork_or_rejected(MUSEUM, payload)


@given(st.sampled_from(["production", "production_date", "titles", "object_names"]), st.text(max_size=9), WILD)
def test_an_entry_of_any_shape_is_an_artwork_or_rejected(key: str, field: str, value: object) -> None:
    names = (field, "name", "title", "start", "end", "period", "creator", "creator_forename", "creator_surname")
    for name in names:
        payload = {**ITEM, key: [{**ITEM[key][0], name: value}]}
        artwork_or_rejected(MUSEUM, payload, frozenset({"malformed_record", "work_type_out_of_scope"}))


class SmkApi(MuseumApi):
    """SMK's search in memory: its envelope, its cap on rows and its missing `items` past the end."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items, self.requests = items, list[dict[str, Any]]()

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        assert path == "/art/search/"
        assert params is not None
        self.requests.append(dict(params))
        found = [
            item
            for item in self.items
            for entry in item["object_names"]
            if f"[has_image:true],[object_names:{entry['name']}],[public_domain:true]" == params["filters"]
        ]
        offset, rows = params["offset"], min(params["rows"], 2000)
        page = {"offset": offset, "rows": rows, "found": len(found), "facets": {}, "facets_ranges": {}}
        return {**page, "items": found[offset : offset + rows]} if offset < len(found) else page


def collection(**sizes: int) -> list[dict[str, Any]]:
    return [
        {**ITEM, "id": f"{name}-{n}", "object_names": [{"name": name}]}
        for name, size in sizes.items()
        for n in range(size)
    ]


def test_the_harvest_walks_every_object_name_with_the_largest_page() -> None:
    api = SmkApi(collection(maleri=4_500, tegning=2_000, skulptur=9))
    pages = list(MUSEUM.harvest(api))
    assert {page.scope: page.total for page in pages} == dict.fromkeys(OBJECT_NAMES, 0) | {
        "maleri": 4_500,
        "tegning": 2_000,
    }
    assert len({record.id for page in pages for record in page.records}) == 6_500
    assert [request["offset"] for request in api.requests] == [0, 0, 0, 0, 0, 2_000, 4_000, 0]
    fixed = {(request["keys"], request["rows"], request["lang"], request["sort"]) for request in api.requests}
    assert fixed == {("*", 2_000, "da", "object_number")}


def test_a_payload_is_the_item_as_sent() -> None:
    pages = list(MUSEUM.harvest(SmkApi(collection(maleri=1))))
    [record] = [record for page in pages for record in page.records]
    assert (record.id, record.payload) == ("maleri-0", collection(maleri=1)[0])


def test_a_harvest_goes_on_from_its_checkpoint() -> None:
    items = collection(akvarel=3, maleri=5)
    pages = list(MUSEUM.harvest(SmkApi(items), limit=2))
    rest = list(MUSEUM.harvest(SmkApi(items), checkpoint=pages[3].checkpoint, limit=2))
    assert rest == pages[4:]
    assert list(MUSEUM.harvest(SmkApi(items), checkpoint=pages[-1].checkpoint)) == []


def test_a_limit_sizes_the_request() -> None:
    api = SmkApi(collection(pastel=30))
    next(MUSEUM.harvest(api, limit=10))
    assert api.requests[0]["rows"] == 10


@pytest.mark.parametrize("body", [None, [], {}, {"found": 3}, {"found": 3, "items": None}, {"items": []}])
def test_an_answer_that_is_no_envelope_ends_the_harvest_as_incomplete(body: Any) -> None:
    with pytest.raises(Malformed):
        list(MUSEUM.harvest(OneAnswer(body)))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "found"),
    [("envelopes/search_nothing.2026.json", 0), ("envelopes/art-search-KMS1.2019.json", 1)],
)
def test_recorded_envelopes_are_pages(file: str, found: int) -> None:
    body = json.loads((RECORDED / file).read_text(encoding="utf-8"))
    page = next(MUSEUM.harvest(OneAnswer(body)))
    assert (page.listed, page.total) == (found, found)


@pytest.mark.shared
def test_the_recorded_answer_past_the_end_is_an_empty_page() -> None:
    file = RECORDED / "errors" / "search-offset-past-end-NO-items-key.2020.json"
    api = OneAnswer(json.loads(file.read_text(encoding="utf-8")))
    page = next(MUSEUM.harvest(api, checkpoint={"scope": "maleri", "offset": 40_000}))
    assert (page.listed, page.total, page.checkpoint) == (0, 32_732, {"scope": "tegning", "offset": 0})


def test_the_registry_knows_it() -> None:
    assert museum("smk") is MUSEUM
