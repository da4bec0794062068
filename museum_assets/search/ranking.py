"""One ranking of what words and vectors find.

An object number that was asked for comes first, then titles that are exactly the query, then the works of an artist who
was asked for by name, then words and vectors fused by reciprocal rank. Where each ranking stands in the fusion was
measured: docs/decisions/0021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from museum_assets.search.answer import Reason
from resources.vector_index.search import by_reciprocal_rank

Name = tuple[str, str]
"""A museum and an object number."""


def name_of(row: Mapping[str, Any]) -> Name:
    """Return the museum and the object number of a row."""
    return row["museum"], row["object_number"]


WORDS_WEIGHT = 1.0
"""Of works with all words against one vector. With more, a "hunting dog in autumn" stood before every other dog."""
CORRECTED_WEIGHT = 0.5
"""Of works with all words of a corrected query: what was meant is a guess. Nobody asks Mary for "mare in spring"."""
SOME_WORDS_WEIGHT = 0.005
"""Of works with only some of the words: they follow what vectors find, in their own order, and move little in it."""


@dataclass(frozen=True, slots=True)
class Rankings:
    """What each side finds, best first. `vectors` are by the reason that they are."""

    numbers: Sequence[Name] = ()
    titles: Sequence[Name] = ()
    artists: Sequence[Name] = ()
    worded: Sequence[Name] = ()
    all_words: bool = True
    corrected: bool = False
    vectors: Mapping[Reason, Sequence[Name]] = field(default_factory=dict)

    def fused(self) -> list[Name]:
        """Return every work once, best first."""
        weighted = [(self._words_weight, self.worded), *((1.0, ranking) for ranking in self.vectors.values())]
        named = [*self.numbers, *self.titles, *self.artists]
        return list(dict.fromkeys([*named, *by_reciprocal_rank(weighted)]))

    @property
    def _words_weight(self) -> float:
        if not self.all_words:
            return SOME_WORDS_WEIGHT
        return CORRECTED_WEIGHT if self.corrected else WORDS_WEIGHT

    def reasons(self, names: Sequence[Name]) -> dict[Name, list[Reason]]:
        """Return why each of some works is among them, apart from its words."""
        rankings = {
            Reason.OBJECT_NUMBER: self.numbers,
            Reason.TITLE: self.titles,
            Reason.ARTIST: self.artists,
            **self.vectors,
        }
        found = {reason: set(ranking) for reason, ranking in rankings.items()}
        return {name: [reason for reason, works in found.items() if name in works] for name in names}
