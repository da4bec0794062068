"""Reading the fields of a record that may have any shape, for every museum's `read`.

A key that is absent, null or empty has no value. A key that holds a shape which its museum's API never sent is
rejected as `malformed_record`: guessing would hide that the API has changed. The functions take the record and
the key, not the value, so that the rejection can name the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from museum_assets.core.failures import Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.keys import LONGEST_KEY, is_too_long
from museum_assets.museums.text_repair import SURROGATES, is_clean, repaired

KEYS = {"museum_db_id": "id_too_long", "object_number": "object_number_too_long"}
"""The fields that are keys of indexes, and the code of one that is too long for it."""

JsonObject = Mapping[str, Any]

TEXTS = ("object_number", "museum_db_id", "title", "artists", "period", "work_types", "rights")
"""The fields that people read. Addresses are left as they are: a server knows them by their bytes."""

_validated: Callable[[dict[str, Any]], Artwork] = Artwork.__pydantic_validator__.validate_python
"""What `Artwork(**fields)` calls; called directly, the fields are not passed by name a second time."""


def malformed(field: str, expected: str, value: object) -> Rejected:
    """Return the rejection of a field whose shape does not fit; the caller raises it."""
    return Rejected("malformed_record", f"{field} should be {expected} but is {type(value).__name__} {value!r:.80}")


def as_text(value: object, field: str) -> str | None:
    """Return a trimmed string, an integer as text, or None for null and blank; Rejected for anything else."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise malformed(field, "text", value)


def text(record: JsonObject, key: str) -> str | None:
    """Return `record[key]` as trimmed text, None when absent, null or blank."""
    value = record.get(key)
    # Called a dozen times a record: the usual case needs no second call.
    return value.strip() or None if type(value) is str else as_text(value, key)


def texts(record: JsonObject, key: str) -> tuple[str, ...]:
    """Return `record[key]`, a list of texts or one text, as distinct non-blank texts in their order."""
    value = record.get(key)
    if value is None:
        return ()
    if type(value) is str:  # as nearly always, and five times a record
        return (value,) if (value := value.strip()) else ()
    values = value if isinstance(value, list) else [value]
    return distinct([as_text(each, key) for each in values])


def distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return the texts without None, blanks and repetitions, in their order."""
    return tuple(dict.fromkeys(filter(None, values)))


def mapping(record: JsonObject, key: str) -> dict[str, Any]:
    """Return the object at `record[key]`, {} when absent, null or empty."""
    value = record.get(key)
    if not value:
        return {}
    if not isinstance(value, dict):
        raise malformed(key, "an object", value)
    return value


def items(record: JsonObject, key: str) -> list[Any]:
    """Return the list at `record[key]`, [] when absent, null or empty."""
    value = record.get(key)
    if not value:
        return []
    if not isinstance(value, list):
        raise malformed(key, "a list", value)
    return value


def mappings(record: JsonObject, key: str) -> list[dict[str, Any]]:
    """Return the list of objects at `record[key]`, [] when absent, null or empty, without null entries."""
    entries = []
    for entry in items(record, key):
        if isinstance(entry, dict):
            entries.append(entry)
        elif entry is not None:
            raise malformed(f"{key}[]", "an object", entry)
    return entries


def build_artwork(**fields: Any) -> Artwork:
    """Return the Artwork, or raise the Rejected that all museums share for what it lacks.

    Codes: `no_id`, `no_object_number`, `id_too_long`, `object_number_too_long`, `no_image`, `work_type_out_of_scope`,
    `malformed_record`. Each museum first decides for itself on `not_public_domain`, and passes no
    `searchable_work_types` out of its scope. Text is repaired here, whatever the museum, and the artwork says so.
    """
    for rejection in lacking(fields):
        raise rejection
    if not is_clean("".join([fields["object_number"], fields["museum_db_id"], fields["title"] or "",
                             *fields["artists"], fields["period"] or "", *fields["work_types"],
                             fields["rights"] or ""])):  # fmt: skip
        fields |= _repaired(fields)
    try:
        return _validated(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Rejected("malformed_record", f"{field}: {first['msg']}") from error


def lacking(fields: Mapping[str, Any]) -> Iterator[Rejected]:
    """Yield a rejection for everything that an artwork with these fields would lack, the first to be told first."""
    if not fields["museum_db_id"]:
        yield Rejected("no_id", "the record has no internal id")
    if not fields["object_number"]:
        yield Rejected("no_object_number", "the record has no object number")
    for name, code in KEYS.items():
        if (key := fields[name]) and is_too_long(key):
            message = f"{name} has {len(key):,} characters, beyond {LONGEST_KEY:,} bytes: {key:.80}…"
            yield Rejected(code, message)
    if not fields["thumbnail_url"]:
        yield Rejected("no_image", "the record names no image to make a thumbnail of")
    if not fields["searchable_work_types"]:
        given = ", ".join(fields["work_types"]) or "none"
        yield Rejected("work_type_out_of_scope", f"no work type within this museum's scope among: {given}")


def _repaired(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of TEXTS repaired, and `text_repairs`: what was wrong with which."""
    better: dict[str, Any] = {}
    wrong: dict[str, None] = {}
    for field in TEXTS:
        value = fields[field]
        several = isinstance(value, tuple)
        results = [repaired(each) for each in (value if several else [value]) if each is not None]
        if field in KEYS and any(SURROGATES in all_wrong for _, all_wrong in results):
            continue  # nobody can say which record it is: malformed
        wrong |= dict.fromkeys(f"{field}: {what}" for _, all_wrong in results for what in all_wrong)
        texts_ = distinct(text.strip() for text, _ in results)
        better[field] = texts_ if several else next(iter(texts_), None)
    return better | {"text_repairs": tuple(wrong)}
