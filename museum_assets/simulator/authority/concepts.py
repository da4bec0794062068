"""The subjects of the made-up authority: what the simulator's works show, and two namesakes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from museum_assets.simulator.motifs import MOTIFS

CONCEPT = ("Q151885", "concept")
NAMESAKES = {"storm": "attacks on fortresses", "winter": "personifications of the season"}
"""By motif, what another entry of the same names is."""


@dataclass(frozen=True, slots=True)
class Concept:
    """A motif, or its namesake, as an entry of the authority."""

    id: str
    names: tuple[str, str, str]
    description: str
    kind: tuple[str, str] = CONCEPT

    @property
    def name(self) -> str:
        """The name in English."""
        return self.names[0]

    @property
    def other_names(self) -> tuple[str, ...]:
        """The names in the other languages."""
        return self.names[1:]


def concepts() -> Iterator[Concept]:
    """Yield every motif, and the namesakes."""
    for word, motif in MOTIFS.items():
        yield Concept(motif.entry, motif.names, motif.branch[-1])
        if word in NAMESAKES:
            yield Concept(f"{motif.entry}1", motif.names, NAMESAKES[word])
