"""Reading exhibition files: one JSON object each, naming what stands at a site."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from museum_assets.kiosk.message import Refusal
from museum_assets.kiosk.museum import exhibition_code, exhibition_id, site_of

DATES = ("%d/%m/%y", "%d/%m/%Y", "%Y-%m-%d")
"""Day first, as UK files write them: 01/07/19 is 1 July 2019."""
CODE = re.compile(r"EXH_(\d{2,4})")
LONGEST = 10_000
"""Characters of a text; longer ones are no description but something else."""


@dataclass(frozen=True, slots=True)
class Exhibition:
    """What an exhibition file says. `exhibition_code` EXH_0n is site n."""

    exhibition_code: str
    name: str
    floor: str
    department: str
    start_date: date | None
    description: str | None

    @property
    def site(self) -> int:
        """Return the site that the code names."""
        return site_of(self.exhibition_code)

    @property
    def exhibition_id(self) -> int:
        """Return the id, site + 1 by construction."""
        return exhibition_id(self.site)


def read_exhibition(body: bytes) -> Exhibition | Refusal:
    """Return the exhibition in a file, or every reason why there is none. Names of columns count in any case."""
    try:
        found = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return Refusal(("not_json",))
    if not isinstance(found, dict):
        return Refusal(("not_an_object",))
    columns = {str(key).strip().lower(): value for key, value in found.items()}
    columns["exhibition_code"] = columns.pop("exhibition_id", None)
    reasons: list[str] = []
    code = _text(columns, "exhibition_code", reasons)
    name, floor, department = (_text(columns, key, reasons) for key in ("exhibition_name", "floor", "department"))
    if code is not None and not CODE.fullmatch(code):
        reasons.append("exhibition_code_not_of_the_form_EXH_00")
    start = _date(columns.get("start_date"), reasons)
    description = columns.get("description")
    if description is not None and not isinstance(description, str):
        reasons.append("description_not_text")
    if reasons or code is None or name is None or floor is None or department is None:
        return Refusal(tuple(reasons))
    text = str(description).strip()[:LONGEST] if description else None
    return Exhibition(exhibition_code(site_of(code)), name, floor, department, start, text)


def _text(columns: dict[str, Any], key: str, reasons: list[str]) -> str | None:
    value = columns.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)  # a floor may be written 1 as well as "1" or "Vault"
    if value is None or (isinstance(value, str) and not value.strip()):
        reasons.append(f"missing_{key}")
        return None
    if not isinstance(value, str) or len(value) > LONGEST or "\x00" in value:
        reasons.append(f"{key}_not_text")
        return None
    return value.strip()


def _date(value: Any, reasons: list[str]) -> date | None:
    if value is None or value == "":
        return None
    for form in DATES:
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007  a day has no zone
        except (TypeError, ValueError):
            continue
    reasons.append("start_date_not_a_date")
    return None
