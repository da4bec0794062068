"""The Rijksmuseum: its harvest over OAI-PMH and search, and the reading of its records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.failures import CheckpointExpired, Failure, Gone, Malformed, Refused, Rejected, SlowDown
from museum_assets.museums import edm
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.museum import Page
from museum_assets.museums.rma import MUSEUM

RMA = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "museum_records" / "rma"

RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:ore="http://www.openarchives.org/ore/terms/" '
    'xmlns:edm="http://www.europeana.eu/schemas/edm/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:skos="http://www.w3.org/2004/02/skos/core#"'
)
PDM = "http://creativecommons.org/publicdomain/mark/1.0/"
IN_COPYRIGHT = "http://rightsstatements.org/vocab/InC/1.0/"
IMAGE = "https://iiif.micr.io/PJEZO/full/max/0/default.jpg"
BOMB = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'

TYPES = {"2208": ("painting", "schilderij"), "22015": ("drawing", "tekening"), "22013": ("print", "prent")}


def flat_record(
    *,
    cho: str = "<dc:identifier>SK-C-5</dc:identifier>",
    rights: str = PDM,
    images: Iterable[str] = (IMAGE,),
    type_id: str = "2208",
    number: str = "200107928",
) -> str:
    """A record in the shape the museum sends since June 2026."""
    about = f"https://id.rijksmuseum.nl/{number}"
    english, dutch = TYPES[type_id]
    shown = "".join(f'<edm:isShownBy rdf:resource="{image}"/>' for image in images)
    return (
        f'<rdf:RDF {RDF}><edm:ProvidedCHO rdf:about="{about}">{cho}'
        f'<dc:type rdf:resource="https://id.rijksmuseum.nl/{type_id}"/>'
        f'<dc:creator rdf:resource="https://id.rijksmuseum.nl/2103429"/></edm:ProvidedCHO>'
        f'<ore:Aggregation rdf:about="{about}#aggregation"><edm:aggregatedCHO rdf:resource="{about}"/>'
        f'{shown}<edm:rights rdf:resource="{rights}"/></ore:Aggregation>'
        f'<edm:Agent rdf:about="https://id.rijksmuseum.nl/2103429">'
        f'<skos:prefLabel xml:lang="nl">Rembrandt van Rijn</skos:prefLabel></edm:Agent>'
        f'<skos:Concept rdf:about="https://id.rijksmuseum.nl/{type_id}">'
        f'<skos:prefLabel xml:lang="nl">{dutch}</skos:prefLabel><skos:prefLabel xml:lang="en">{english}'
        f"</skos:prefLabel></skos:Concept></rdf:RDF>"
    )


def payload(rdf: str, identifier: str = "https://id.rijksmuseum.nl/200107928") -> dict[str, Any]:
    return {"identifier": identifier, "datestamp": "2026-07-01T00:00:00Z", "sets": ["261208"], "edm": rdf}


def oai_record(number: str, rdf: str | None = None, sets: Iterable[str] = ("261208",), status: str = "") -> str:
    metadata = f"<metadata>{rdf}</metadata>" if rdf else ""
    return (
        f"<record><header{status}><identifier>https://id.rijksmuseum.nl/{number}</identifier>"
        f"<datestamp>2026-07-01T00:00:00Z</datestamp>{''.join(f'<setSpec>{each}</setSpec>' for each in sets)}"
        f"</header>{metadata}</record>"
    )


def deleted(number: str) -> str:
    return oai_record(number, sets=(), status=' status="deleted"')


def oai(body: str) -> str:
    return f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{body}</OAI-PMH>'


def listing(*records: str, token: str = "", total: int | None = None) -> str:
    size = f' completeListSize="{total}"' if total is not None else ""
    return oai(f"<ListRecords>{''.join(records)}<resumptionToken{size}>{token}</resumptionToken></ListRecords>")


def got(number: str, rdf: str | None = None) -> str:
    return oai(f"<GetRecord>{oai_record(number, rdf or flat_record(number=number, type_id='22015'))}</GetRecord>")


def oai_error(code: str) -> str:
    return oai(f'<error code="{code}">it says why</error>')


def results(*numbers: str, total: int, token: str | None = None) -> dict[str, Any]:
    base = "https://data.rijksmuseum.nl/search/collection?type=drawing&imageAvailable=true"
    page: dict[str, Any] = {
        "type": "OrderedCollectionPage",
        "partOf": {"type": "OrderedCollection", "totalItems": total},
        "orderedItems": [{"id": f"https://id.rijksmuseum.nl/{n}", "type": "HumanMadeObject"} for n in numbers],
    }
    return page | ({"next": {"id": f"{base}&pageToken={token}"}} if token else {})


Query = frozenset[tuple[str, str]]


@dataclass
class Recording:
    """An API that answers from a table of (path, query), keeps what it was asked, and fails for all else."""

    answers: dict[tuple[str, Query], Any]
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    base: str = "http://localhost"

    def _answer(self, path: str, params: Mapping[str, Any] | None) -> Any:
        parts = urlsplit(path)
        query = {**dict(parse_qsl(parts.query)), **(params or {})}
        self.asked.append((parts.path, query))
        return self.answers[parts.path, frozenset(query.items())]

    def text(self, path: str, params: Mapping[str, Any] | None = None) -> str:
        answer = self._answer(path, params)
        if isinstance(answer, Failure):
            raise answer
        assert isinstance(answer, str)
        return answer

    def json(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        answer = self._answer(path, params)
        if isinstance(answer, Failure):
            raise answer
        return answer

    def text_each(self, paths: Iterable[str]) -> Iterator[tuple[str, str | Failure]]:
        for path in paths:
            yield path, self._answer(path, None)

    def json_each(self, paths: Iterable[str]) -> Iterator[tuple[str, Any | Failure]]:
        raise AssertionError("the Rijksmuseum's single objects are XML")


def oai_call(**params: str) -> tuple[str, Query]:
    return "/oai", frozenset(params.items())


def get_record(number: str) -> tuple[str, Query]:
    return oai_call(verb="GetRecord", metadataPrefix="edm", identifier=f"https://id.rijksmuseum.nl/{number}")


def search_call(**params: str) -> tuple[str, Query]:
    return "/search/collection", frozenset({"type": "drawing", "imageAvailable": "true", **params}.items())


PAINTINGS = oai_call(verb="ListRecords", metadataPrefix="edm", set="261208")
MORE = oai_call(verb="ListRecords", resumptionToken="t1")
SINCE = datetime(2026, 7, 1, 12, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=2)))
CHANGES = oai_call(verb="ListRecords", metadataPrefix="edm", **{"from": "2026-07-01T10:30:15Z"})

WHOLE_MUSEUM = {
    PAINTINGS: listing(oai_record("1", flat_record()), oai_record("2", flat_record()), token="t1", total=3),
    MORE: listing(oai_record("3", flat_record()), total=3),
    search_call(): results("4", "5", total=3, token="k1"),
    search_call(pageToken="k1"): results("6", total=3),
    **{get_record(number): got(number) for number in ("4", "5", "6")},
}


def harvest(answers: dict[Any, Any], **arguments: Any) -> list[Page]:
    return list(MUSEUM.harvest(Recording(answers), **arguments))


def ids(page: Page) -> list[str]:
    return [record.id for record in page.records]


# --- the full harvest ---


def test_paintings_are_walked_as_a_set_and_drawings_are_searched() -> None:
    pages = harvest(WHOLE_MUSEUM)
    assert [(page.scope, ids(page), page.listed, page.total) for page in pages] == [
        ("painting", ["1", "2"], 2, 3),
        ("painting", ["3"], 1, 3),
        ("drawing", ["4", "5"], 2, 3),
        ("drawing", ["6"], 1, 3),
    ]
    assert [page.checkpoint for page in pages] == [
        {"scope": "painting", "token": "t1"},
        {"scope": "drawing", "token": None},
        {"scope": "drawing", "token": "k1"},
        {"scope": None, "token": None},
    ]


def test_after_the_first_page_only_the_verb_and_the_token_are_sent() -> None:
    api = Recording(WHOLE_MUSEUM)
    list(MUSEUM.harvest(api))
    assert api.asked[1] == ("/oai", {"verb": "ListRecords", "resumptionToken": "t1"})


@pytest.mark.parametrize("after", range(4))
def test_a_harvest_goes_on_after_any_page(after: int) -> None:
    pages = harvest(WHOLE_MUSEUM)
    checkpoint = orjson.loads(orjson.dumps(pages[after].checkpoint))
    assert harvest(WHOLE_MUSEUM, checkpoint=checkpoint) == pages[after + 1 :]


def test_the_payload_holds_the_header_and_the_record_as_text() -> None:
    record = harvest(WHOLE_MUSEUM)[0].records[0]
    assert {key: record.payload[key] for key in ("identifier", "datestamp", "sets")} == {
        "identifier": "https://id.rijksmuseum.nl/1",
        "datestamp": "2026-07-01T00:00:00Z",
        "sets": ["261208"],
    }
    assert MUSEUM.read(record.payload).object_number == "SK-C-5"
    assert "datestamp" in MUSEUM.volatile_keys


def test_a_record_is_the_same_from_a_list_and_alone() -> None:
    listed = harvest(WHOLE_MUSEUM | {MORE: listing(oai_record("4", flat_record(number="4", type_id="22015")))})
    assert listed[1].records[0].payload == listed[2].records[0].payload


def test_deleted_records_are_withdrawn() -> None:
    (first, *_) = harvest(WHOLE_MUSEUM | {PAINTINGS: listing(deleted("9"), oai_record("1", flat_record()))})
    assert (ids(first), first.withdrawn, first.listed) == (["1"], ["9"], 2)


def test_a_record_named_twice_on_a_page_counts_in_the_listing_and_is_stored_once() -> None:
    twice = listing(oai_record("1", flat_record()), oai_record("1", flat_record(type_id="22013")))
    (first, *_) = harvest(WHOLE_MUSEUM | {PAINTINGS: twice})
    assert (ids(first), first.listed) == (["1"], 2)
    assert "prent" in first.records[0].payload["edm"]


def test_a_record_without_metadata_fails_alone() -> None:
    (first, *_) = harvest(WHOLE_MUSEUM | {PAINTINGS: listing(oai_record("1"), oai_record("2", flat_record()))})
    assert (ids(first), first.listed) == (["2"], 2)
    assert isinstance(first.failed["1"], Malformed)


def test_single_drawings_fail_alone() -> None:
    answers = WHOLE_MUSEUM | {
        search_call(): results("4", "5", "7", "8", "9", "10", "11", total=7),
        get_record("5"): oai_error("idDoesNotExist"),
        get_record("7"): Gone("404"),
        get_record("8"): SlowDown("429"),
        get_record("9"): BOMB,
        get_record("10"): oai_error("cannotDisseminateFormat"),
        get_record("11"): got("12"),
    }
    page = harvest(answers)[2]
    assert (ids(page), page.gone, page.listed) == (["4"], ["5", "7"], 7)
    assert {key: failure.code for key, failure in page.failed.items()} == {
        "8": "slow_down",
        "9": "malformed",
        "10": "refused",
        "11": "malformed",
    }


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        pytest.param({PAINTINGS: BOMB}, Malformed, id="a bomb"),
        pytest.param({PAINTINGS: oai_error("badArgument")}, Refused, id="bad argument"),
        pytest.param({PAINTINGS: oai_error("noRecordsMatch")}, Refused, id="the set is gone"),
        pytest.param({PAINTINGS: SlowDown("503")}, SlowDown, id="slow down"),
        pytest.param({MORE: oai_error("badResumptionToken")}, CheckpointExpired, id="token expired"),
        pytest.param({MORE: Refused("400")}, CheckpointExpired, id="token refused over HTTP"),
        pytest.param({MORE: listing(token="t1")}, Malformed, id="the token of this page again"),
        pytest.param({search_call(): Refused("400")}, Refused, id="search refused"),
        pytest.param({search_call(): results(total=0)}, Refused, id="no drawing at all"),
        pytest.param({search_call(): {"error": "x"}}, Malformed, id="no page of results"),
        pytest.param({search_call(): results("4", total=1) | {"next": {"id": "https://x"}}}, Malformed, id="no token"),
        pytest.param({search_call(pageToken="k1"): Refused("400")}, CheckpointExpired, id="page token refused"),
    ],
)
def test_a_harvest_that_cannot_go_on_says_so(change: dict[Any, Any], failure: type[Failure]) -> None:
    with pytest.raises(failure):
        harvest(WHOLE_MUSEUM | change)


@pytest.mark.parametrize(
    "checkpoint", [{}, {"scope": "sculpture", "token": None}, {"scope": "changes", "token": None}, {"page": 7}]
)
def test_a_foreign_checkpoint_starts_the_harvest_over(checkpoint: dict[str, Any]) -> None:
    with pytest.raises(CheckpointExpired, match="rma"):
        harvest(WHOLE_MUSEUM, checkpoint=checkpoint)


def test_the_recorded_search_page_is_read() -> None:
    path = RMA / "envelopes" / "search-collection-milkmaid.2026.json"
    if not path.exists():
        pytest.skip("the shared museum records are not beside this checkout")
    answers = WHOLE_MUSEUM | {search_call(): orjson.loads(path.read_bytes()), get_record("200108369"): got("200108369")}
    page = harvest(answers)[2]
    assert (ids(page), page.listed, page.total, page.checkpoint["scope"]) == (["200108369"], 1, 1, None)


# --- the incremental harvest ---


def test_changes_are_asked_from_the_second_in_utc_and_only_this_museums_types_are_kept() -> None:
    answers = {
        CHANGES: listing(
            deleted("9"),
            oai_record("1", flat_record(type_id="2208"), sets=()),
            oai_record("2", flat_record(type_id="22015"), sets=()),
            oai_record("3", flat_record(type_id="22013"), sets=("26151",)),
            oai_record("4", flat_record(type_id="22013"), sets=("261208",)),
            oai_record("5", f"<rdf:RDF {RDF}/>", sets=()),
            oai_record("6", sets=()),
            token="t1",
            total=8,
        ),
        MORE: listing(oai_record("7", flat_record(), sets=()), total=8),
    }
    first, last = harvest(answers, since=SINCE)
    assert ids(first) == ["1", "2", "4", "5"]
    assert (first.scope, first.withdrawn, list(first.failed), first.listed, first.total) == (
        "changes",
        ["9"],
        ["6"],
        7,
        8,
    )
    assert first.checkpoint == {"scope": "changes", "token": "t1"}
    assert (ids(last), last.checkpoint) == (["7"], {"scope": None, "token": None})
    assert harvest(answers, since=SINCE, checkpoint=first.checkpoint) == [last]


def test_an_empty_window_is_one_empty_page() -> None:
    (page,) = harvest({CHANGES: oai_error("noRecordsMatch")}, since=SINCE.astimezone(UTC))
    assert (page.records, page.listed, page.total, page.checkpoint["scope"]) == ([], 0, 0, None)


# --- reading ---


def test_a_flat_record_in_full() -> None:
    cho = (
        '<dc:identifier>SK-C-5</dc:identifier><dc:title xml:lang="nl">De Nachtwacht</dc:title>'
        '<dc:title xml:lang="en">The Night Watch</dc:title>'
        '<dcterms:created xml:lang="nl">ca. 1640 - 1642</dcterms:created>'
        '<dcterms:created xml:lang="en">c. 1640 - 1642</dcterms:created>'
    )
    assert MUSEUM.read(payload(flat_record(cho=cho))) == Artwork(
        museum="rma",
        object_number="SK-C-5",
        museum_db_id="200107928",
        title="The Night Watch",
        artists=("Rembrandt van Rijn",),
        production_date_start=1640,
        production_date_end=1642,
        period="c. 1640 - 1642",
        work_types=("painting",),
        searchable_work_types=("painting",),
        thumbnail_url="https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg",
        image_url=IMAGE,
        rights=PDM,
        source_url="https://id.rijksmuseum.nl/200107928",
    )


def synthetic_payloads(name: str) -> list[dict[str, Any]]:
    path = RMA / "synthetic" / name
    if not path.exists():
        pytest.skip(f"the shared museum records are not beside this checkout: no {name}")
    body = path.read_text(encoding="utf-8")
    if "<OAI-PMH" not in body:
        body = oai(f"<ListRecords>{body}</ListRecords>")
    pages = harvest({CHANGES: body}, since=SINCE) if "deleted" in name else harvest(WHOLE_MUSEUM | {PAINTINGS: body})
    return [record.payload for record in pages[0].records]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "oai-record-SK-C-5-trimmed-nested-2024shape.xml",
            {
                "object_number": "SK-C-5",
                "museum_db_id": "200107928",
                "title": "The Night Watch",
                "artists": ("Rembrandt van Rijn",),
                "production_date_start": 1642,
                "production_date_end": 1642,
                "work_types": ("painting",),
                "thumbnail_url": "https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg",
                "rights": PDM,
            },
        ),
        (
            "oai-record-SK-A-3901-anonymous.xml",
            {"object_number": "SK-A-3901", "artists": (), "period": "c. 1500", "production_date_end": 1500},
        ),
    ],
)
def test_the_synthetic_open_records(name: str, expected: dict[str, Any]) -> None:
    (found,) = synthetic_payloads(name)
    artwork = MUSEUM.read(found).model_dump()
    assert {key: artwork[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("oai-record-300000001-restricted-FAKE.xml", "not_public_domain"),
        ("oai-record-SK-A-1490-no-image.xml", "no_image"),
        ("oai-ListRecords-cho-sameas.xml", "not_public_domain"),
    ],
)
def test_the_synthetic_rejected_records(name: str, code: str) -> None:
    (found,) = synthetic_payloads(name)
    with pytest.raises(Rejected) as rejection:
        MUSEUM.read(found)
    assert rejection.value.code == code


def test_the_synthetic_changes_hold_no_painting_or_drawing() -> None:
    assert synthetic_payloads("oai-ListRecords-with-deleted.xml") == []


@pytest.mark.parametrize(
    ("record", "code"),
    [
        pytest.param(flat_record(rights=IN_COPYRIGHT), "not_public_domain", id="in copyright"),
        pytest.param(flat_record(rights=""), "not_public_domain", id="rights empty"),
        pytest.param(flat_record(rights=f"{PDM}deed.en"), "not_public_domain", id="rights unknown"),
        pytest.param(
            flat_record(rights="https://creativecommons.org/licenses/by/4.0/"), "not_public_domain", id="CC BY"
        ),
        pytest.param(flat_record(rights=f"{IN_COPYRIGHT}?{PDM}"), "not_public_domain", id="rights that contain PDM"),
        pytest.param(flat_record(cho=""), "no_object_number", id="no identifier"),
        pytest.param(
            flat_record(cho="<dc:identifier> </dc:identifier><dc:identifier>https://x/1</dc:identifier>"),
            "no_object_number",
            id="only a URL",
        ),
        pytest.param(flat_record(images=()), "no_image", id="no image"),
        pytest.param(flat_record(images=["javascript:alert(1)"]), "no_image", id="not a web address"),
        pytest.param(flat_record(type_id="22013"), "work_type_out_of_scope", id="a print"),
        pytest.param(
            flat_record().replace("schilderij", "zwaard").replace("painting", "sword"),
            "work_type_out_of_scope",
            id="a sword",
        ),
        pytest.param(f"<rdf:RDF {RDF}/>", "malformed_record", id="neither shape"),
        pytest.param(BOMB, "malformed_record", id="a bomb"),
        pytest.param("not XML", "malformed_record", id="not XML"),
        pytest.param(None, "malformed_record", id="null"),
        pytest.param(["<rdf:RDF/>"], "malformed_record", id="a list"),
    ],
)
def test_rejections(record: Any, code: str) -> None:
    with pytest.raises(Rejected) as rejection:
        MUSEUM.read(payload(record))
    assert rejection.value.code == code


@pytest.mark.parametrize("identifier", [None, "", "/"])
def test_a_record_without_an_identifier_has_no_id(identifier: Any) -> None:
    with pytest.raises(Rejected) as rejection:
        MUSEUM.read(payload(flat_record(), identifier))
    assert rejection.value.code == "no_id"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("path", ["mark/1.0/", "zero/1.0/", "zero/1.0"])
def test_open_rights(scheme: str, path: str) -> None:
    rights = f"{scheme}://creativecommons.org/publicdomain/{path}"
    assert MUSEUM.read(payload(flat_record(rights=rights))).rights == rights


def test_of_several_identifiers_the_first_that_is_not_an_address_is_the_object_number() -> None:
    cho = "".join(
        f"<dc:identifier>{each}</dc:identifier>" for each in ("", "http://hdl.handle.net/10934/x", "RP-T-1", "RP-T-2")
    )
    assert MUSEUM.read(payload(flat_record(cho=cho, type_id="22015"))).object_number == "RP-T-1"


@pytest.mark.parametrize(
    ("images", "thumbnail"),
    [
        ([IMAGE], "https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg"),
        (["https://iiif.micr.io/a/full/800,/0/default.jpg"], "https://iiif.micr.io/a/full/!800,800/0/default.jpg"),
        (["https://elsewhere.nl/a.jpg"], "https://elsewhere.nl/a.jpg"),
        (["https://elsewhere.nl/a.jpg", IMAGE], "https://iiif.micr.io/PJEZO/full/!800,800/0/default.jpg"),
    ],
)
def test_the_thumbnail_fits_into_800_pixels(images: list[str], thumbnail: str) -> None:
    assert MUSEUM.read(payload(flat_record(images=images))).thumbnail_url == thumbnail


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
PIECES = st.lists(st.sampled_from(flat_record().replace("<", "|<").split("|")), max_size=30).map("".join)


@given(
    st.dictionaries(
        st.sampled_from(["identifier", "datestamp", "sets", "edm", "x"]),
        ANYTHING | PIECES | PIECES.map(lambda inner: f"<rdf:RDF {RDF}>{inner}</rdf:RDF>"),
    )
)
def test_any_payload_is_an_artwork_or_rejected(wild: dict[str, Any]) -> None:
    try:
        assert isinstance(MUSEUM.read(wild), Artwork)
    except Rejected as rejection:
        assert rejection.code


@given(st.data())
def test_a_record_with_any_texts_is_an_artwork_or_rejected(data: st.DataObject) -> None:
    root = edm.parse_xml(flat_record(cho="<dc:identifier/><dc:title/><dcterms:created/>"), "a test")
    xml_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
    for element in root.iter():
        if data.draw(st.booleans()):
            element.text = data.draw(xml_text)
        for name in list(element.attrib):
            if data.draw(st.integers(0, 9)) == 0:
                element.set(name, data.draw(xml_text))
    try:
        assert isinstance(MUSEUM.read(payload(edm.serialise(root, "a test"))), Artwork)
    except Rejected as rejection:
        assert rejection.code
