"""The sources of dead letters: how each replays its letters, and how many records it has read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, LiteralString

from museum_assets.core.failures import MuseumError
from museum_assets.dead_letters.letters import StoredLetter
from resources.postgres import Connection


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """What a replay did with one letter.

    `replayed`: its effect is written. `refused`: it is refused again, for these reasons. `due`: its record was made
    due, and the next run of its source settles the letter when the record goes through.
    """

    state: Literal["replayed", "refused", "due"]
    reasons: tuple[str, ...] = ()
    message: str | None = None


REPLAYED = ReplayOutcome("replayed")
DUE = ReplayOutcome("due")

Replay = Callable[[Connection, str, Sequence[StoredLetter]], Sequence[ReplayOutcome]]
"""Replays the letters of one museum (given by its slug) and source: one outcome per letter, in their order.

It runs in the caller's transaction, in which the caller also settles the letters, so that both commit together.
"""


@dataclass(frozen=True, slots=True)
class LetterSource:
    """A source of dead letters. Every domain lists its own, and the catalogue lists them all."""

    name: str
    load: Callable[[], Replay]
    """Returns the function that replays its letters; a heavy import happens only when it is called."""
    records_read: LiteralString | None = None
    """The statement that counts the records that the source has read of a museum, for the share of letters in them."""


Sources = Mapping[str, LetterSource]


def by_name(sources: Iterable[LetterSource]) -> Sources:
    """Return {name: source}."""
    return {source.name: source for source in sources}


def replay_for(sources: Sources, name: str) -> Replay:
    """Return the function that replays a source's letters. Raises MuseumError for an unknown source."""
    if name not in sources:
        raise MuseumError(
            f"nothing replays dead letters of {name!r}: close them, or choose from {', '.join(sorted(sources))}"
        )
    return sources[name].load()
