"""What the API may be asked, and how its description says so."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from museum_assets.museums import MUSEUMS
from museum_assets.museums.work_types import SEARCHABLE
from museum_assets.readers.problems import ADVICE, MEDIA_TYPE
from museum_assets.search.question import CENTURIES, DEEPEST, LARGEST_LIMIT, LONGEST_IDENTITY, LONGEST_WORDS


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of answers that are none; a client may always ask too much, or too early."""
    return {
        status: {
            "description": ADVICE[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
        }
        for status in sorted({*statuses, 429, 503})
    }


MuseumSlug = Annotated[str, Path(description="The museum.", json_schema_extra={"enum": list(MUSEUMS)})]
Number = Annotated[str, Path(description="The object number.", min_length=1)]
Words = Annotated[
    str,
    Query(max_length=LONGEST_WORDS, description="Words, an artist, a title or an object number; none list all works."),
]
OfMuseum = Annotated[str | None, Query(description="Only this museum.", json_schema_extra={"enum": list(MUSEUMS)})]
OfType = Annotated[
    str | None, Query(alias="type", description="Only this type.", json_schema_extra={"enum": list(SEARCHABLE)})
]
OfCentury = Annotated[
    int | None,
    Query(
        ge=CENTURIES[0],
        le=CENTURIES[1],
        description="Only works that may be of this century: 17 is 1601 to 1700, -1 the one before year 1.",
        json_schema_extra={"not": {"const": 0}},
    ),
]
WithImage = Annotated[bool | None, Query(alias="image", description="Only works with a picture, or without one.")]
OfArtist = Annotated[
    str | None, Query(max_length=LONGEST_IDENTITY, description="Only this artist, in whichever museum: an identity.")
]
Identity = Annotated[
    str, Path(description="The artist's identity, such as `wikidata:Q5598`.", min_length=1, max_length=LONGEST_IDENTITY)
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="How many works.")]
Offset = Annotated[
    int, Query(ge=0, le=DEEPEST - LARGEST_LIMIT, description="How many works of the answer are left out before.")
]
