import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import Malformed, Rejected
from museum_assets.museums import museum
from museum_assets.museums.artwork import Artwork
from tests.support.museum_apis import MuseumApi, OneAnswer
from tests.support.museum_records import RECORDS, WILD, artwork_or_rejected, recorded

MUSEUM = museum("cma")
RECORDED = RECORDS / "cma"
RECORDED_ITEMS = [
    case
    for folder in ("cma/records", "cma/envelopes")
    for case in recorded(folder, lambda body: body["data"] if "info" in body else [body], "accession_number")
]
CDN = "https://openaccess-cdn.clevelandart.org/1925.1188/1925.1188"

ITEM: dict[str, Any] = {
    "id": 107189,
    "accession_number": "1925.1188",
    "share_license_status": "CC0",
    "title": "Venus and Cupid in a Chariot",
    "creation_date": "1615-1617",
    "creation_date_earliest": 1615,
    "creation_date_latest": 1617,
    "creators": [{"description": "Guercino (Italian, 1591-1666)", "role": "artist", "qualifier": None}],
    "culture": ["Italy, Bologna, 17th century"],
    "type": "Drawing",
    "url": "https://clevelandart.org/art/1925.1188",
    "images": {
        "web": {"url": f"{CDN}_web.jpg", "width": "1263", "height": "775"},
        "print": {"url": f"{CDN}_print.jpg", "width": "3400", "height": "2086"},
        "full": {"url": f"{CDN}_full.tif", "width": "6280", "height": "3853"},
        "annotation": None,
    },
    "updated_at": "2019-11-25 09:00:26.170000",
}


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in ITEM.items() if key not in keys}


def with_images(*names: str) -> dict[str, Any]:
    return {**ITEM, "images": {name: ITEM["images"][name] for name in names}}


def test_a_full_item() -> None:
    assert MUSEUM.read(ITEM).model_copy(update={"makers": ()}) == Artwork(
        museum="cma",
        object_number="1925.1188",
        museum_db_id="107189",
        title="Venus and Cupid in a Chariot",
        artists=("Guercino",),
        production_date_start=1615,
        production_date_end=1617,
        period="1615-1617",
        work_types=("Drawing",),
        searchable_work_types=("drawing",),
        thumbnail_url=f"{CDN}_web.jpg",
        image_url=f"{CDN}_print.jpg",
        rights="CC0",
        source_url="https://clevelandart.org/art/1925.1188",
    )


@pytest.mark.parametrize(
    ("change", "artists"),
    [
        ({"creators": [{"description": "Caravaggio (Italian, 1571-1610)"}]}, ("Caravaggio",)),
        ({"creators": [{"description": "Claude Monet"}, {"description": None}]}, ("Claude Monet",)),
        ({"creators": []}, ("Italy, Bologna, 17th century",)),
        ({"creators": None}, ("Italy, Bologna, 17th century",)),
        ({"creators": [{"description": "(Italian)"}]}, ("Italy, Bologna, 17th century",)),
        ({"creators": [], "culture": "Egypt"}, ("Egypt",)),
        ({"creators": [], "culture": None}, ()),
    ],
)
def test_creators_else_culture(change: dict[str, Any], artists: tuple[str, ...]) -> None:
    assert MUSEUM.read({**ITEM, **change}).artists == artists


def test_years_that_only_the_text_calls_bc_are_negative() -> None:
    dates = {"creation_date": "400-375 BC", "creation_date_earliest": 400, "creation_date_latest": 375}
    artwork = MUSEUM.read({**ITEM, **dates})
    assert (artwork.production_date_start, artwork.production_date_end) == (-400, -375)


@pytest.mark.parametrize(
    ("images", "thumbnail", "image"),
    [
        (("web", "full"), "web", "web"),
        (("print", "full"), "print", "print"),
        (("web", "print"), "web", "print"),
    ],
)
def test_either_jpeg_stands_in_for_the_other(images: tuple[str, ...], thumbnail: str, image: str) -> None:
    artwork = MUSEUM.read(with_images(*images))
    assert (artwork.thumbnail_url, artwork.image_url) == (f"{CDN}_{thumbnail}.jpg", f"{CDN}_{image}.jpg")


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (without("id"), "no_id"),
        (without("accession_number"), "no_object_number"),
        ({**ITEM, "accession_number": " "}, "no_object_number"),
        (without("share_license_status"), "not_public_domain"),
        ({**ITEM, "share_license_status": "Copyrighted"}, "not_public_domain"),
        ({**ITEM, "share_license_status": ["CC0", "Copyrighted"]}, "not_public_domain"),
        (without("images"), "no_image"),
        ({**ITEM, "images": None}, "no_image"),
        ({**ITEM, "images": []}, "no_image"),
        ({**ITEM, "images": {"web": {}, "print": {}, "full": {}}}, "no_image"),
        (with_images("full"), "no_image"),
        (without("type"), "work_type_out_of_scope"),
        ({**ITEM, "type": "Miniature"}, "work_type_out_of_scope"),
        ({**ITEM, "type": "Bound Volume"}, "work_type_out_of_scope"),
        ({**ITEM, "type": {"name": "Drawing"}}, "malformed_record"),
        ({**ITEM, "images": "web"}, "malformed_record"),
        ({**ITEM, "creators": ["Guercino"]}, "malformed_record"),
        ({}, "not_public_domain"),
    ],
)
def test_rejections(payload: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as rejected:
        MUSEUM.read(payload)
    assert rejected.value.code == code


@pytest.mark.shared
@pytest.mark.parametrize("item", RECORDED_ITEMS)
def test_every_recorded_item(item: dict[str, Any]) -> None:
    if item["type"] not in {"Painting", "Drawing"}:
        with pytest.raises(Rejected) as rejected:
            MUSEUM.read(item)
        assert rejected.value.code == "work_type_out_of_scope"
        return
    artwork = MUSEUM.read(item)
    assert artwork.object_number == item["accession_number"]
    assert artwork.museum_db_id == str(item["id"])
    assert artwork.searchable_work_types == (item["type"].lower(),)
    assert artwork.production_date_start == item["creation_date_earliest"]
    assert artwork.production_date_end == item["creation_date_latest"]
    assert artwork.title
    assert artwork.artists
    assert not any("(" in artist for artist in artwork.artists)
    assert artwork.thumbnail_url.split("/")[2] in MUSEUM.image_hosts


@given(st.dictionaries(st.sampled_from(sorted(ITEM)), WILD, min_size=1), st.sets(st.sampled_from(sorted(ITEM))))
def test_a_record_of_any_shape_is_an_artwork_or_rejected(changes: dict[str, Any], missing: set[str]) -> None:
    payload = {key: value for key, value in {**ITEM, **changes}.items() if key not in missing}
    artwork_or_rejected(MUSEUM, payload)


@given(WILD)
def test_an_inner_value_of_any_shape_is_an_artwork_or_rejected(value: object) -> None:
    for change in (
        {"images": {"web": value}},
        {"images": {"web": {"url": value}}},
        {"creators": [value]},
        {"creators": [{"description": value}]},
        {"culture": [value], "creators": []},
    ):
        artwork_or_rejected(MUSEUM, {**ITEM, **change}, frozenset({"malformed_record", "no_image"}))


class CmaApi(MuseumApi):
    """CMA's listing in memory: its envelope with the echoed parameters and the data after `skip`."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        self.items, self.requests = items, list[dict[str, Any]]()

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        assert path == "/artworks/"
        assert params is not None
        self.requests.append(dict(params))
        found = [item for item in self.items if item["type"] == params["type"]]
        skip = params["skip"]
        info = {"total": len(found), "parameters": {key: str(value) for key, value in params.items()}}
        return {"info": info, "data": found[skip : skip + params["limit"]]}


def collection(**sizes: int) -> list[dict[str, Any]]:
    return [
        {**ITEM, "id": serial * 100_000 + n, "type": work_type}
        for serial, (work_type, size) in enumerate(sizes.items())
        for n in range(size)
    ]


def test_the_harvest_walks_every_type_with_the_largest_page() -> None:
    api = CmaApi(collection(Print=2_300, Drawing=1_000, Sculpture=5))
    pages = list(MUSEUM.harvest(api))
    assert {page.scope: page.total for page in pages} == {"Print": 2_300, "Painting": 0, "Drawing": 1_000}
    assert list(dict.fromkeys(page.scope for page in pages)) == ["Print", "Painting", "Drawing"]
    assert len({record.id for page in pages for record in page.records}) == 3_300
    assert [request["skip"] for request in api.requests] == [0, 1_000, 2_000, 0, 0]
    fixed = {(request["cc0"], request["has_image"], request["limit"]) for request in api.requests}
    assert fixed == {(1, 1, 1_000)}
    assert not any("updated_since" in request for request in api.requests)


def test_a_payload_is_the_item_as_sent() -> None:
    pages = list(MUSEUM.harvest(CmaApi([ITEM])))
    [record] = [record for page in pages for record in page.records]
    assert (record.id, record.payload) == ("107189", ITEM)


def test_an_incremental_harvest_asks_for_what_was_updated_since() -> None:
    api = CmaApi([ITEM])
    list(MUSEUM.harvest(api, since=datetime(2026, 10, 5, 23, 59, tzinfo=UTC)))
    assert {request["updated_since"] for request in api.requests} == {"2026-10-05"}


def test_a_harvest_goes_on_from_its_checkpoint() -> None:
    items = collection(Print=5, Drawing=3)
    pages = list(MUSEUM.harvest(CmaApi(items), limit=2))
    api = CmaApi(items)
    assert list(MUSEUM.harvest(api, checkpoint=pages[1].checkpoint, limit=2)) == pages[2:]
    assert (api.requests[0]["type"], api.requests[0]["skip"], api.requests[0]["limit"]) == ("Print", 4, 2)
    assert list(MUSEUM.harvest(api, checkpoint=pages[-1].checkpoint)) == []


@pytest.mark.parametrize("body", [None, [], {}, {"data": []}, {"info": {"total": 3}}, {"info": [], "data": []}])
def test_an_answer_that_is_no_envelope_ends_the_harvest_as_incomplete(body: Any) -> None:
    with pytest.raises(Malformed):
        list(MUSEUM.harvest(OneAnswer(body)))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "listed"),
    [("envelopes/artworks-limit100-skip0.2020.json", 100), ("errors/artworks-skip-past-end.2020.json", 0)],
)
def test_recorded_envelopes_are_pages(file: str, listed: int) -> None:
    body = json.loads((RECORDED / file).read_text(encoding="utf-8"))
    page = next(MUSEUM.harvest(OneAnswer(body)))
    assert (page.listed, len(page.records), page.total) == (listed, listed, 32_483)
