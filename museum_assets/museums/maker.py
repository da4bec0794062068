"""What a museum says of an artwork's maker, beside the bare name that readers are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from museum_assets.museums.keys import own_key
from museum_assets.museums.qualifiers import qualifier_in, split_name
from museum_assets.museums.text_repair import repaired
from museum_assets.museums.years import year, years_in

NonEmptyText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Year = Annotated[int, Field(ge=-10_000, le=2_100)]
LONGEST = 1_000
"""Characters of a text that are kept: what is longer is no name."""


class Maker(BaseModel):
    """A maker in the museum's own words.

    `qualifier` is what role or name set apart from the person ("after", "school of"), in the words of qualifiers.csv:
    whoever has one is another maker than the person without. `links` are addresses at authorities.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: NonEmptyText
    role: NonEmptyText | None = None
    qualifier: NonEmptyText | None = None
    birth_year: Year | None = None
    death_year: Year | None = None
    dates: NonEmptyText | None = None
    nationality: NonEmptyText | None = None
    museum_id: NonEmptyText | None = None
    links: tuple[NonEmptyText, ...] = ()

    def key(self, slug: str) -> str:
        """Return what tells this maker from the museum's others: its own id, else a digest of what it says."""
        key = own_key(slug, self.museum_id, self.name, self.birth_year, self.death_year, self.nationality)
        return f"{key} ({self.qualifier})" if self.qualifier else key


def maker(
    name: str | None,
    *,
    role: str | None = None,
    qualifier: str | None = None,
    years: tuple[Any, Any] = (None, None),
    dates: str | None = None,
    nationality: str | None = None,
    museum_id: str | None = None,
    links: tuple[str | None, ...] = (),
) -> Maker | None:
    """Return the maker of a record's fields, None without a name.

    `years` are those of birth and death, and may be texts ("c. 1581", "1609-01-01").
    """
    lived = _hashable(years[0]), _hashable(years[1])
    return _maker(name, role, qualifier, lived, dates, nationality, museum_id, links)


# The works of a collection share their makers.
@lru_cache(maxsize=16_384)
def _maker(
    name: str | None,
    role: str | None,
    qualifier: str | None,
    years: tuple[str | int | None, str | int | None],
    dates: str | None,
    nationality: str | None,
    museum_id: str | None,
    links: tuple[str | None, ...],
) -> Maker | None:
    said = clean(name)
    if said is None:
        return None
    return Maker(
        name=said,
        role=clean(role),
        qualifier=qualifier_in(qualifier) or qualifier_in(role) or split_name(said)[0],
        birth_year=_year(years[0], first=True),
        death_year=_year(years[1], first=False),
        dates=clean(dates),
        nationality=clean(nationality),
        museum_id=clean(museum_id),
        links=clean_links(links),
    )


def beside(record: Mapping[str, Any], key: str) -> str | None:
    """Return `record[key]` as text, None for any other shape: what is said of a maker never costs the artwork."""
    value = record.get(key)
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if type(value) is int else None


def named(names: Sequence[str], shown: Sequence[str], makers: Sequence[Maker]) -> tuple[Maker, ...]:
    """Return the makers of these names: those of the names that were shown, and of others nothing but the name."""
    known = dict(zip(shown if len(shown) == len(makers) else [each.name for each in makers], makers, strict=True))
    return tuple(found for name in names if (found := known.get(name) or maker(name)))


def clean(text: str | None) -> str | None:
    """Return a text repaired and not longer than LONGEST, None for one that says nothing."""
    return (repaired(text[:LONGEST])[0].strip() or None) if text else None


def clean_links(links: Iterable[str | None]) -> tuple[str, ...]:
    """Return the addresses that say something, each once."""
    return tuple(dict.fromkeys(filter(None, map(clean, links))))


def _hashable(value: Any) -> str | int | None:
    return value if type(value) in (str, int) else None


def _year(value: Any, *, first: bool) -> int | None:
    """Return a year, of several ("1628/29") the first or the last."""
    found = year(value)
    if found is None and isinstance(value, str):
        found = years_in(value[:LONGEST])[0 if first else 1]
    return found
