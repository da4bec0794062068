"""Whom and which places a museum's works name, and what the authority says of each, told by the simulator alone.

What an undisturbed run would find follows from the works: every artist of theirs is one entry of the authority, and
every town is. So the oracle computes it, and says which maker is wrong. A second, undisturbed world would cost as much
as the seed, and where the platform always errs it would err alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from museum_assets.simulator.authority.people import people
from museum_assets.simulator.authority.settlements import settlements
from museum_assets.simulator.towns import TOWNS, Town, made_in, on_a_map
from museum_assets.simulator.works import Artist, SimulatedWork

AUTHORITY = "simulated"
PEOPLE = {(person.name, person.born): person for person in people()}
PLACES = {place.town: place.id for place in settlements()}
LANGUAGES = ("en", "da", "nl")


@dataclass(frozen=True, slots=True)
class NamedMaker:
    """A maker of one work in the museum's words."""

    name: str
    artist: Artist
    dated: bool
    """Whether the museum says years here. A maker without any is a question: a name alone identifies nobody."""

    @property
    def entry(self) -> str:
        """The id of the entry that it is at the authority."""
        return PEOPLE[self.artist.name, self.artist.born].id

    @property
    def facts(self) -> dict[str, Any]:
        """What the authority says of that entry."""
        person = PEOPLE[self.artist.name, self.artist.born]
        return {"birth": person.born, "death": person.died, "nationality": person.country,
                "labels": dict.fromkeys(LANGUAGES, person.name)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place of one work in the museum's words."""

    name: str
    town: Town
    within: str | None = None
    mapped: bool = False
    """Whether the museum gives the point itself."""

    @property
    def whereabouts(self) -> tuple[float, float, str | None] | None:
        """(latitude, longitude, identity); None where several towns are called so, and nobody may guess."""
        if not self.mapped and self.within is None and sum(town.name == self.name for town in TOWNS) > 1:
            return None
        return self.town.latitude, self.town.longitude, None if self.mapped else f"{AUTHORITY}:{PLACES[self.town]}"


def makers_of(slug: str, work: SimulatedWork) -> list[NamedMaker]:
    """Return the makers that a museum names of a work, in order."""
    return [
        # The Met says years of the first maker alone.
        NamedMaker(artist.inverted if slug == "smk" else artist.name, artist, slug != "met" or place == 0)
        for place, artist in enumerate(work.artists)
    ]


def place_of(slug: str, work: SimulatedWork) -> NamedPlace | None:
    """Return the place that a museum names of a work."""
    town = made_in(work)
    if town is None:
        return None
    if slug == "smk":
        point = on_a_map(work).get("geo_location")
        return NamedPlace(point, town, mapped=True) if point else None
    if slug == "cma" and work.pick(33, 8):
        return None
    return NamedPlace(town.name, town, within=town.country if slug == "met" else None)
