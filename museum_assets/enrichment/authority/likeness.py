"""How alike two names are, from 0 to 1, whatever their order, accents, particles and initials."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.fuzz import token_sort_ratio

SAME, PART, INITIALS, OTHER_GENERATION = 1.0, 0.8, 0.85, 0.6
"""Equal names; one is part of the other ("Rembrandt"); "V. Hammershøi"; the Elder and the Younger."""
PARTICLES = frozenset("af av da de dei del della den der des di du el het la le of the ten ter van von y zu".split())  # noqa: SIM905
GENERATIONS = {
    "elder": "elder", "aeldre": "elder", "altere": "elder", "oude": "elder", "vecchio": "elder", "senior": "elder",
    "sr": "elder", "younger": "younger", "yngre": "younger", "jungere": "younger", "jonge": "younger",
    "giovane": "younger", "junior": "younger", "jr": "younger", "i": "i", "ii": "ii", "iii": "iii", "iv": "iv",
}  # fmt: skip
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "þ": "th", "ł": "l", "đ": "d"})
_BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")


def likeness(one: str, other: str) -> float:
    """Return how alike two names are. Of "Rembrandt (Rembrandt van Rijn)" the part that is most alike counts."""
    return max((_alike(a, b) for a in spellings(one) for b in spellings(other)), default=0.0)


@lru_cache(maxsize=65_536)
def spellings(name: str) -> tuple[tuple[str, ...], ...]:
    """Return the names that a name holds, each as its folded words: what stands before brackets, and within them.

    Brackets with a number hold dates and are left out.
    """
    parts = [_BRACKETS.sub(" ", name), *(inside for inside in _BRACKETS.findall(name) if not re.search(r"\d", inside))]
    found = (tuple(words(part)) for part in parts)
    return tuple(dict.fromkeys(each for each in found if each))


def words(name: str) -> list[str]:
    """Return a name's words, without case and accents."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_LETTERS))
    return re.findall(r"[^\W\d_]+", "".join(letter for letter in plain if not unicodedata.combining(letter)))


def reading_order(name: str) -> str:
    """Return a name as it is spoken: "Cuyp, Albert (1620-1691)" is Albert Cuyp. What has two commas stays."""
    bare = " ".join(_BRACKETS.sub(" ", name).split()) or name
    family, comma, given = bare.partition(", ")
    return f"{given} {family}" if comma and "," not in given else bare


def _alike(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    if sorted(one) == sorted(other):
        return SAME
    (bare, generation), (other_bare, other_generation) = _split(one), _split(other)
    found = _bare_likeness(bare, other_bare)
    return found if generation == other_generation else min(found, OTHER_GENERATION)


def _bare_likeness(one: list[str], other: list[str]) -> float:
    if one == other:
        return 0.97
    short, long = sorted((one, other), key=len)
    if not short:
        return 0.0
    if set(short) < set(long):
        return PART
    if len(one) == len(other) and all(_begins(a, b) for a, b in zip(one, other, strict=True)):
        return INITIALS
    # Names of different people come to 0.5 to 0.8 here, spellings of one name to 0.85 and more.
    return min(0.95, token_sort_ratio(" ".join(one), " ".join(other)) / 100)


def _split(name: tuple[str, ...]) -> tuple[list[str], str | None]:
    """Return (the words in order of the alphabet, without particles; which generation they name)."""
    generation = next((GENERATIONS[word] for word in name if word in GENERATIONS), None)
    return sorted(word for word in name if word not in PARTICLES and word not in GENERATIONS), generation


def _begins(one: str, other: str) -> bool:
    return one == other or (min(len(one), len(other)) == 1 and one[0] == other[0])
