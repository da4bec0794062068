"""The places, materials and subjects of a declared museum's record: its tables of these names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from museum_assets.core.failures import Rejected
from museum_assets.museums.declared.fields import Part, Path, Spec
from museum_assets.museums.declared.getters import lenient, objects
from museum_assets.museums.material import Material, material
from museum_assets.museums.place import Place, Role, place
from museum_assets.museums.subject import Kind, Subject, each_once, subject

Record = Mapping[str, Any]


class Named(Part):
    """What places, materials and subjects have in common."""

    each: Path | None = None
    """A list of objects, one for each; the paths below start in it. Without it, every text at `name` is one."""
    name: Spec
    id: Spec | None = None
    """The museum's own id."""
    links: list[Spec] = Field([])
    """Addresses at authorities such as TGN, AAT and Wikidata."""


class Places(Named):
    """Places that stand in one part of a record."""

    role: Role | None = None
    """What they are to the work: made, found or depicted there; unset: the museum does not say."""
    within: Spec | None = None
    """The larger place, such as a country."""


class Materials(Named):
    """Materials and techniques that stand in one part of a record."""

    language: str | None = None
    """The language of all of them, such as en."""


class Subjects(Named):
    """What is shown, as it stands in one part of a record."""

    language: str | None = None
    """The language of all of them, such as en."""
    kind: Kind | None = None
    """person where all of them are persons by name."""


def places_of(declared: Sequence[Places]) -> Callable[[Record], tuple[Place, ...]]:
    """Return what gives the places of a record, each once."""
    readers = [(each, _read(each), lenient(each.within)) for each in declared]

    def places(record: Record) -> tuple[Place, ...]:
        found = (
            place(name, told.role, None, _first(within(entry)), id_, links)
            for told, read, within in readers
            for entry, name, id_, links in read(record)
        )
        return tuple(dict.fromkeys(each for each in found if each))

    return places


def materials_of(declared: Sequence[Materials]) -> Callable[[Record], tuple[Material, ...]]:
    """Return what gives the materials of a record, each once."""
    readers = [(each, _read(each)) for each in declared]

    def materials(record: Record) -> tuple[Material, ...]:
        found = (
            material(name, told.language, id_, links) for told, read in readers for _, name, id_, links in read(record)
        )
        return tuple(dict.fromkeys(each for each in found if each))

    return materials


def subjects_of(declared: Sequence[Subjects]) -> Callable[[Record], tuple[Subject, ...]]:
    """Return what gives the subjects of a record, each once, as the first table has it that names it."""
    readers = [(each, _read(each)) for each in declared]

    def subjects(record: Record) -> tuple[Subject, ...]:
        return each_once(
            subject(name, told.language, told.kind, id_, links)
            for told, read in readers
            for _, name, id_, links in read(record)
        )

    return subjects


Said = tuple[Record, str, str | None, tuple[str, ...]]
"""(what it stands in, name, the museum's own id, links) of a place, a material or a subject."""


def _read(declared: Named) -> Callable[[Record], Iterator[Said]]:
    """Return what reads each entry; an entry of an unknown shape is none."""
    each, name, id_ = objects(declared.each) if declared.each else _whole, lenient(declared.name), lenient(declared.id)
    links = [lenient(link) for link in declared.links]

    def read(record: Record) -> Iterator[Said]:
        try:
            entries = each(record)
        except Rejected:
            return
        for entry in entries:
            known = _first(id_(entry)), tuple([link for found in links for link in found(entry)])
            # An object of several names is one place.
            for said in name(entry)[: 1 if declared.each else None]:
                yield entry, said, *known

    return read


def _whole(record: Record) -> list[Record]:
    return [record]


def _first(values: tuple[str, ...]) -> str | None:
    return next(iter(values), None)
