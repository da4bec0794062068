"""Names of entries at an authority, in the languages that are asked for, compared whatever case and accents. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from museum_assets.enrichment.authority.likeness import words

LANGUAGES = ("en", "da", "nl")
Said = Mapping[str, Sequence[str]]
"""What an authority says of an entry: values by our names of the properties."""
Name = tuple[str, ...]
"""A name as folded words."""


class Found(NamedTuple):
    """An entry that may be meant, as the authority lists it; `said` is what it says of it besides."""

    id: str
    label: str
    said: Said
    description: str = ""


def folded(name: str) -> Name:
    """Return a name as it is compared."""
    return tuple(words(name))


def labels(said: Said) -> dict[str, str]:
    """Return the first label in each language that the authority has one in."""
    return {each: names[0] for each in LANGUAGES if (names := said.get(f"label_{each}"))}


def names_of(entry: Found, language: str | None = None) -> frozenset[Name]:
    """Return the names of an entry: those in `language` where it has any, else those in all languages."""
    own = entry.said.get(f"label_{language}")
    others = (name for each in LANGUAGES for name in entry.said.get(f"label_{each}", ()))
    names: Iterable[str] = own or (entry.label, *others)
    return frozenset(map(folded, names))
