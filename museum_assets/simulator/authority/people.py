"""The people of the made-up authority: the simulator's artists, and those whom one could mistake for them.

Every third artist has a namesake of another century, every fourth a family, every fifth a workshop. Beside them stand
as many made-up people as are wanted, each computed from a number, so that a benchmark can have 200,000.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from museum_assets.simulator.dice import mix
from museum_assets.simulator.works import ARTISTS, Artist

COUNTRIES = {
    "Danish": ("Denmark", "Danmark", "Denemarken"), "Dutch": ("Netherlands", "Nederlandene", "Nederland"),
    "Italian": ("Italy", "Italien", "Italië"), "German": ("Germany", "Tyskland", "Duitsland"),
    "French": ("France", "Frankrig", "Frankrijk"), "British": ("United Kingdom", "Storbritannien", "Groot-Brittannië"),
    "American": ("United States", "USA", "Verenigde Staten"), "Japanese": ("Japan", "Japan", "Japan"),
    "Spanish": ("Spain", "Spanien", "Spanje"),
}  # fmt: skip
"""Nationality to the country's name in English, Danish and Dutch."""
PERSON, WORKSHOP = ("Q5", "human"), ("Q1", "workshop")
_ONSETS = ["b", "br", "d", "f", "g", "h", "j", "k", "kl", "l", "m", "n", "p", "r", "s", "st", "t", "v", "w", "z"]
_VOWELS = ["a", "e", "i", "o", "u", "aa", "ee", "oe", "ij", "ø"]
_ENDS = ("n", "r", "l", "s", "m", "rt", "nk", "ls", "sen", "mans", "veld", "dorp")


@dataclass(frozen=True, slots=True)
class Person:
    """One entry of the authority. Years are None where nobody knows them."""

    id: str
    name: str
    born: int | None
    died: int | None
    nationality: str
    kind: tuple[str, str] = PERSON
    other_names: tuple[str, ...] = ()

    @property
    def country(self) -> str:
        """The country in English."""
        return COUNTRIES[self.nationality][0]

    @property
    def description(self) -> str:
        """What a list of candidates says of it, such as `Dutch artist, 1606–1669`."""
        what = "artist" if self.kind == PERSON else self.kind[1]
        years = f", {self.born or '?'}–{self.died or '?'}" if self.born or self.died else ""
        return f"{self.nationality} {what}{years}"


def people(made_up: int = 0) -> Iterator[Person]:
    """Yield everybody: the artists and their like, then `made_up` more."""
    for n, artist in enumerate(ARTISTS):
        yield from _artist(n, artist)
    yield from (made_up_person(n) for n in range(made_up))


def _artist(n: int, artist: Artist) -> Iterator[Person]:
    number, nationality = 1000 + 10 * n, artist.nationality
    yield Person(f"Q{number}", artist.name, artist.born, artist.died, nationality, other_names=(artist.inverted,))
    if n % 3 == 0:
        yield Person(f"Q{number + 1}", artist.name, artist.born + 130, artist.died + 120, "German")
    if n % 4 == 0:
        yield Person(f"Q{number + 2}", f"{artist.name} the Elder", artist.born - 31, artist.born + 20, nationality)
        yield Person(f"Q{number + 3}", f"Jacob {artist.surname}", artist.born + 3, artist.died + 9, nationality)
    if n % 5 == 0:
        yield Person(f"Q{number + 4}", f"Workshop of {artist.name}", None, None, nationality, WORKSHOP)


def made_up_person(n: int) -> Person:
    """Return the n-th made-up person, counted from 0. Every fiftieth is the namesake of the one before."""
    namesake = n % 50 == 49
    bits, own = mix(0xA07 + n - namesake), mix(n)
    born = 1400 + own % 540
    nationality = tuple(COUNTRIES)[bits % len(COUNTRIES)]
    name = f"{_word(bits >> 8, 2)} {_word(bits >> 24, 3)}"
    return Person(f"Q{100_000 + n}", name, born, born + 25 + (own >> 12) % 60, nationality)


def _word(bits: int, syllables: int) -> str:
    parts = []
    for place in range(syllables):
        part = mix(bits * 8 + place)
        parts.append(_ONSETS[part % len(_ONSETS)] + _VOWELS[(part >> 8) % len(_VOWELS)])
    return ("".join(parts) + _ENDS[mix(bits) % len(_ENDS)]).capitalize()
