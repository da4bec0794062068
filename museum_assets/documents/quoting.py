"""Whether what a model read stands in the document as it is written, and not as a part of something longer.

A model that drops the last character reads 1952.1 for 1952.10 and KMS for KMS1, which are other objects: both stand in
the document as substrings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

from museum_assets.museums.text_repair import repaired

JOINTS = frozenset("-/_.,")
"""Characters that continue an object number when a letter or digit follows: 1952.10, SK-A-4, KKS1970/2."""
NAME_JOINTS = frozenset("-_")
"""Characters that continue a name: Smith-Jones. A full stop may come before one without a space, as in J.Smith."""
EDGES = ".,;:!?\"'()[]{}<>«»“”‘’"
"""Punctuation that may stand around an object number and not belong to it."""
ANNOUNCED = re.compile(r"(?:^|[^a-z])(?:no|nr|num|inv|acc|obj)\.$")
"""What may stand before an object number without a space, in lower case: Inv.no.1952.10."""
LONGEST_NUMBER_WORDS = 3
"""Words of the longest object number that is looked for in a text, such as `KMS 1 a`."""
LONGEST_NUMBER = 200
"""Characters of the longest object number."""
MOST_POSSIBLE_NUMBERS = 5_000
"""Of more numbers than that, a text is an inventory and no letter about an object."""


def folded(text: object) -> str:
    """Return text repaired as a record's is, in lower case, with line breaks and runs of spaces as one space."""
    return " ".join(repaired(str(text))[0].casefold().split())


def quotes_name(name: str, text: str) -> bool:
    """Say whether a folded text holds a name as whole words. The name is folded here."""
    return any(True for _ in _places(folded(name), text, NAME_JOINTS))


def quotes_number(number: str, text: str, known: Collection[str]) -> bool:
    """Say whether a folded text holds an object number that nothing continues.

    `known` are the museum's own numbers that stand in the text. Where a longer one of them stands, a number that is
    none of them is a part of it: KMS 1 of KMS 1 a, which only the museum can tell from a number and a word.
    """
    number = folded(number)
    own = {folded(each) for each in known}
    places = list(_places(number, text, JOINTS))
    if not places or number in own:
        return bool(places)
    longer = [place for each in own if number in each for place in _places(each, text, JOINTS)]
    return any(not any(p.start >= each.start and p.stop <= each.stop for each in longer) for p in places)


def possible_numbers(text: str) -> set[str]:
    """Return what may be an object number in a text: runs of up to LONGEST_NUMBER_WORDS words with a digit in them.

    At most MOST_POSSIBLE_NUMBERS runs are looked at.
    """
    words = text.split()
    found: set[str] = set()
    for first in range(len(words)):
        for stop in range(first + 1, min(first + LONGEST_NUMBER_WORDS, len(words)) + 1):
            run = " ".join(words[first:stop])
            if len(run) <= LONGEST_NUMBER and any(letter.isdigit() for letter in run):
                found |= {run, run.strip(EDGES), run.rstrip(".,;:")}
        if len(found) > MOST_POSSIBLE_NUMBERS:
            break
    return found


def _places(value: str, text: str, joints: Collection[str]) -> Iterator[range]:
    """Yield where a folded text holds a folded value that is not continued on either side."""
    start = text.find(value) if value else -1
    while start >= 0:
        stop = start + len(value)
        if not _continues(value[-1], text[stop : stop + 2], joints) and not _follows(value[0], text, start, joints):
            yield range(start, stop)
        start = text.find(value, start + 1)


def _follows(edge: str, text: str, start: int, joints: Collection[str]) -> bool:
    """Say whether a value's first character only goes on with the word before it."""
    before = text[max(0, start - 2) : start][::-1]
    return _continues(edge, before, joints) and not ANNOUNCED.search(text[max(0, start - 5) : start])


def _continues(edge: str, beyond: str, joints: Collection[str]) -> bool:
    """Say whether the characters beyond a value's edge, the nearest first, belong to the same word."""
    near, far = beyond[:1], beyond[1:]
    if _is_letter(near):
        return True
    # O.12:1 is a part of O.12; between a word and a number, a colon only announces the number.
    joined = near in joints or (near == ":" and edge.isdigit() and far.isdigit())
    return bool(near) and joined and _is_letter(far)


def _is_letter(character: str) -> bool:
    """Say whether a character, or none, is a letter, a digit or an accent of one."""
    return character.isalnum() or (character != "" and unicodedata.category(character).startswith("M"))
