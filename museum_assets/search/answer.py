"""What readers of production get: works, why each was found, and counts to narrow the search by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, TypeVar

from museum_assets.collection.vectors.index import production_date
from resources.embedders.embedder import Vector

Value = TypeVar("Value", str, int, bool)
Counts = list[tuple[Value, int]]
"""Values with how many works have each, the most frequent first; centuries in their order."""


@dataclass(frozen=True, slots=True)
class QueryVector:
    """The vector of a query, and the model that made it."""

    model: str
    """The embedder's name, such as `clip`."""
    contract: str
    vector: Vector


class Reason(StrEnum):
    """Why a work was found."""

    OBJECT_NUMBER = "object number"
    TITLE = "exact title"
    ARTIST = "artist"
    WORDS = "words"
    LOOKS = "looks like it"
    DESCRIBED = "described like it"


@dataclass(frozen=True, slots=True)
class Why:
    """One reason; `words` are those of the query that the work has, for the reason WORDS."""

    reason: Reason
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Artwork:
    """A work as its museum's live release has it. Years are signed; text is the museum's and has to be escaped.

    `thumbnail` is the key in the bucket of production, None without one, and names its content: it never changes.
    `source_url` and `image_url` are addresses as the museum gave them. `harvested_when` is when the release's candidate
    was made of what had been harvested.
    """

    museum: str
    object_number: str
    release: int
    museum_db_id: str | None
    title: str | None
    artists: tuple[str, ...]
    production_date: str | None
    start: int | None
    end: int | None
    period: str | None
    work_types: tuple[str, ...]
    searchable_work_types: tuple[str, ...]
    rights: str | None
    source_url: str | None
    image_url: str | None
    thumbnail: str | None
    thumbnail_width: int | None
    thumbnail_height: int | None
    harvested_when: datetime | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Artwork:
        """Return the work of a row of `readers.artworks`."""
        start, end, period = row["production_date_start"], row["production_date_end"], row["period"]
        return cls(
            museum=row["museum"],
            object_number=row["object_number"],
            release=row["release_id"],
            museum_db_id=row["museum_db_id"],
            title=row["title"],
            artists=tuple(row["artists"] or ()),
            production_date=production_date(period, start, end),
            start=start,
            end=end,
            period=period,
            work_types=tuple(row["work_types"] or ()),
            searchable_work_types=tuple(row["searchable_work_types"] or ()),
            rights=row["rights"],
            source_url=row["source_url"],
            image_url=row["image_url"],
            thumbnail=row["object_key"],
            thumbnail_width=row["width"],
            thumbnail_height=row["height"],
            harvested_when=row["candidate_made_at"],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A work of an answer and why it is there; without reasons when nothing was asked for."""

    artwork: Artwork
    why: tuple[Why, ...] = ()


@dataclass(frozen=True, slots=True)
class Facets:
    """How many works each further choice would leave. The counts of a filter that is set are those without it."""

    museum: Counts[str] = field(default_factory=list)
    work_type: Counts[str] = field(default_factory=list)
    century: Counts[int] = field(default_factory=list)
    has_image: Counts[bool] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Artist:
    """An artist as the live releases have them. `names` are spellings, `museums` those with works and how many."""

    identity: str
    label: str
    names: tuple[str, ...]
    born: int | None
    died: int | None
    museums: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ArtistCount:
    """An artist of works that were found, and of how many."""

    identity: str
    label: str
    works: int


@dataclass(frozen=True, slots=True)
class MakerOf:
    """A maker of a work as the museum has it, and who that is. `qualifier` sets the work apart ("after")."""

    name: str
    role: str | None
    qualifier: str | None
    identity: str | None
    label: str | None


@dataclass(frozen=True, slots=True)
class PlaceOf:
    """A place of a work as the museum has it; `role` is made, found or depicted, None where the museum does not say.

    Without coordinates nobody was sure of them.
    """

    name: str
    role: str | None
    within: str | None
    latitude: float | None
    longitude: float | None
    identity: str | None


@dataclass(frozen=True, slots=True)
class MaterialOf:
    """A material of a work as the museum has it, with the numbers of its terms in Getty's AAT, where they are known."""

    term: str
    language: str | None
    aat: Sequence[str]


@dataclass(frozen=True, slots=True)
class SubjectOf:
    """What a work shows as the museum has it; `kind` is person for somebody who is portrayed.

    `identity` is an authority's, and `label` its name there. Without one nobody was sure of it.
    """

    name: str
    language: str | None
    kind: str | None
    identity: str | None
    label: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """What the museum says of a work beside its fields, in the museum's order."""

    places: Sequence[PlaceOf] = ()
    materials: Sequence[MaterialOf] = ()
    subjects: Sequence[SubjectOf] = ()


@dataclass(frozen=True, slots=True)
class ArtistNow:
    """An artist with their works in all museums, as one answer."""

    artist: Artist
    answer: Answer


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of an answer, all of it of one release per museum, which `releases` names.

    `corrected` is what was searched for instead of words with typing errors. `words_only` says that no vectors took
    part, because no model was ready.
    """

    found: Sequence[Found]
    total: int
    facets: Facets
    releases: Mapping[str, int]
    corrected: str | None = None
    words_only: bool = False
    artists: Sequence[ArtistCount] = ()
    """The artists with most of the works, to narrow the search by; as with facets, whichever artist was asked for."""


@dataclass(frozen=True, slots=True)
class LiveRelease:
    """The release of a museum that readers see: since when, and of what was harvested until when."""

    museum: str
    release: int
    promoted_at: datetime
    harvested_when: datetime | None
    works: int


@dataclass(frozen=True, slots=True)
class WorkNow:
    """A work, the live release that it is of, and the works that look like it or are described like it, best first."""

    artwork: Artwork
    live: LiveRelease
    similar: Sequence[Found]
    makers: Sequence[MakerOf] = ()
    beside: Beside = Beside()


@dataclass(frozen=True, slots=True)
class MuseumNow:
    """A museum's live release with its counts; `rights` are the museum's own statements, the most frequent first."""

    live: LiveRelease
    facets: Facets
    rights: Counts[str]
    works: Sequence[Found]
    """The first of its works, as a search without words lists them."""


@dataclass(frozen=True, slots=True)
class News:
    """What a museum's live release added and changed against the one that was live before it, with some of the works.

    `before` is that release's number, None for a first release, of which every work is new.
    """

    live: LiveRelease
    before: int | None
    added: int
    changed: int
    removed: int
    works: Sequence[tuple[Literal["added", "changed"], Artwork]]
