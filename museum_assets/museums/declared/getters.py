"""Fields of a declaration made into functions of a record; made once, called for every record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from museum_assets.core.failures import Rejected
from museum_assets.museums.addresses import SCHEMES, quoted
from museum_assets.museums.declared.fields import Text
from museum_assets.museums.declared.patterns import search
from museum_assets.museums.reading import as_text, distinct, mapping, mappings, text, texts

Record = Mapping[str, Any]
Many = Callable[[Record], tuple[str, ...]]
One = Callable[[Record], str | None]
_DOT = re.compile(r"(?<!\\)\.")


def many(spec: Text | None) -> Many:
    """Return what gives all values of a text, distinct and in order."""
    if spec is None:
        return lambda _: ()
    if spec.first:
        return _first([many(each) for each in spec.first], spec)
    return _refined(_values(spec), spec)


def one(spec: Text | None) -> One:
    """Return what gives the first value of a text, None where there is none."""
    if spec is None:
        return lambda _: None
    if spec.path and spec.model_fields_set == {"path"} and (key := _single(spec.path)):

        def simple(record: Record) -> str | None:
            value = record.get(key)
            return text(record, key) if not isinstance(value, list) else next(iter(texts(record, key)), None)

        return simple
    values = many(spec)
    return lambda record: next(iter(values(record)), None)


def lenient(spec: Text | None) -> Many:
    """Return what gives all values of a text, none for another shape: what is said beside never costs the artwork."""
    found = many(spec)

    def values(record: Record) -> tuple[str, ...]:
        try:
            return found(record)
        except Rejected:
            return ()

    return values


def raw(path: str | None) -> Callable[[Record], Any]:
    """Return what gives the value at a path as it is, for years and licences, which judge its type themselves."""
    if path is None:
        return lambda _: None
    *inner, last = keys(path)
    if any(step.is_list for step in inner):
        containers = _containers(path)
        return lambda record: next((each[last.key] for each in containers(record) if last.key in each), None)

    def value(record: Record) -> Any:
        for step in inner:
            record = mapping(record, step.key)
        return record.get(last.key)

    return value


def objects(path: str) -> Callable[[Record], list[dict[str, Any]]]:
    """Return what gives the objects of the list at a path."""
    containers, last = _containers(path), keys(path)[-1]
    return lambda record: [each for container in containers(record) for each in _entries(container, last)]


class Step(NamedTuple):
    """A step of a path: a key, whether it holds a list of objects, and (key, value) of those that count, or do not."""

    key: str
    is_list: bool
    only: tuple[str, str] | None = None
    others: bool = False


def keys(path: str) -> list[Step]:
    """Return the steps of a path."""
    return [_step(step.replace("\\.", ".")) for step in _DOT.split(path)]


def _step(text_: str) -> Step:
    key, bracket, within = text_.removesuffix("]").partition("[")
    name, equals, value = within.partition("=")
    return Step(key, bool(bracket), (name.removesuffix("!"), value) if equals else None, name.endswith("!"))


def _entries(record: Record, step: Step) -> list[dict[str, Any]]:
    found = mappings(record, step.key)
    if step.only is None:
        return found
    name, value = step.only
    return [each for each in found if (each.get(name) == value) != step.others]


def _single(path: str) -> str | None:
    steps = keys(path)
    return steps[0].key if len(steps) == 1 else None


def _containers(path: str) -> Callable[[Record], list[Record]]:
    inner = keys(path)[:-1]

    def containers(record: Record) -> list[Record]:
        found: list[Record] = [record]
        for step in inner:
            if step.is_list:
                found = [each for one_ in found for each in _entries(one_, step)]
            else:
                found = [mapping(one_, step.key) for one_ in found]
        return found

    return containers


def _values(spec: Text) -> Many:
    assert spec.path
    last = keys(spec.path)[-1].key
    if spec.language:
        return _by_language(spec, last)
    if key := _single(spec.path):
        return lambda record: texts(record, key)
    containers = _containers(spec.path)
    return lambda record: distinct([each for found in containers(record) for each in texts(found, last)])


def _by_language(spec: Text, last: str) -> Many:
    assert spec.path
    assert spec.language
    containers, language, order = _containers(spec.path), spec.language, spec.languages

    def values(record: Record) -> tuple[str, ...]:
        found = [(as_text(each.get(language), language) or "", texts(each, last)) for each in containers(record)]
        wanted = next((code for code in order if any(said == code and each for said, each in found)), None)
        return distinct([one_ for said, each in found if wanted in (None, said) for one_ in each])

    return values


def _first(options: list[Many], spec: Text) -> Many:
    def values(record: Record) -> tuple[str, ...]:
        return next((found for option in options if (found := option(record))), ())

    return _refined(values, spec)


def _refined(values: Many, spec: Text) -> Many:
    """Add what is done with each value: split, pattern, drop and template, in this order."""
    steps: list[Callable[[tuple[str, ...]], tuple[str | None, ...]]] = []
    if spec.split:
        between = spec.split
        steps.append(lambda found: tuple(part.strip() for each in found for part in each.split(between)))
    if spec.pattern:
        pattern = re.compile(spec.pattern)
        steps.append(lambda found: tuple(_matched(pattern, each) for each in found))
    if spec.drop:
        dropped = {each.casefold() for each in spec.drop}
        steps.append(lambda found: tuple(each for each in found if each.casefold() not in dropped))
    if spec.template:
        before, _, after = spec.template.partition("{}")
        steps.append(
            lambda found: tuple(
                each if each.startswith(SCHEMES) else f"{before}{quoted(each)}{after}" for each in found
            )
        )
    if not steps:
        return values

    def refined(record: Record) -> tuple[str, ...]:
        found = values(record)
        for step in steps:
            found = distinct(step(found))
        return found

    return refined


def _matched(pattern: re.Pattern[str], value: str) -> str | None:
    match = search(pattern, value)
    found = match and (match[1] if pattern.groups else match[0])
    return found.strip() or None if found else None
