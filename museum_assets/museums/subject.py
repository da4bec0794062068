"""What a museum says an artwork shows: things, ideas, events, and persons by name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from museum_assets.museums.keys import own_key
from museum_assets.museums.maker import NonEmptyText, clean, clean_links

Kind = Literal["person"]


class Subject(BaseModel):
    """A subject in the museum's own words, such as "Cypresses".

    `kind` is person for somebody who is portrayed under a name; of all else no museum says what kind it is of. Places
    that are shown are `Place`s.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: NonEmptyText
    language: NonEmptyText | None = None
    kind: Kind | None = None
    museum_id: NonEmptyText | None = None
    links: tuple[NonEmptyText, ...] = ()

    def key(self, slug: str) -> str:
        """Return what tells this subject from the museum's others."""
        return own_key(slug, self.museum_id, self.name, self.kind, *self.links)


# The works of a collection share their subjects.
@lru_cache(maxsize=32_768)
def subject(
    name: str | None,
    language: str | None = None,
    kind: Kind | None = None,
    museum_id: str | None = None,
    links: tuple[str | None, ...] = (),
) -> Subject | None:
    """Return the subject of a record's fields, None without a name."""
    said = clean(name)
    if said is None:
        return None
    return Subject(name=said, language=clean(language), kind=kind, museum_id=clean(museum_id), links=clean_links(links))


def each_once(found: Iterable[Subject | None]) -> tuple[Subject, ...]:
    """Return the subjects, each once, as it is said first: one of the museum's ids is one subject."""
    known: dict[str | Subject, Subject] = {}
    for each in found:
        if each:
            known.setdefault(each.museum_id or each, each)
    return tuple(known.values())
