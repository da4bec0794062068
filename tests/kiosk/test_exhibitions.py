from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from museum_assets.kiosk.exhibitions import Exhibition, read_exhibition
from museum_assets.kiosk.message import Refusal

GOOD: dict[str, Any] = {
    "EXHIBITION_NAME": "Adaptation",
    "EXHIBITION_ID": "EXH_01",
    "FLOOR": "Vault",
    "DEPARTMENT": "Entomology",
    "START_DATE": "01/07/19",
    "DESCRIPTION": "Insects",
}
ADAPTATION = Exhibition("EXH_01", "Adaptation", "Vault", "Entomology", date(2019, 7, 1), "Insects")


def test_a_file() -> None:
    assert read_exhibition(b"\xef\xbb\xbf" + orjson.dumps(GOOD)) == ADAPTATION
    assert (ADAPTATION.site, ADAPTATION.exhibition_id) == (1, 2)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"EXHIBITION_ID": None}, "missing_exhibition_code"),
        ({"EXHIBITION_ID": "5"}, "exhibition_code_not_of_the_form_EXH_00"),
        ({"FLOOR": " "}, "missing_floor"),
        ({"DEPARTMENT": ["Zoology"]}, "department_not_text"),
        ({"START_DATE": "31/02/19"}, "start_date_not_a_date"),
        ({"DESCRIPTION": 3}, "description_not_text"),
    ],
)
def test_refusals(change: dict[str, Any], reason: str) -> None:
    assert read_exhibition(orjson.dumps(GOOD | change)) == Refusal((reason,))


@pytest.mark.parametrize(("body", "reason"), [(b"", "not_json"), (b"{", "not_json"), (b"[1]", "not_an_object")])
def test_what_is_no_object(body: bytes, reason: str) -> None:
    assert read_exhibition(body) == Refusal((reason,))


def test_the_real_files(shared: Path) -> None:
    files = sorted((shared / "data" / "kiosk_bucket").glob("*.json"))
    read = [read_exhibition(file.read_bytes()) for file in files]
    assert [e.exhibition_code for e in read if isinstance(e, Exhibition)] == [
        "EXH_01", "EXH_00", "EXH_05", "EXH_02", "EXH_04", "EXH_03",
    ]  # fmt: skip
