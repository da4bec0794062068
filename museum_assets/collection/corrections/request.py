"""What a person asks to be corrected, read from a command's arguments or from a file of many."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, get_origin

from museum_assets.collection.corrections.apply import Kind
from museum_assets.core.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.work_types import SEARCHABLE, folded

_NOT_THESE = {"museum", "museum_db_id", "text_repairs", "makers"}
FIELDS = tuple(name for name in Artwork.model_fields if name not in _NOT_THESE)
"""The fields that can be corrected: not those that say which record it is, nor what the platform says of its text.
Makers follow the artists."""
SEVERAL = frozenset(name for name in FIELDS if get_origin(Artwork.model_fields[name].annotation) is tuple)
"""The fields that hold several texts, written with semicolons between them."""
DECISIONS: tuple[Kind, ...] = ("exclude", "wins")
"""What stands in place of a field, without a value: take the work out, or let it win over its duplicate."""
TERM = "term:"
"""What a museum's own word follows, in place of a field of an artwork."""
COLUMNS = ("artwork", "field", "value", "why", "until")


@dataclass(frozen=True, slots=True)
class Request:
    """One correction that is asked for. `place` says where, such as `line 3`, and is empty for a command's."""

    museum: str
    number: str
    kind: Kind
    field: str
    value: Any
    why: str
    until: date | None = None
    place: str = ""

    @property
    def name(self) -> str:
        """The artwork as a person calls it, the museum for one of its terms."""
        return f"{self.museum}:{self.number}" if self.number else self.museum


class NotCorrected(MuseumError):
    """Corrections that cannot be made. None of those that were asked for together is."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(["nothing was corrected:", *self.problems]))


def requested(artwork: str, field: str, value: Any, *, why: str, until: str | date | None, place: str = "") -> Request:
    """Return the correction that is asked for. Raises MuseumError(what is wrong with it)."""
    if field.startswith(TERM):
        return _term(artwork.strip(), field, value, why=why, until=until, place=place)
    slug, _, number = artwork.strip().partition(":")
    if slug not in MUSEUMS or not number:
        raise MuseumError(f"{artwork!r} is not museum:object_number, such as smk:KMS1 (museums: {', '.join(MUSEUMS)})")
    kind: Kind = next((each for each in DECISIONS if each == field), "field")
    if kind == "field" and field not in FIELDS:
        raise MuseumError(
            f"{field!r} is no field that can be corrected: choose from {', '.join(FIELDS)}; or {', '.join(DECISIONS)}"
        )
    if kind != "field" and value not in (None, "", True):
        raise MuseumError(f"{kind} takes no value, and here is {value!r}")
    return Request(slug, number, kind, field if kind == "field" else "", value if kind == "field" else None,
                   _reason(why), _day(until), place)  # fmt: skip


def _term(slug: str, field: str, value: Any, *, why: str, until: str | date | None, place: str) -> Request:
    """Return the mapping of a term that is asked for."""
    term = folded(field.removeprefix(TERM))
    if slug not in MUSEUMS or not term:
        raise MuseumError(f"{slug!r} is no museum whose term could be mapped (museums: {', '.join(MUSEUMS)})")
    types = [] if value is None else value
    if not isinstance(types, list) or (unknown := [each for each in types if each not in SEARCHABLE]):
        wrong = f"{', '.join(map(str, unknown))!r}" if isinstance(types, list) else f"{types!r:.80}"
        raise MuseumError(f"{wrong} cannot be searched for: give some of {', '.join(SEARCHABLE)}, with ; between them")
    return Request(slug, "", "term", term, [each for each in SEARCHABLE if each in types], _reason(why), _day(until),
                   place)  # fmt: skip


def _reason(why: str) -> str:
    if not why.strip():
        raise MuseumError("it does not say why: that is kept with it, and whoever finds it in a year will ask")
    return why.strip()


def from_text(field: str, text: str) -> Any:
    """Return the value that a text stands for: a list for a field of several, None for an empty text."""
    if field in SEVERAL or field.startswith(TERM):
        return [part.strip() for part in text.split(";") if part.strip()]
    return text.strip() or None


def read_file(file: Path, *, why: str, until: str | None) -> list[Request]:
    """Return the corrections in a file, CSV or JSON by its name; `why` and `until` are for those that say none.

    Raises NotCorrected with everything that is wrong, each with its place.
    """
    problems: list[str] = []
    found: list[Request] = []
    for place, row in _rows(file):
        try:
            found.append(_of_row(row, place, why=why, until=until))
        except MuseumError as error:
            problems.append(f"{place}: {error}")
    problems += _twice(found)
    if problems:
        raise NotCorrected(problems)
    if not found:
        raise MuseumError(f"{file} holds no corrections: its columns are {', '.join(COLUMNS)}, a row for each")
    return found


def _of_row(row: Mapping[str, Any] | MuseumError, place: str, *, why: str, until: str | None) -> Request:
    if isinstance(row, MuseumError):
        raise row
    if unknown := sorted(set(row) - set(COLUMNS)):
        raise MuseumError(f"unknown: {', '.join(unknown)}; there are {', '.join(COLUMNS)}")
    return requested(
        _text(row, "artwork"), _text(row, "field").strip(), row.get("value"),
        why=_text(row, "why") or why, until=_text(row, "until") or until, place=place,
    )  # fmt: skip


def _twice(found: Iterable[Request]) -> Iterator[str]:
    places: dict[tuple[str, str, str, str], str] = {}
    for each in found:
        key = (each.museum, each.number, each.kind, each.field)
        if key in places:
            yield f"{each.place}: {each.name} {each.field or each.kind} stands in {places[key]} already"
        places.setdefault(key, each.place)


Rows = Iterator[tuple[str, Mapping[str, Any] | MuseumError]]


def _rows(file: Path) -> Rows:
    """Yield (place, row, or what is wrong with it) of a file. Raises MuseumError when it is not what its name says."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MuseumError(f"{file} cannot be read: {error}") from error
    if file.suffix.lower() == ".csv":
        yield from _csv_rows(file, text)
    elif file.suffix.lower() == ".json":
        yield from _json_rows(file, text)
    else:
        raise MuseumError(f"{file} is neither .csv nor .json by its name: the ending says how it is read")


def _csv_rows(file: Path, text: str) -> Rows:
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        header = reader.fieldnames or ()
        if missing := [name for name in ("artwork", "field", "value") if name not in header]:
            raise MuseumError(
                f"{file} has no column {', '.join(missing)} in its first line, which is {','.join(header)!r:.100}: "
                f"the columns are {','.join(COLUMNS)}, with commas between them"
            )
        for row in reader:
            place = f"line {reader.line_num}"
            if None in row or None in row.values():
                yield place, MuseumError("it has not as many columns as the first line: quote a text with commas")
            elif any(row.values()):
                yield place, {**row, "value": from_text(row["field"].strip(), row["value"])}
    except csv.Error as error:
        raise MuseumError(f"{file}, line {reader.line_num}, is no CSV: {error}") from error


def _json_rows(file: Path, text: str) -> Rows:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise MuseumError(f"{file} is no JSON: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise MuseumError(f'{file} should be a list of objects such as {{"artwork": "smk:KMS1", "field": "title", …}}')
    for number, entry in enumerate(entries, start=1):
        yield f"entry {number}", entry


def _text(row: Mapping[str, Any], column: str) -> str:
    value = row.get(column)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MuseumError(f"{column} should be text and is {json.dumps(value):.80}")
    return value


def _day(until: str | date | None) -> date | None:
    if until is None or isinstance(until, date):
        return until
    try:
        return date.fromisoformat(until.strip()) if until.strip() else None
    except ValueError as error:
        raise MuseumError(f"until {until!r} is not a day: write it as 2027-06-30") from error
