"""The common artwork that every museum's record is read into."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from museum_assets.museums.keys import LONGEST_KEY, is_too_long
from museum_assets.museums.maker import Maker, NonEmptyText, Year
from museum_assets.museums.material import Material
from museum_assets.museums.place import Place
from museum_assets.museums.subject import Subject


def _bounded(key: str) -> str:
    if is_too_long(key):
        raise ValueError(f"must have at most {LONGEST_KEY:,} bytes")
    return key


Key = Annotated[NonEmptyText, AfterValidator(_bounded)]


class Artwork(BaseModel):
    """One artwork. Years are astronomical-free signed years (BCE negative); empty text is None, never ''.

    `work_types` keeps the museum's own words; `searchable_work_types` the standard English ones. `text_repairs` says
    what was wrong with the museum's text, such as `title: windows_1252`. `artists` are names for readers, `makers` what
    the museum says of them. `places`, `materials` and `subjects` are said beside, too: a strange shape of theirs costs
    no artwork.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    museum: NonEmptyText
    object_number: Key
    museum_db_id: Key
    title: NonEmptyText | None
    artists: tuple[NonEmptyText, ...]
    production_date_start: Year | None
    production_date_end: Year | None
    period: NonEmptyText | None
    work_types: tuple[NonEmptyText, ...]
    searchable_work_types: tuple[NonEmptyText, ...]
    thumbnail_url: NonEmptyText
    image_url: NonEmptyText | None
    rights: NonEmptyText
    source_url: NonEmptyText | None
    text_repairs: tuple[str, ...] = ()
    makers: tuple[Maker, ...] = ()
    places: tuple[Place, ...] = ()
    materials: tuple[Material, ...] = ()
    subjects: tuple[Subject, ...] = ()
