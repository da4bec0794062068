"""The Rijksmuseum: its harvest over OAI-PMH."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from museum_assets.core.failures import CheckpointExpired, Failure, Malformed, RequestRefused, SlowDown
from museum_assets.museums.museum import Page
from museum_assets.museums.rma import MUSEUM
from tests.support.edm import BOMB, NAMESPACES, flat_record, synthetic
from tests.support.rma_oai import (
    Query,
    Recording,
    deleted,
    get_record,
    got,
    ids,
    listing,
    oai_call,
    oai_error,
    oai_record,
)

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
    (again,) = MUSEUM.refetch(Recording({get_record("4"): got("4")}), ["4"])
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
        pytest.param({PAINTINGS: oai_error("badArgument")}, RequestRefused, id="the set is unknown"),
        pytest.param({PAINTINGS: listing()}, RequestRefused, id="a list of nothing"),
        pytest.param({DRAWINGS: oai_error("badArgument")}, RequestRefused, id="the second set is unknown"),
        pytest.param({PAINTINGS: SlowDown("503")}, SlowDown, id="slow down"),
        pytest.param({MORE: oai_error("badResumptionToken")}, CheckpointExpired, id="token expired"),
        pytest.param({MORE: RequestRefused("400")}, CheckpointExpired, id="token refused over HTTP"),
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
    with pytest.raises(
        RequestRefused, match=r"drawing, set 26133 of http://localhost/oai\?verb=ListSets\).*badArgument"
    ):
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
            oai_record("5", f"<rdf:RDF {NAMESPACES}/>", sets=()),
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


@pytest.mark.shared
def test_the_synthetic_changes_hold_no_painting_or_drawing() -> None:
    changes = synthetic("oai-ListRecords-with-deleted.xml")
    (page,) = harvest({CHANGES: changes}, since=SINCE)
    assert (page.records, page.withdrawn, page.listed) == ([], ["999999"], 2)
