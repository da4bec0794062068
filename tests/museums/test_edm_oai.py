"""The OAI-PMH envelopes of the Rijksmuseum, and bodies that are hostile or no XML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museum_assets.core.failures import CheckpointExpired, Gone, Malformed, RequestRefused
from museum_assets.museums import edm, oai_pmh
from tests.support.edm import BOMB, EXTERNAL, PDM, flat, oai, read, synthetic


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(BOMB, id="billion laughs"),
        pytest.param(EXTERNAL, id="external entity"),
        pytest.param("<!DOCTYPE x><x/>", id="a DTD without entities"),
        pytest.param("", id="empty"),
        pytest.param("<html><body>Bad gateway<br></body></html>", id="HTML"),
        pytest.param("<OAI-PMH><ListRecords><record>", id="cut off"),
        pytest.param("<x>\ud800</x>", id="lone surrogate"),
        pytest.param("<x>\x00</x>", id="NUL"),
        pytest.param('{"error": "not XML"}', id="JSON"),
    ],
)
def test_a_body_that_is_not_safe_xml_is_malformed_and_named(body: str) -> None:
    with pytest.raises(Malformed, match="rma ListRecords"):
        oai_pmh.read_oai(body, "ListRecords", "rma ListRecords")


@given(st.text())
def test_any_text_that_is_not_xml_is_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        edm.parse_xml(f"{body}<", "a test")


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("badResumptionToken", CheckpointExpired),
        ("idDoesNotExist", Gone),
        ("badArgument", RequestRefused),
        ("cannotDisseminateFormat", RequestRefused),
        ("somethingNew", RequestRefused),
    ],
)
def test_an_oai_error_becomes_a_failure_with_code_and_text(code: str, failure: type[Exception]) -> None:
    with pytest.raises(failure, match=f"rma.*{code}: it says why"):
        oai_pmh.read_oai(oai(f'<error code="{code}">it says why</error>'), "ListRecords", "rma ListRecords")


def test_no_records_match_is_an_empty_window() -> None:
    page = oai_pmh.read_oai(oai('<error code="noRecordsMatch"/>'), "ListRecords", "rma")
    assert page == oai_pmh.OaiPage(entries=(), token=None, total=0)


@pytest.mark.parametrize(
    ("element", "token", "total"),
    [
        ("", None, None),
        ("<resumptionToken/>", None, None),
        ('<resumptionToken completeListSize="843943">abc</resumptionToken>', "abc", 843_943),
        ('<resumptionToken completeListSize="many" cursor="0"> abc\n</resumptionToken>', "abc", None),
        ('<resumptionToken completeListSize="120" cursor="100"/>', None, 120),
    ],
)
def test_the_resumption_token_continues_the_list_until_it_is_empty(
    element: str, token: str | None, total: int | None
) -> None:
    page = oai_pmh.read_oai(oai(f"<ListRecords>{element}</ListRecords>"), "ListRecords", "rma")
    assert (page.token, page.total) == (token, total)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<html/>", id="XHTML"),
        pytest.param(oai("<Identify/>"), id="another verb"),
        pytest.param(oai("<ListRecords><record></ListRecords>"), id="a record that does not end"),
    ],
)
def test_what_is_not_a_listing_is_malformed(body: str) -> None:
    with pytest.raises(Malformed):
        oai_pmh.read_oai(body, "ListRecords", "rma")


GOOD = "<record><header><identifier>https://id/1</identifier></header></record>"


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        ("<record/>", None),
        ("<record><header><identifier> / </identifier></header></record>", None),
        ("<record><header><identifier>https://id/2</identifier></header>&#xD800;</record>", "2"),
        ("<record><header><identifier>https://id/3</identifier></header>\x00</record>", "3"),
        ("<record><header><identifier>https://id/4</identifier></header>Caf\udce9</record>", "4"),
        ("<record><header><identifier>https://id/5</identifier></header><a></b></record>", "5"),
        ("<record><header><identifier>https://id/6</identifier></header>&unknown;</record>", "6"),
        (f"<record><header><identifier>https://id/7</identifier></header>{'<b/>' * 1_000_000}</record>", "7"),
        (
            "<record><header><identifier>https://id/8</identifier></header><b " + "a='' " * 1_000_000 + "/></record>",
            "8",
        ),
    ],
)
def test_a_bad_record_spoils_no_other_one(bad: str, name: str | None) -> None:
    body = oai(f"<ListRecords>{GOOD}{bad}{GOOD}<resumptionToken>t</resumptionToken></ListRecords>")
    page = oai_pmh.read_oai(body, "ListRecords", "rma")
    assert ([entry.id for entry in page.entries], page.token) == (["1", "1"], "t")
    (broken,) = page.broken
    assert (broken.name, broken.permanent) == (name, True)
    if name:
        assert broken.evidence == bad.encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<x>" + "<b/>" * 1_000_000 + "</x>", id="tags"),
        pytest.param(oai(f"<ListRecords>{(GOOD + '<b/>' * 10_000) * 100}</ListRecords>"), id="tags between records"),
        pytest.param(oai(f"<ListRecords>{GOOD.replace('><h', '>' + '<b/>' * 90_000 + '<h') * 12}</ListRecords>"),
                     id="many great records"),
        pytest.param(oai(f"<a>{'x' * 70_000}</a><ListRecords>{GOOD}<record>&x;</record></ListRecords>"),
                     id="much before the first record"),
    ],
)  # fmt: skip
def test_a_page_that_would_fill_memory_is_malformed_or_read_in_part(body: str) -> None:
    try:
        page = oai_pmh.read_oai(body, "ListRecords", "rma ListRecords")
    except Malformed as malformed:
        assert "rma ListRecords" in str(malformed)
    else:
        assert (len(page.entries), len(page.broken)) == (11, 1)


@pytest.mark.shared
def test_the_synthetic_listing_with_a_deleted_record() -> None:
    page = oai_pmh.read_oai(synthetic("oai-ListRecords-with-deleted.xml"), "ListRecords", "rma")
    deleted, live = page.entries
    assert (deleted.id, deleted.deleted, deleted.rdf, deleted.sets) == ("999999", True, None, ())
    assert (live.id, live.deleted, live.datestamp, live.sets) == ("2001", False, "2026-01-28T07:15:24Z", ("26151",))
    assert live.rdf is not None
    assert edm.read_edm(live.rdf, "rma").identifiers == ("RP-P-TEST-1",)


@pytest.mark.shared
def test_a_listing_of_identifiers_is_not_taken_for_records() -> None:
    with pytest.raises(Malformed, match="ListIdentifiers"):
        oai_pmh.read_oai(synthetic("oai-ListIdentifiers-with-deleted.xml"), "ListRecords", "rma")


def test_serialised_records_are_the_same_whatever_the_indentation_and_prefixes() -> None:
    compact = flat("<dc:title>De Nachtwacht</dc:title>", f'<edm:rights rdf:resource="{PDM}"/>')
    indented = compact.replace("><", ">\n        <").replace("xmlns:dc=", "xmlns:d=").replace("dc:title", "d:title")
    stored = {edm.serialise(edm.parse_xml(xml, "a test"), "a test") for xml in (compact, indented)}
    assert len(stored) == 1
    (text,) = stored
    assert "ns0" not in text
    assert read(text) == read(compact)


def test_a_record_nested_too_deeply_to_be_written_is_malformed_for_good() -> None:
    bottomless = edm.parse_xml("<a>" * 20_000 + "</a>" * 20_000, "a test")
    with pytest.raises(Malformed, match="too deeply") as caught:
        edm.serialise(bottomless, "a test")
    assert caught.value.permanent, "tried again, it would keep the harvest open"
