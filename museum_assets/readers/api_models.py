"""The shapes of the API's answers, from which its description is made."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from museum_assets.museums import MUSEUMS
from museum_assets.museums.work_types import SEARCHABLE
from museum_assets.readers.problems import ADVICE, MEDIA_TYPE
from museum_assets.search.question import CENTURIES, DEEPEST, LARGEST_LIMIT, LONGEST_WORDS


class ProblemOut(BaseModel):
    """An answer that is none (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


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
Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="How many works.")]
Offset = Annotated[
    int, Query(ge=0, le=DEEPEST - LARGEST_LIMIT, description="How many works of the answer are left out before.")
]


class Work(BaseModel):
    """A work as its museum's live release has it. Years are signed."""

    museum: str
    object_number: str
    title: str | None
    artists: list[str]
    date: str | None = Field(description="As people read it.")
    year_from: int | None
    year_to: int | None
    work_types: list[str] = Field(description="In the museum's own words.")
    types: list[str] = Field(description="What `type` searches.")
    rights: str | None
    source: str | None = Field(description="The museum's page of the work.")
    museum_id: str | None = Field(description="The museum's own id of the record.")
    release: int
    harvested: datetime | None
    page: str
    thumbnail: str | None
    thumbnail_width: int | None
    thumbnail_height: int | None


class Reason(BaseModel):
    """Why a work was found."""

    reason: str
    words: list[str] = Field(description="Those of the search that the work has.")


class Hit(BaseModel):
    """A work that was found."""

    work: Work
    why: list[Reason]


class Count(BaseModel):
    """How many works a choice would leave."""

    value: str | int | bool
    works: int


class FacetsOut(BaseModel):
    """The choices to narrow a search by."""

    museum: list[Count]
    type: list[Count]
    century: list[Count]
    image: list[Count]


class SearchAnswer(BaseModel):
    """One page of an answer, of one release per museum."""

    total: int
    hits: list[Hit]
    facets: FacetsOut
    releases: dict[str, int]
    corrected: str | None = Field(description="What was searched for instead of words with typing errors.")
    words_only: bool = Field(description="That no vectors took part, since the model still loads.")


class SimilarAnswer(BaseModel):
    """Works that are like another one, or like an image."""

    hits: list[Hit]


class MuseumOut(BaseModel):
    """A museum's live release."""

    museum: str
    name: str
    works: int
    release: int
    promoted: datetime
    harvested: datetime | None
    page: str


class MuseumDetails(MuseumOut):
    """A museum's live release with its counts."""

    facets: FacetsOut
    rights: list[Count]


class Change(BaseModel):
    """A work that a release added or changed."""

    how: str
    work: Work


class NewsOut(MuseumOut):
    """What a museum's live release changed against the one before it."""

    before: int | None
    added: int
    changed: int
    removed: int
    changes: list[Change]
