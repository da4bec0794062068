"""Regular expressions of declarations, bounded: whoever writes one cannot make a harvest stand still."""

from __future__ import annotations

import re

# `sre_parse` is the public name, and warns that it goes; there is no other way to see what a pattern repeats.
from re import _parser  # type: ignore[attr-defined]
from typing import Any

LONGEST_PATTERN = 300
MOST_READ = 1_000
"""Characters of a text that a pattern sees. The work of the patterns allowed grows with their cube at most."""
MOST_REPEATS = 2
"""Repetitions without a narrow limit, such as `.*`; each more would multiply the work by the text's length."""
NARROW = 50
"""A repetition of so many at most counts as limited."""

_REPEATS = {"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"}
_REFUSED = {"GROUPREF": "a backreference", "ASSERT": "a look-ahead or look-behind", "GROUPREF_EXISTS": "a condition",
            "ASSERT_NOT": "a look-ahead or look-behind"}  # fmt: skip


def bounded(pattern: str) -> str:
    """Return the pattern. Raises ValueError, saying what is wrong, for one that may take long or is none."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters, this one {len(pattern)}")
    try:
        re.compile(pattern)
        parsed = _parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
    if (found := _repeats(parsed, inside=False)) > MOST_REPEATS:
        raise ValueError(
            f"{pattern!r} repeats without limit {found} times, and {MOST_REPEATS} are allowed: write {{0,{NARROW}}} "
            "for * or {1,50} for + where that is enough"
        )
    return pattern


def search(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Search the beginning of a text, as far as a pattern is allowed to see."""
    return pattern.search(text, 0, MOST_READ)


def _repeats(parsed: Any, *, inside: bool) -> int:
    """Return the number of wide repetitions. Raises ValueError for one within another, and for what is refused."""
    found = 0
    for operation, argument in parsed:
        name = str(operation)
        if name in _REFUSED:
            raise ValueError(f"{_REFUSED[name]} has no place in a declaration's pattern")
        if name in _REPEATS:
            _, most, inner = argument
            wide = most is _parser.MAXREPEAT or most > NARROW
            if inside and most != 1:
                raise ValueError("a repetition within a repetition may take for ever: write it without the outer one")
            found += wide + _repeats(inner, inside=inside or most != 1)
        else:
            found += sum(_repeats(part, inside=inside) for part in _parts(name, argument))
    return found


def _parts(name: str, argument: Any) -> list[Any]:
    match name:
        case "SUBPATTERN":
            return [argument[-1]]
        case "BRANCH":
            return list(argument[1])
        case "ATOMIC_GROUP":
            return [argument]
    return []
