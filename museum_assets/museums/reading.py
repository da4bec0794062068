"""How every museum's `read` looks into a record it cannot trust.

A key that is absent, null or empty is nothing found. A key that holds another shape than its museum's API has
ever sent is `malformed_record`: guessing would hide that the API has changed. The functions take the record
and the key, not the value, so that the rejection can name the field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from museum_assets.failures import Rejected
from museum_assets.museums.artwork import Artwork

Record = Mapping[str, Any]

_validated: Callable[[dict[str, Any]], Artwork] = Artwork.__pydantic_validator__.validate_python
"""What `Artwork(**fields)` calls, without passing every field by name once more."""


def malformed(field: str, expected: str, value: object) -> Rejected:
    """Return the rejection of a field whose shape does not fit; the caller raises it."""
    return Rejected("malformed_record", f"{field} should be {expected} but is {type(value).__name__} {value!r:.80}")


def as_text(value: object, field: str) -> str | None:
    """Return a trimmed string, an integer as text, or None for null and blank; Rejected for anything else."""
    if isinstance(value, str):
        # PostgreSQL's text and jsonb cannot hold NUL; inside a name or a title it means nothing.
        return (value.replace("\x00", "") if "\x00" in value else value).strip() or None
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise malformed(field, "text", value)


def text(record: Record, key: str) -> str | None:
    """Return `record[key]` as trimmed text, None when absent, null or blank."""
    value = record.get(key)
    # Asked a dozen times a record: the usual case does without a second call.
    return value.strip() or None if type(value) is str and "\x00" not in value else as_text(value, key)


def texts(record: Record, key: str) -> tuple[str, ...]:
    """Return `record[key]`, a list of texts or one text, as distinct non-blank texts in their order."""
    value = record.get(key)
    values = value if isinstance(value, list) else [value]
    return distinct([as_text(each, key) for each in values])


def distinct(values: Iterable[str | None]) -> tuple[str, ...]:
    """Return the texts without None, blanks and repetitions, in their order."""
    return tuple(dict.fromkeys(filter(None, values)))


def mapping(record: Record, key: str) -> dict[str, Any]:
    """Return the object at `record[key]`, {} when absent, null or empty."""
    value = record.get(key)
    if not value:
        return {}
    if not isinstance(value, dict):
        raise malformed(key, "an object", value)
    return value


def items(record: Record, key: str) -> list[Any]:
    """Return the list at `record[key]`, [] when absent, null or empty."""
    value = record.get(key)
    if not value:
        return []
    if not isinstance(value, list):
        raise malformed(key, "a list", value)
    return value


def mappings(record: Record, key: str) -> list[dict[str, Any]]:
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

    Codes: `no_id`, `no_object_number`, `no_image`, `work_type_out_of_scope`, `malformed_record`. Each museum
    first decides for itself on `not_public_domain`, and passes no `searchable_work_types` out of its scope.
    """
    if not fields["museum_db_id"]:
        raise Rejected("no_id", "the record has no internal id")
    if not fields["object_number"]:
        raise Rejected("no_object_number", "the record has no object number")
    if not fields["thumbnail_url"]:
        raise Rejected("no_image", "the record names no image to make a thumbnail of")
    if not fields["searchable_work_types"]:
        given = ", ".join(fields["work_types"]) or "none"
        raise Rejected("work_type_out_of_scope", f"no work type within this museum's scope among: {given}")
    try:
        return _validated(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Rejected("malformed_record", f"{field}: {first['msg']}") from error
