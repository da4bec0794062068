"""Records that no museum should send and some day one does: each poison is one record that a reader must survive.

A listing that holds one is otherwise in order. JSON that orjson does not write (lone surrogates, NaN, integers beyond
64 bits, deep nesting, bytes that are not UTF-8) is written by `encoded`.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from hashlib import shake_256
from typing import Any

import orjson

from museum_assets.simulator.edm import OaiRecord

DEPTH, XML_DEPTH = 300, 3_000
LONG = 3_000
BAD_HOST = "http://xn--/"
_RAW_BYTE, _ESCAPED_BYTE = "\udce9", rb"\udce9"
"""Stands for the byte 0xE9, which is é in Latin-1 and no UTF-8, until the answer is encoded."""


class Poison(StrEnum):
    """What is wrong with one record; the rest of it stays as it is."""

    LONE_SURROGATE = "lone_surrogate"
    BROKEN_UTF8 = "broken_utf8"
    NESTED = "nested"
    LONG_NUMBER = "long_number"
    LONG_ID = "long_id"
    BAD_HOST = "bad_host"
    NUL = "nul"
    C1_CONTROLS = "c1_controls"
    NAN = "nan"
    HUGE_INTEGER = "huge_integer"
    FAR_YEAR = "far_year"
    WRONG_TYPES = "wrong_types"


class _NotANumber(float):
    """NaN that orjson refuses, where it would write a plain one as null."""


def poisoned(slug: str, record: Any, poison: Poison) -> Any:
    """Return a museum's record with this poison in it."""
    if isinstance(record, OaiRecord):
        return _poisoned_xml(record, poison)
    if poison is Poison.WRONG_TYPES:
        kept = LEARNT[slug].get("id") if slug in LEARNT else _IDS[slug]
        return {key: value if key == kept else _turned(value) for key, value in record.items()}
    return record | _PATCHES[poison](slug, record)


def encoded(content: Any, option: int = 0) -> bytes:
    """Return content as JSON bytes, poisons included."""
    try:
        return orjson.dumps(content, option=option)
    except TypeError:
        return json.dumps(content).encode().replace(_ESCAPED_BYTE, b"\xe9")


_IDS = {"smk": "id", "met": "objectID", "cma": "id", "aic": "id", "tate": "id"}
_NUMBERS = {
    "smk": "object_number", "met": "accessionNumber", "cma": "accession_number", "aic": "main_reference_number",
    "tate": "acno",
}  # fmt: skip


LEARNT: dict[str, dict[str, str]] = {}
"""Of declared museums, the top-level key of `id`, `number`, `title`, `year` and `image`, where there is one."""


def _patch(slug: str, what: str, value: Any) -> dict[str, Any]:
    return {key: value} if (key := LEARNT[slug].get(what)) else {}


def _title(slug: str, title: Any) -> dict[str, Any]:
    if slug in LEARNT:
        return _patch(slug, "title", title)
    return {"titles": [{"title": title, "language": "dansk"}]} if slug == "smk" else {"title": title}


def _year(slug: str, year: Any) -> dict[str, Any]:
    if slug in LEARNT:
        return _patch(slug, "year", year)
    patches: dict[str, dict[str, Any]] = {
        "smk": {"production_date": [{"start": year, "end": year, "period": "?"}]},
        "met": {"objectBeginDate": year, "objectEndDate": year},
        "cma": {"creation_date_earliest": year, "creation_date_latest": year},
        "aic": {"date_start": year, "date_end": year},
        "tate": {"dateRange": {"startYear": year, "endYear": year, "text": "?"}},
    }
    return patches[slug]


def _image(slug: str, url: str) -> dict[str, Any]:
    if slug in LEARNT:
        return _patch(slug, "image", url)
    patches: dict[str, dict[str, Any]] = {
        "smk": {"image_thumbnail": url},
        "met": {"primaryImageSmall": url},
        "cma": {"images": {"web": {"url": url}, "print": {"url": url}}},
        # AIC's records name no address: the listing does, for all of them.
        "aic": {"image_id": url},
        "tate": {"thumbnailUrl": url},
    }
    return patches[slug]


def _long(slug: str, what: str, record: dict[str, Any]) -> dict[str, Any]:
    key = LEARNT[slug].get(what, "") if slug in LEARNT else (_IDS if what == "id" else _NUMBERS)[slug]
    if key not in record:
        return {}
    # Letters that do not compress: Postgres indexes a long run of one letter without complaint.
    return {key: f"{record[key]}-{_random_text(f'{slug}{record[key]}')}"}


def _random_text(seed: str) -> str:
    return urlsafe_b64encode(shake_256(seed.encode()).digest(LONG * 3 // 4)).decode()


_PATCHES: dict[Poison, Callable[[str, dict[str, Any]], dict[str, Any]]] = {
    Poison.LONE_SURROGATE: lambda slug, _: _title(slug, "A \ud800 alone"),
    Poison.BROKEN_UTF8: lambda slug, _: _title(slug, f"Caf{_RAW_BYTE}"),
    Poison.NESTED: lambda slug, _: _title(slug, _nested()),
    Poison.LONG_NUMBER: lambda slug, record: _long(slug, "number", record),
    Poison.LONG_ID: lambda slug, record: _long(slug, "id", record),
    Poison.BAD_HOST: lambda slug, _: _image(slug, BAD_HOST),
    Poison.NUL: lambda slug, _: _title(slug, "Nul\x00l"),
    Poison.C1_CONTROLS: lambda slug, _: _title(slug, "Michael\x92s"),
    Poison.NAN: lambda slug, _: _year(slug, _NotANumber("nan")),
    Poison.HUGE_INTEGER: lambda slug, _: _year(slug, 10**400),
    Poison.FAR_YEAR: lambda slug, _: _year(slug, 10**9),
}


def _nested() -> list[Any]:
    value: list[Any] = []
    for _ in range(DEPTH):
        value = [value]
    return value


def _turned(value: Any) -> Any:
    """Return a value of another type: a list for a text, a number for an object, an object for all else."""
    if isinstance(value, str):
        return [value]
    return 7 if isinstance(value, dict) else {"value": value}


_CHO = re.compile(r"(<edm:ProvidedCHO[^>]*>)")


def _poisoned_xml(record: OaiRecord, poison: Poison) -> OaiRecord:
    """Return an OAI record with the poison as XML can hold it; with the first three and NUL, the page is no XML."""
    created = {Poison.NAN: "NaN", Poison.HUGE_INTEGER: str(10**400), Poison.FAR_YEAR: str(10**9)}
    titles = {
        Poison.LONE_SURROGATE: "A &#xD800; alone",
        Poison.BROKEN_UTF8: f"Caf{_RAW_BYTE}",
        Poison.NUL: "Nul\x00l",
        Poison.C1_CONTROLS: "Michael\x92s",
        Poison.NESTED: "<dc:x>" * XML_DEPTH + "</dc:x>" * XML_DEPTH,
    }
    if poison in titles:
        return _with(record, f'<dc:title xml:lang="en">{titles[poison]}</dc:title>')
    if poison in created:
        return _with(record, f'<dcterms:created xml:lang="en">{created[poison]}</dcterms:created>')
    if poison is Poison.LONG_NUMBER:
        return _with(record, f"<dc:identifier>{_random_text(record.id)}</dc:identifier>")
    if poison is Poison.LONG_ID:
        return replace(record, id=f"{record.id}-{_random_text(record.id)}")
    if poison is Poison.BAD_HOST:
        return replace(record, image=BAD_HOST).with_image(BAD_HOST)
    return replace(record, cho="text where elements belong", whole=_CHO.sub(r"\1text", record.whole))


def _with(record: OaiRecord, element: str) -> OaiRecord:
    """Return the record with this element before all others of its object."""
    if record.whole:
        return replace(record, whole=_CHO.sub(lambda cho: cho[0] + element, record.whole, count=1))
    return replace(record, cho=element + record.cho)
