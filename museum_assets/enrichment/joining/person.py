"""A museum's maker as it is compared with those of other museums."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from museum_assets.enrichment.authority.likeness import GENERATIONS, PARTICLES, spellings
from museum_assets.enrichment.authority.links import Identity
from museum_assets.museums.qualifiers import split_name
from museum_assets.museums.unknown_artists import unknown_names

TITLES = frozenset("sir dame lord lady baron count om ra ara rsa kbe cbe pra jhr fra".split())  # noqa: SIM905
RANKS = {"elder": 1, "i": 1, "younger": 2, "ii": 2, "iii": 3, "iv": 4}
"""Which of a family a word such as the Elder or II means."""
NOBODY = frozenset({
    "anonymous", "anoniem", "anonym", "unidentified", "unknown", "ubekendt", "school", "century", "master",
    "manufactory", "factory", "workshop", "studio", "various", "artists",
})  # fmt: skip
"""Words of names that are of nobody, or of many. A master is somebody; nobody knows whether another museum's is the
same one."""
_CALLED = re.compile(r",?\s+(?:called|known as|genannt|dit|detto|kaldet|gen\.|il detto)\s+", re.IGNORECASE)

Words = frozenset[str]


@dataclass(frozen=True)
class Person:
    """A maker of one museum. `own_id` says that the museum tells its makers apart itself.

    `identities` are what its links and an authority say it is, `method` how that is known.
    """

    museum: str
    key: str
    names: tuple[str, ...]
    birth: int | None = None
    death: int | None = None
    country: str | None = None
    qualifier: str | None = None
    own_id: bool = False
    identities: frozenset[Identity] = frozenset()
    method: str | None = None
    label: str | None = None
    works: int = 0

    @cached_property
    def forms(self) -> frozenset[tuple[Words, int | None]]:
        """The person's names as (words without particles and titles, which of the family), each spelling once."""
        found = set()
        for name in self.names:
            for part in _CALLED.split(split_name(name)[1]):
                for spelling in spellings(part):
                    rank = next((RANKS[GENERATIONS[word]] for word in spelling if word in GENERATIONS), None)
                    words = frozenset(spelling).difference(PARTICLES, TITLES, GENERATIONS)
                    if words:
                        found.add((words, rank))
        return frozenset(found)

    @cached_property
    def apart(self) -> bool:
        """Whether this maker is never joined by its name: a school, an unknown hand, or set apart by a qualifier."""
        unknown = any(name.casefold() in unknown_names() for name in self.names)
        return bool(self.qualifier) or unknown or not self.forms or any(words & NOBODY for words, _ in self.forms)
