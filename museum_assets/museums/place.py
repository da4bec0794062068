"""What a museum says of the places of an artwork: where it was made or found, and what it shows."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict

from museum_assets.museums.keys import own_key
from museum_assets.museums.maker import NonEmptyText, clean, clean_links

Role = Literal["made", "found", "depicted"]


class Place(BaseModel):
    """A place in the museum's own words.

    `role` is None where the museum does not say what the place is to the work; `relation` is how it writes that
    ("Possibly from"). `within` is the larger place that it names beside, the smallest first ("Florence, Italy").
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: NonEmptyText
    role: Role | None = None
    relation: NonEmptyText | None = None
    within: NonEmptyText | None = None
    museum_id: NonEmptyText | None = None
    links: tuple[NonEmptyText, ...] = ()

    def key(self, slug: str) -> str:
        """Return what tells this place from the museum's others; its role is no part of it."""
        return own_key(slug, self.museum_id, self.name, self.within, *self.links)


# The works of a collection share their places.
@lru_cache(maxsize=16_384)
def place(
    name: str | None,
    role: Role | None = None,
    relation: str | None = None,
    within: str | None = None,
    museum_id: str | None = None,
    links: tuple[str | None, ...] = (),
) -> Place | None:
    """Return the place of a record's fields, None without a name."""
    said = clean(name)
    if said is None:
        return None
    return Place(name=said, role=role, relation=clean(relation), within=clean(within), museum_id=clean(museum_id),
                 links=clean_links(links))  # fmt: skip
