"""The shapes of the API's answers, from which its description is made."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class ProblemOut(BaseModel):
    """An answer that is none (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


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


class PlaceOut(BaseModel):
    """A place of a work. Without coordinates nobody was sure of them."""

    name: str
    role: str | None = Field(description="made, found or depicted; null where the museum does not say.")
    within: str | None = Field(description="The larger place that the museum names.")
    latitude: float | None
    longitude: float | None
    identity: str | None = Field(description="At an authority, such as wikidata:Q1748.")


class MaterialOut(BaseModel):
    """A material or a technique in the museum's own words."""

    term: str
    language: str | None
    aat: list[str] = Field(description="Numbers of its terms in Getty's Art & Architecture Thesaurus.")


class SubjectOut(BaseModel):
    """What a work shows, in the museum's own words."""

    name: str
    language: str | None
    kind: str | None = Field(description="person for somebody who is portrayed; null for all else.")
    identity: str | None = Field(description="At an authority, such as wikidata:Q146911; null where nobody was sure.")
    label: str | None = Field(description="Its name there.")
    page: str | None = Field(description="The authority's page of it.")


class WorkDetails(Work):
    """A work with what its museum says beside."""

    places: list[PlaceOut]
    materials: list[MaterialOut]
    subjects: list[SubjectOut]


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


class ArtistFound(BaseModel):
    """An artist of works that were found."""

    identity: str = Field(description="What `artist` searches.")
    name: str
    works: int = Field(description="How many works this choice would leave.")
    page: str


class ArtistOut(BaseModel):
    """An artist across museums, as their live releases have it. Works after the artist are not among the artist's."""

    identity: str
    name: str
    names: list[str] = Field(description="As the museums write it.")
    born: int | None
    died: int | None
    works: list[Count] = Field(description="By museum.")
    hits: list[Hit]
    page: str


class SearchAnswer(BaseModel):
    """One page of an answer, of one release per museum."""

    total: int
    hits: list[Hit]
    facets: FacetsOut
    artists: list[ArtistFound] = Field(description="The 20 with most of the works, and the one asked for.")
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
