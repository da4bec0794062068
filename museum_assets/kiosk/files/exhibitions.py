"""Reads exhibition files: one JSON object each, about the exhibition at one site."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from museum_assets.kiosk.stream.message import RefusalReasons
from museum_assets.museums.keys import is_too_long
from museum_assets.museums.kiosk_museum import exhibition_code, exhibition_id, site_of
from museum_assets.museums.text_repair import repaired

DATES = ("%d/%m/%y", "%d/%m/%Y", "%Y-%m-%d")
"""Day first, as UK files write them: 01/07/19 is 1 July 2019."""
CODE = re.compile(r"EXH_(\d{2,4})")
LONGEST_TEXT = 10_000
"""Characters. A longer description is cut, a longer name is refused."""


@dataclass(frozen=True, slots=True)
class Exhibition:
    """An exhibition as its file describes it. `exhibition_code` EXH_0n is site n."""

    exhibition_code: str
    name: str
    floor: str
    department: str
    start_date: date | None
    description: str | None
    text_repairs: tuple[str, ...] = ()
    """What was wrong with the file's text, such as `exhibition_name: windows_1252`."""

    @property
    def site(self) -> int:
        """The site that the code names."""
        return site_of(self.exhibition_code)

    @property
    def exhibition_id(self) -> int:
        """The id: site + 1."""
        return exhibition_id(self.site)


def read_exhibition(body: bytes) -> Exhibition | RefusalReasons:
    """Return the exhibition in a file, or every reason to refuse it. Upper and lower case of keys do not matter."""
    try:
        document = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return RefusalReasons(("not_json",))
    if not isinstance(document, dict):
        return RefusalReasons(("not_an_object",))
    columns = {str(key).strip().lower(): value for key, value in document.items()}
    columns["exhibition_code"] = columns.pop("exhibition_id", None)
    repairs = _repair(columns)
    reasons: list[str] = []
    code = _text(columns, "exhibition_code", reasons)
    name, floor, department = (_text(columns, key, reasons) for key in ("exhibition_name", "floor", "department"))
    if code is not None and not CODE.fullmatch(code):
        reasons.append("exhibition_code_not_of_the_form_EXH_00")
    # Both are names of rows of their own, and keys of an index.
    reasons += [f"{key}_too_long" for key in ("floor", "department") if is_too_long(str(columns.get(key)))]
    start = _date(columns.get("start_date"), reasons)
    description = columns.get("description")
    if description is not None and not isinstance(description, str):
        reasons.append("description_not_text")
    if reasons or code is None or name is None or floor is None or department is None:
        return RefusalReasons(tuple(reasons))
    text = str(description).strip()[:LONGEST_TEXT] if description else None
    return Exhibition(exhibition_code(site_of(code)), name, floor, department, start, text, repairs)


def _repair(columns: dict[str, Any]) -> tuple[str, ...]:
    """Repair the texts in place, and return what was wrong with which. A description keeps its lines."""
    wrong = []
    for key, value in columns.items():
        if isinstance(value, str):
            columns[key], found = repaired(value, keep_lines=key == "description")
            wrong += [f"{key}: {what}" for what in found]
    return tuple(wrong)


def _text(columns: dict[str, Any], key: str, reasons: list[str]) -> str | None:
    value = columns.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a floor may be 1, "1" or "Vault"
    if value is None or (isinstance(value, str) and not value.strip()):
        reasons.append(f"missing_{key}")
        return None
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        reasons.append(f"{key}_not_text")
        return None
    return value.strip()


def _date(value: Any, reasons: list[str]) -> date | None:
    if value is None or value == "":
        return None
    for form in DATES:
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007  a date has no zone
        except (TypeError, ValueError):
            continue
    reasons.append("start_date_not_a_date")
    return None
