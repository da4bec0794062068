"""The Rijksmuseum: its harvest over OAI-PMH."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
from test_rma_read import BOMB, RDF, flat_record

from museum_assets.failures import CheckpointExpired, Failure, Gone, Malformed, Refused, SlowDown
from museum_assets.museums.museum import Page
from museum_assets.museums.rma import MUSEUM

SYNTHETIC = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "museum_records" / "rma" / "synthetic"


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


def got(number: str) -> str:
    return oai(f"<GetRecord>{oai_record(number, flat_record(number=number))}</GetRecord>")


def oai_error(code: str) -> str:
    return oai(f'<error code="{code}">it says why</error>')


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


PAINTINGS = oai_call(verb="ListRecords", metadataPrefix="edm", set="261208")
DRAWINGS = oai_call(verb="ListRecords", metadataPrefix="edm", set="26133")
MORE = oai_call(verb="ListRecords", resumptionToken="t1")
MORE_DRAWINGS = oai_call(verb="ListRecords", resumptionToken="t2")
SINCE = datetime(2026, 7, 1, 12, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=2)))
CHANGES = oai_call(verb="ListRecords", metadataPrefix="edm", **{"from": "2026-07-01T10:30:15Z"})

WHOLE_MUSEUM = {
    PAINTINGS: listing(oai_record("1", flat_record()), oai_record("2", flat_record()), token="t1", total=3),
    MORE: listing(oai_record("3", flat_record()), total=3),
    DRAWINGS: listing(oai_record("4", flat_record(number="4")), oai_record("5", flat_record()), token="t2", total=3),
    MORE_DRAWINGS: listing(oai_record("6", flat_record()), total=3),
}


def harvest(answers: dict[Any, Any], **arguments: Any) -> list[Page]:
    return list(MUSEUM.harvest(Recording(answers), **arguments))


def refetch(answers: dict[Any, Any], wanted: list[str]) -> list[Page]:
    return list(MUSEUM.refetch(Recording(answers), wanted))


def ids(page: Page) -> list[str]:
    return [record.id for record in page.records]


# --- the full harvest ---


def test_paintings_and_then_drawings_are_walked_as_sets() -> None:
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
        {"scope": "drawing", "token": "t2"},
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
    listed = harvest(WHOLE_MUSEUM)[2].records[0]
    (again,) = refetch({get_record("4"): got("4")}, ["4"])
    assert again.records == [listed]


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


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        pytest.param({PAINTINGS: BOMB}, Malformed, id="a bomb"),
        pytest.param({PAINTINGS: oai_error("badArgument")}, Refused, id="the set is unknown"),
        pytest.param({PAINTINGS: listing()}, Refused, id="a list of nothing"),
        pytest.param({DRAWINGS: oai_error("badArgument")}, Refused, id="the second set is unknown"),
        pytest.param({PAINTINGS: SlowDown("503")}, SlowDown, id="slow down"),
        pytest.param({MORE: oai_error("badResumptionToken")}, CheckpointExpired, id="token expired"),
        pytest.param({MORE: Refused("400")}, CheckpointExpired, id="token refused over HTTP"),
        pytest.param({MORE: listing(token="t1")}, Malformed, id="the token of this page again"),
        pytest.param({MORE: oai_error("noRecordsMatch")}, CheckpointExpired, id="the set is gone half-way"),
        pytest.param({MORE_DRAWINGS: SlowDown("503")}, SlowDown, id="slow down half-way"),
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


def test_an_unknown_set_is_named_with_where_to_find_the_known_ones() -> None:
    with pytest.raises(Refused, match=r"drawing, set 26133 of http://localhost/oai\?verb=ListSets\).*badArgument"):
        harvest(WHOLE_MUSEUM | {DRAWINGS: oai_error("badArgument")})


@pytest.mark.parametrize(("empty", "scopes"), [(PAINTINGS, ["painting", "drawing", "drawing"]),
                                               (DRAWINGS, ["painting", "painting", "drawing"])])  # fmt: skip
def test_a_set_that_is_there_but_empty_is_an_empty_page_and_the_walk_goes_on(
    empty: tuple[str, Query], scopes: list[str]
) -> None:
    pages = harvest(WHOLE_MUSEUM | {empty: oai_error("noRecordsMatch")})
    assert [page.scope for page in pages] == scopes
    (page,) = [page for page in pages if page.total == 0]
    assert (page.records, page.listed, page.withdrawn, page.gone, page.failed) == ([], 0, [], [], {})


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


@pytest.mark.parametrize(("nothing", "total"), [(oai_error("noRecordsMatch"), 0), (listing(), None)])
def test_an_empty_window_is_one_empty_page(nothing: str, total: int | None) -> None:
    (page,) = harvest({CHANGES: nothing}, since=SINCE.astimezone(UTC))
    assert (page.records, page.listed, page.total, page.checkpoint["scope"]) == ([], 0, total, None)


def test_the_synthetic_changes_hold_no_painting_or_drawing() -> None:
    path = SYNTHETIC / "oai-ListRecords-with-deleted.xml"
    if not path.exists():
        pytest.skip(f"the shared museum records are not beside this checkout: no {path.name}")
    (page,) = harvest({CHANGES: path.read_text(encoding="utf-8")}, since=SINCE)
    assert (page.records, page.withdrawn, page.listed) == ([], ["999999"], 2)


# --- single records again ---


def test_single_records_are_found_gone_withdrawn_or_fail_alone() -> None:
    answers = {
        get_record("4"): got("4"),
        get_record("5"): oai_error("idDoesNotExist"),
        get_record("6"): oai(f"<GetRecord>{deleted('6')}</GetRecord>"),
        get_record("7"): Gone("404"),
        get_record("8"): SlowDown("429"),
        get_record("9"): BOMB,
        get_record("10"): oai_error("cannotDisseminateFormat"),
        get_record("11"): got("12"),
        get_record("13"): oai(f"<GetRecord>{oai_record('13')}</GetRecord>"),
    }
    assert MUSEUM.refetches
    (page,) = refetch(answers, ["4", "5", "6", "7", "8", "9", "10", "11", "13"])
    assert (page.scope, page.listed, page.total, page.checkpoint) == ("again", 0, None, {})
    assert (ids(page), page.gone, page.withdrawn) == (["4"], ["5", "7"], ["6"])
    assert {key: failure.code for key, failure in page.failed.items()} == {
        "8": "slow_down",
        "9": "malformed",
        "10": "refused",
        "11": "malformed",
        "13": "malformed",
    }


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (50, [50]), (101, [50, 50, 1])])
def test_single_records_come_in_pages_of_50(count: int, sizes: list[int]) -> None:
    wanted = [str(number) for number in range(count)]
    pages = refetch({get_record(number): got(number) for number in wanted}, wanted)
    assert [len(page.records) for page in pages] == sizes
    assert [record for page in pages for record in ids(page)] == wanted
