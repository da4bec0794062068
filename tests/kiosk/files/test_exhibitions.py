from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from museum_assets.kiosk.files.exhibitions import Exhibition, read_exhibition
from museum_assets.kiosk.stream.message import RefusalReasons

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
        ({"FLOOR": "é" * 501}, "floor_too_long"),
        ({"DEPARTMENT": "x" * 1_001}, "department_too_long"),
    ],
)
def test_refusals(change: dict[str, Any], reason: str) -> None:
    assert read_exhibition(orjson.dumps(GOOD | change)) == RefusalReasons((reason,))


def test_a_nul_is_left_out_of_a_description() -> None:
    expected = replace(ADAPTATION, text_repairs=("description: control_character",))
    assert read_exhibition(orjson.dumps(GOOD | {"DESCRIPTION": "In\x00sects"})) == expected


@pytest.mark.parametrize(("body", "reason"), [(b"", "not_json"), (b"{", "not_json"), (b"[1]", "not_an_object")])
def test_what_is_no_object(body: bytes, reason: str) -> None:
    assert read_exhibition(body) == RefusalReasons((reason,))


def test_the_real_files(shared: Path) -> None:
    files = sorted((shared / "data" / "kiosk_bucket").glob("*.json"))
    read = [read_exhibition(file.read_bytes()) for file in files]
    assert [e.exhibition_code for e in read if isinstance(e, Exhibition)] == [
        "EXH_01", "EXH_00", "EXH_05", "EXH_02", "EXH_04", "EXH_03",
    ]  # fmt: skip


def test_text_is_repaired_and_the_exhibition_says_so() -> None:
    changes = {"EXHIBITION_NAME": "Michael\x92s\nbees", "DESCRIPTION": "One\n\nMo\u0308lln\x00"}
    read = read_exhibition(orjson.dumps(GOOD | changes))
    assert isinstance(read, Exhibition)
    assert (read.name, read.description) == ("Michael’s bees", "One\n\nM\u00f6lln")
    assert set(read.text_repairs) == {
        "exhibition_name: windows_1252",
        "exhibition_name: line_break",
        "description: control_character",
        "description: not_nfc",
    }
