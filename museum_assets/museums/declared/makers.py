"""The makers of a declared museum's record: the name for readers, what rights ask of them, and all that is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from museum_assets.museums.declared.getters import lenient, many, objects, one
from museum_assets.museums.declared.patterns import search
from museum_assets.museums.declared.schema import Makers
from museum_assets.museums.maker import Maker, maker
from museum_assets.museums.unknown_artists import unknown_names
from museum_assets.museums.years import year

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """A maker as a record has it. `died` is None where it is not known, and `born` where nothing is."""

    name: str | None
    born: int | None = None
    died: int | None = None
    said: Maker | None = None


def makers_of(declared: Makers | None) -> Callable[[Record], list[Named]]:
    """Return what gives the makers of a record, without those that are excluded."""
    if declared is None:
        return lambda _: []
    excluded = _one_of([*unknown_names(), *declared.exclude_names])
    if declared.each is None:
        names = many(declared.name)
        return lambda record: [Named(name, said=maker(name)) for name in names(record) if not excluded(name)]
    each, of_entry = objects(declared.each), _maker_of(declared)
    return lambda record: [
        found for one_ in each(record) if (found := of_entry(one_)) and not excluded(found.name or "")
    ]


def _one_of(names: Iterable[str]) -> Callable[[str], bool]:
    """Return what says whether a text is one of these, in any case; one that ends in `*` is the begin of many."""
    folded = {name.casefold() for name in names}
    begins = tuple(name.removesuffix("*") for name in folded if name.endswith("*"))
    return lambda text: (found := text.casefold()) in folded or found.startswith(begins)


def _maker_of(declared: Makers) -> Callable[[Record], Named | None]:
    named, role, died, born = one(declared.name), one(declared.role), one(declared.died), one(declared.born)
    alive = re.compile(declared.alive) if declared.alive else None
    no_maker = _one_of(declared.exclude_roles)
    plain = {name.casefold() for name in declared.plain_roles}
    # The pattern finds the year; what it finds it in says whether it is one.
    dates = one(declared.died.model_copy(update={"pattern": None})) if declared.died and alive else died
    said = _said_of(declared)

    def of_entry(entry: Record) -> Named | None:
        shown = name = named(entry)
        does = role(entry)
        if does and no_maker(does):
            return None
        written = died(entry)
        dead = year(written)
        if alive and dead is not None and (whole := dates(entry)) and search(alive, whole):
            written = dead = None
        if name and does and declared.roles_in_names and does.casefold() not in plain:
            shown = f"{does} {name}"
        lived = born(entry)
        return Named(shown, year(lived), dead, said(entry, name=name, role=does, years=(lived, written)))

    return of_entry


def _said_of(declared: Makers) -> Callable[..., Maker | None]:
    """Return what gives all that is said of an entry's maker."""
    specs = {"qualifier": declared.qualifier, "dates": declared.dates, "nationality": declared.nationality,
             "museum_id": declared.id}  # fmt: skip
    texts = {name: lenient(spec) for name, spec in specs.items() if spec}
    links = [lenient(each) for each in declared.links]

    def said(entry: Record, **known: Any) -> Maker | None:
        told: dict[str, Any] = {name: next(iter(found(entry)), None) for name, found in texts.items()}
        return maker(**known, **told, links=tuple([each for found in links for each in found(entry)]))

    return said
