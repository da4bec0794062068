"""The places of the made-up authority: the towns where the simulator's works were made, homonyms among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from museum_assets.simulator.towns import TOWNS, Town

SETTLEMENT = ("Q486972", "human settlement")
FIRST_ID = 2_000


@dataclass(frozen=True, slots=True)
class Settlement:
    """One town as an entry of the authority."""

    id: str
    town: Town
    kind: tuple[str, str] = SETTLEMENT

    @property
    def names(self) -> tuple[str, str, str]:
        """The names in English, Danish and Dutch."""
        return self.town.names

    @property
    def name(self) -> str:
        """The name in English."""
        return self.town.name

    @property
    def other_names(self) -> tuple[str, ...]:
        """The names in the other languages."""
        return self.town.names[1:]

    @property
    def description(self) -> str:
        """What a list of candidates says of it, such as `settlement in Denmark`."""
        return f"settlement in {self.town.country}"


def settlements() -> Iterator[Settlement]:
    """Yield every town."""
    yield from (Settlement(f"Q{FIRST_ID + n}", town) for n, town in enumerate(TOWNS))
