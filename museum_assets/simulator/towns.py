"""Where the synthetic works were made: towns that exist, some of which share their names."""

from __future__ import annotations

from dataclasses import dataclass

from museum_assets.simulator.works import SimulatedWork


@dataclass(frozen=True, slots=True)
class Town:
    """A town with its names in English, Danish and Dutch, its country in English, and where it lies."""

    names: tuple[str, str, str]
    country: str
    latitude: float
    longitude: float

    @property
    def name(self) -> str:
        """The name in English."""
        return self.names[0]


TOWNS = (
    Town(("Copenhagen", "København", "Kopenhagen"), "Denmark", 55.6761, 12.5683),
    Town(("Skagen", "Skagen", "Skagen"), "Denmark", 57.7209, 10.5839),
    Town(("Amsterdam", "Amsterdam", "Amsterdam"), "Netherlands", 52.3676, 4.9041),
    Town(("The Hague", "Haag", "Den Haag"), "Netherlands", 52.0705, 4.3007),
    Town(("Venice", "Venedig", "Venetië"), "Italy", 45.4408, 12.3155),
    Town(("Nuremberg", "Nürnberg", "Neurenberg"), "Germany", 49.4521, 11.0767),
    Town(("Paris", "Paris", "Parijs"), "France", 48.8566, 2.3522),
    Town(("Newport", "Newport", "Newport"), "United Kingdom", 51.5842, -2.9977),
    Town(("Newport", "Newport", "Newport"), "United States", 41.4901, -71.3128),
    Town(("Seville", "Sevilla", "Sevilla"), "Spain", 37.3891, -5.9845),
)
"""Their order is the order of the authority's numbers: a new one goes to the end."""


def made_in(work: SimulatedWork) -> Town | None:
    """Return where a work was made, None for the third of the works of which nobody says so."""
    return TOWNS[work.pick(31, len(TOWNS))] if work.pick(32, 3) else None


def on_a_map(work: SimulatedWork) -> dict[str, str]:
    """Return the point where a work stands on SMK's map, nothing for most works."""
    town = None if work.pick(33, 4) else made_in(work)
    return {"geo_location": f"{town.latitude},{town.longitude}"} if town else {}
