"""Words that set a work apart from the maker they stand beside: after, school of, attributed to.

They are in qualifiers.csv, each with its language and what it means: a curator edits it.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from museum_assets.museums.tables import Table, anything, language

TABLE = Table(
    Path(__file__).with_name("qualifiers.csv"),
    {"words": anything, "language": language, "qualifier": anything},
    "words",
)
_JOINING = "and "
"""What such words begin with may end a name without a comma: "Rembrandt and workshop"."""


def qualifier_in(words: str | None) -> str | None:
    """Return what a role or a prefix says of a work ("efter forlæg af" is after), None for "publisher"."""
    if not words:
        return None
    match = _patterns()[0].search(_folded(words))
    return _meanings()[match[1]] if match else None


@lru_cache(maxsize=16_384)
def split_name(name: str) -> tuple[str | None, str]:
    """Return (qualifier, the rest) of a name: "After Rembrandt", "Rembrandt (school of)", "Rembrandt and workshop"."""
    if meant := _meanings().get(_folded(name)):
        return meant, name
    _, before, behind = _patterns()
    found: list[str] = []
    while match := before.match(_folded(name)) or behind.search(_folded(name)):
        # The folded text is as long as the name, so that a place in one is a place in the other.
        kept = name[match.end() :] if match.start() == 0 and match.re is before else name[: match.start()]
        if not kept.strip(" ,()"):
            break
        found.append(_meanings()[match[1]])
        name = kept.strip(" ,")
    return (found[0] if found else None), name


def _folded(text: str) -> str:
    """Return a text in lower case with plain blanks, and as long as it was."""
    if len(low := text.lower()) == len(text):  # as nearly always
        return low
    return "".join(low if len(low := each.lower()) == 1 else each for each in text)


@cache
def _meanings() -> dict[str, str]:
    return {_folded(row["words"]): row["qualifier"] for row in TABLE.rows()}


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Return what finds the words anywhere in a role, before a name and behind one."""
    words = sorted(_meanings(), key=len, reverse=True)
    every = "|".join(map(re.escape, words))
    joining = "|".join(re.escape(each) for each in words if each.startswith(_JOINING))
    # A single word such as "studio" says so in a role; before a name it may be a part of it.
    leading = "|".join(re.escape(each) for each in words if " " in each or each in _ALONE)
    return (
        re.compile(rf"(?<!\w)({every})(?!\w)"),
        re.compile(rf"\(?({leading})(?:\)|:)?\s+"),
        re.compile(rf"(?:\s*[,(]\s*(?={every})|\s+(?={joining}))({every})\)?$"),
    )


_ALONE = frozenset({"after", "efter", "naar", "nach", "d'après", "d’après", "possibly", "probably", "tilskrevet",
                    "muligvis", "mogelijk", "pseudo"})  # fmt: skip
"""Single words that mean this before a name, too."""
