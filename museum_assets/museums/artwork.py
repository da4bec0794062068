"""The common artwork that every museum's record is read into."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Year = Annotated[int, Field(ge=-10_000, le=2_100)]


class Artwork(BaseModel):
    """One artwork. Years are astronomical-free signed years (BCE negative); empty text is None, never ''.

    `work_types` keeps the museum's own words; `searchable_work_types` the standard English ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    museum: Text
    object_number: Text
    museum_db_id: Text
    title: Text | None
    artists: tuple[Text, ...]
    production_date_start: Year | None
    production_date_end: Year | None
    period: Text | None
    work_types: tuple[Text, ...]
    searchable_work_types: tuple[Text, ...]
    thumbnail_url: Text
    image_url: Text | None
    rights: Text
    source_url: Text | None
