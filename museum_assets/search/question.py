"""What can be asked of production: words, filters, and which part of the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from museum_assets.core.failures import MuseumError
from museum_assets.museums import MUSEUMS
from museum_assets.museums.work_types import SEARCHABLE

LONGEST_WORDS = 300
LONGEST_IDENTITY = 1_200
LARGEST_LIMIT = 100
DEEPEST = 1000
"""How many works of an answer can be reached page by page."""
CENTURIES = (-100, 21)
"""The first and the last century: a record's years lie between -10,000 and 2,100."""


class BadQuestion(MuseumError):
    """A question that has no answer. The message names what can be asked."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the works must be; None asks nothing. Raises BadQuestion.

    `century` 17 is 1601 to 1700, -1 is the century before year 1. A work is of every century that its dates touch.
    """

    museum: str | None = None
    work_type: str | None = None
    century: int | None = None
    has_image: bool | None = None
    artist: str | None = None
    """An identity across museums, such as `wikidata:Q5598`."""

    def __post_init__(self) -> None:
        """Refuse what no work can be."""
        if self.museum is not None and self.museum not in MUSEUMS:
            raise BadQuestion(f"unknown museum {self.museum!r}: choose from {', '.join(MUSEUMS)}")
        if self.work_type is not None and self.work_type not in SEARCHABLE:
            raise BadQuestion(f"unknown work type {self.work_type!r}: choose from {', '.join(SEARCHABLE)}")
        if self.artist is not None and (len(self.artist) > LONGEST_IDENTITY or "\0" in self.artist):
            raise BadQuestion("an artist is asked for by the identity that is part of the address of their page")
        first, last = CENTURIES
        if self.century is not None and (self.century == 0 or not first <= self.century <= last):
            raise BadQuestion(
                f"unknown century {self.century}: choose from {first} to -1 and 1 to {last}, 17 being 1601 to 1700"
            )

    @property
    def any(self) -> bool:
        """Say whether anything is asked."""
        return self != Filters()


@dataclass(frozen=True, slots=True)
class Question:
    """One search. Without words it lists all works that the filters admit. Raises BadQuestion beyond its bounds."""

    words: str = ""
    filters: Filters = field(default_factory=Filters)
    limit: int = 24
    offset: int = 0

    def __post_init__(self) -> None:
        """Refuse what would keep a server busy for one reader."""
        if len(self.words) > LONGEST_WORDS:
            raise BadQuestion(
                f"a search has at most {LONGEST_WORDS} characters, this one {len(self.words)}: shorten it"
            )
        if not 1 <= self.limit <= LARGEST_LIMIT:
            raise BadQuestion(f"a page has 1 to {LARGEST_LIMIT} works, not {self.limit}")
        if self.offset < 0 or self.offset + self.limit > DEEPEST:
            raise BadQuestion(
                f"only the first {DEEPEST:,} works can be reached page by page: narrow the search instead"
            )
