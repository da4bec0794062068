"""The Rijksmuseum: single records asked for again."""

from __future__ import annotations

from typing import Any

import pytest

from museum_assets.core.failures import Gone, SlowDown
from museum_assets.museums.museum import Page
from museum_assets.museums.rma import MUSEUM
from tests.support.edm import BOMB, oai
from tests.support.rma_oai import Recording, deleted, get_record, got, ids, oai_error, oai_record


def refetch(answers: dict[Any, Any], wanted: list[str]) -> list[Page]:
    return list(MUSEUM.refetch(Recording(answers), wanted))


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
