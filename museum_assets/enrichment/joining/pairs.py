"""How sure it is that two makers are one, by names and years. Pure.

A name alone never joins two: there are too many namesakes. Years that are the same forgive much in a name, and a name
that is the same forgives a little in the years, which museums copy from different books.
"""

from __future__ import annotations

from typing import NamedTuple

from rapidfuzz.fuzz import token_sort_ratio

from museum_assets.enrichment.authority.verdict import FAR, NEAR
from museum_assets.enrichment.joining.person import Person, Words

VERSION = 1
JOINED = 0.85
"""What two makers must come to, to be one. Between this and QUESTION a person is asked."""
QUESTION = 0.6
SAME, PART, NOT = 1.0, 0.9, 0.0
SPELT_ALIKE = 0.87
"""Different names of people come to at most 0.86 here (1,087 makers of six museums), spellings of one to 0.88 and
more."""


class Pair(NamedTuple):
    """Two makers, how sure it is that they are one, and why."""

    score: float
    why: str


def compared(one: Person, other: Person) -> Pair:
    """Return how sure it is that two makers are one."""
    if contradicting(one, other):
        return Pair(NOT, "their years contradict each other")
    name, words = _name(one, other)
    if name < 0.8:
        return Pair(NOT, "their names differ")
    said = "the same name" if name == SAME else "a part of the name" if name == PART else "a similar name"
    apart = [abs(a - b) for a, b in ((one.birth, other.birth), (one.death, other.death)) if None not in (a, b)]  # type: ignore[operator]
    score, years = _with_years(name, words, apart)
    if one.country and other.country and one.country != other.country and apart != [0, 0]:
        return Pair(min(score, JOINED - 0.01), f"{said}, {years}, another country")
    return Pair(score, f"{said}, {years}")


def contradicting(one: Person, other: Person) -> bool:
    """Say whether the years of two makers rule out that they are one."""
    for a, b in ((one.birth, other.birth), (one.death, other.death)):
        if a is not None and b is not None and abs(a - b) > FAR:
            return True
    return any(
        a.birth is not None and b.death is not None and a.birth >= b.death for a, b in ((one, other), (other, one))
    )


def _with_years(name: float, words: int, apart: list[int]) -> tuple[float, str]:
    """Return the score of names that are alike, with what the years say. `words` are those of the shorter name."""
    full = name == SAME and words >= 2
    if apart == [0, 0]:
        score = 1.0 if name == SAME else 0.9 if name >= SPELT_ALIKE else 0.8
        return score, "both years the same"
    if len(apart) == 2 and 0 in apart and max(apart) <= NEAR:
        return (0.93 if full else 0.88 if words >= 2 and name >= 0.92 else 0.78), "one year the same, the other near"
    if len(apart) == 2:
        close = max(apart) <= NEAR or 0 in apart
        return (0.86 if full and close else 0.7 if name == SAME else QUESTION), "years that are near"
    if apart == [0]:
        return (0.86 if full else 0.7 if name >= PART else QUESTION), "one year the same, the other not known"
    if apart:
        return (0.75 if full else QUESTION), "one year that is near, the other not known"
    return (0.7 if full else 0.0), "no years to compare"


def _name(one: Person, other: Person) -> tuple[float, int]:
    """Return (likeness of the most alike names, words of the shorter of those)."""
    best = (NOT, 0)
    for words, rank in one.forms:
        for others, other_rank in other.forms:
            if rank and other_rank and rank != other_rank:
                continue
            best = max(best, (_alike(words, others), min(len(words), len(others))))
    return best


def _alike(one: Words, other: Words) -> float:
    if one == other:
        return SAME
    if one < other or other < one or _initials(one, other):
        return PART
    # Of nothing in common, however alike the letters are, nobody is one: brothers, and names of one land.
    return token_sort_ratio(" ".join(sorted(one)), " ".join(sorted(other))) / 100


def _initials(one: Words, other: Words) -> bool:
    """Say whether the names differ in initials only: V. Hammershøi."""
    mine, theirs = sorted(one - other), sorted(other - one)
    return bool(one & other) and len(mine) == len(theirs) and all(
        a[0] == b[0] and 1 in (len(a), len(b)) for a, b in zip(mine, theirs, strict=True)
    )  # fmt: skip
