"""Applying a record's corrections as it is mapped. Pure, and quick to import, as other processes do it too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import orjson
from pydantic import ValidationError

from museum_assets.core.failures import Failure, Rejected
from museum_assets.museums.artwork import Artwork
from museum_assets.museums.maker import named

Kind = Literal["field", "exclude", "wins", "term"]
EXCLUDED = "excluded"
"""The code of a record that a person took out."""


class CorrectionRefused(Failure):
    """A record's correction no longer fits an artwork."""

    code, permanent = "correction_refused", True


def decisions(corrections: bytes) -> list[dict[str, Any]]:
    """Return a record's corrections, which its input holds as JSON: id, kind, field, value, by and why of each."""
    found: list[dict[str, Any]] = orjson.loads(corrections)
    return found


def refuse_excluded(made: Iterable[Mapping[str, Any]]) -> None:
    """Raise Rejected(excluded) when one of the corrections takes the record out."""
    for each in made:
        if each["kind"] == "exclude":
            message = f"excluded by {each['by']}: {each['why']} (`museum corrections drop {each['id']}` takes it back)"
            raise Rejected(EXCLUDED, message)


def corrected(artwork: Artwork, made: Iterable[Mapping[str, Any]]) -> Artwork:
    """Return the artwork with its corrected fields. Raises CorrectionRefused when one does not fit."""
    values = {each["field"]: each["value"] for each in made if each["kind"] == "field"}
    if not values:
        return artwork
    try:
        better = Artwork.model_validate(dict(artwork) | values)
        if "artists" not in values:
            return better
        # Who was corrected is another maker: what the museum says of the former one does not fit.
        return better.model_copy(update={"makers": named(better.artists, artwork.artists, artwork.makers)})
    except ValidationError as error:
        field, problem = first_problem(error)
        number = next((each["id"] for each in made if each["field"] == field), "ID")
        raise CorrectionRefused(
            f"the correction of {field} does not fit: {problem}. `museum corrections drop {number}` takes it back"
        ) from error


def first_problem(error: ValidationError) -> tuple[str, str]:
    """Return (field, what is wrong with it) of what a validation found first."""
    first = error.errors(include_url=False, include_input=False)[0]
    return str(first["loc"][0]) if first["loc"] else "", first["msg"].removeprefix("Value error, ")
