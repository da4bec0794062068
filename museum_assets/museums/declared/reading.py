"""The parts of a declaration that need judgement, each made into a function of a record: years, rights and types."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from museum_assets.core.failures import Rejected
from museum_assets.museums.addresses import checked
from museum_assets.museums.declared.getters import many, one, raw
from museum_assets.museums.declared.makers import Named
from museum_assets.museums.declared.patterns import search
from museum_assets.museums.declared.schema import Rights, Types, Years
from museum_assets.museums.mediums import types_in
from museum_assets.museums.reading import distinct
from museum_assets.museums.rights import is_open, latest_death
from museum_assets.museums.work_types import remembered, standardise
from museum_assets.museums.years import year_range, year_range_as_written, years_in

Record = Mapping[str, Any]
Range = tuple[int | None, int | None]
_JOINED = re.compile(r"\b(?:and|or|og|en|und|et)\b|&", re.IGNORECASE)
"""Words between types in the name of a group of works: each of its works is one of them, and not all."""


def years_of(declared: Years) -> Callable[[Record], Range]:
    """Return what gives the first and the last year."""
    start, end, within, era = raw(declared.start), raw(declared.end), one(declared.text), one(declared.era)

    def years(record: Record) -> Range:
        if declared.era:
            found = year_range_as_written(start(record), end(record), era(record))
        else:
            found = year_range(start(record), end(record))
        if found == (None, None) and declared.text and (written := within(record)):
            return years_in(written)
        return found

    return years


def check_of(declared: Rights) -> Callable[[Record, list[Named], Range], str | None]:
    """Return what gives the rights that a record states, and raises Rejected(not_public_domain) for one not free."""
    term, allowed = declared.term, frozenset(declared.open)
    notice = one(declared.notice)
    licences = [raw(each.path) if each.path and each.model_fields_set == {"path"} else many(each)
                for each in ([declared.licence] if declared.licence else [])]  # fmt: skip

    def check(record: Record, makers: list[Named], years: Range) -> str | None:
        if claimed := notice(record):
            raise Rejected("not_public_domain", f"{_name(declared.notice)} is {claimed!r:.120}")
        if declared.all:
            return declared.all
        for licence in licences:
            stated = _stated(licence(record))
            if stated and all(is_open(each, allowed) for each in stated):
                return stated[0]
            if stated or term is None:
                shown = ", ".join(map(str, stated)) or "none"
                raise Rejected("not_public_domain", f"{_name(declared.licence)} is {shown:.80}, which is not open")
        if term is not None:
            _check_dates(makers, years, term, declared.made_by)
        return declared.statement

    return check


def _stated(value: Any) -> tuple[str, ...]:
    """Return a licence as texts; what is none is shown as it is, and open to nobody."""
    if value is None or value == "":
        return ()
    values = value if isinstance(value, (list, tuple)) else [value]
    return tuple(each if isinstance(each, str) else repr(each) for each in values)


def _name(spec: Any) -> str:
    return (spec and spec.path) or "the licence"


def _check_dates(makers: list[Named], years: Range, term: int, made_by: int | None) -> None:
    """Raise Rejected unless all makers died long enough ago, as far as the record can say.

    No note of copyright is not enough: works of 1940 by war artists who lived into the 1980s have none.
    """
    start, end = years
    made = start if end is None else end
    early = made is not None and made_by is not None and made <= made_by
    for maker in makers:
        if maker.died is not None:
            if maker.died > (died_by := latest_death(term)):
                raise Rejected("not_public_domain", f"{maker.name} died in {maker.died}, after {died_by}")
        elif not early or maker.born is not None:
            raise Rejected("not_public_domain", f"it is not known when {maker.name} died")
    if not makers and not early:
        raise Rejected("not_public_domain", "the record names no maker and no early date")


def types_of(declared: Types) -> Callable[[Record], tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return what gives (the museum's own words, searchable work types)."""
    words = [many(each) for each in declared.words]
    classification, medium = many(declared.classification or declared.words[0]), one(declared.medium)
    excluded = re.compile(declared.exclude_medium) if declared.exclude_medium else None
    classes = {name.casefold(): each for name, each in declared.classes.items()}

    # The works of a collection share some thousands of combinations.
    @remembered(maxsize=16_384)
    def searchable(named: tuple[str, ...], made_of: str) -> tuple[str, ...]:
        if excluded and search(excluded, made_of):
            return ()
        if not classes:
            return standardise(found for name in named for found in types_of_term(name, made_of))
        found: list[str] = []
        for name in named:
            if each := classes.get(name.casefold()):
                found += [*each.always, *types_in(made_of, each.medium)] or each.otherwise
        return standardise(found)

    def types(record: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
        own = distinct([word for each in words for word in each(record)])
        return own, searchable(classification(record), medium(record) or "")

    return types


def types_of_term(term: str, medium: str) -> tuple[str, ...]:
    """Return the searchable work types of one of a museum's words.

    "Drawings and watercolors" is the name of a group: a work in it is what its medium says, else the first of them.
    """
    found = standardise((term,))
    if len(found) < 2 or not _JOINED.search(term):
        return found
    return tuple(types_in(medium, found)) or (min(found, key=lambda name: term.lower().find(name) % (1 << 20)),)


def address(spec: Any) -> Callable[[Record], str | None]:
    """Return what gives an address. Raises Rejected(malformed_record) for a text that is none."""
    found, name = one(spec), _name(spec) if spec and spec.path else "address"

    return lambda record: checked(found(record), name)
