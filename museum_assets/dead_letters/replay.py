"""Replaying dead letters: each goes through its source's own rules once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from museum_assets.dead_letters.letters import LetterFilter, StoredLetter, next_page, refuse_again, settle
from museum_assets.dead_letters.sources import Sources, replay_for
from resources.postgres import Connection, Database


@dataclass(slots=True)
class ReplayCounts:
    """The counts of a replay: letters = replayed + refused + due."""

    replayed: int = 0
    refused: int = 0
    due: int = 0

    @property
    def letters(self) -> int:
        """How many letters were replayed, whatever came of it."""
        return self.replayed + self.refused + self.due


def replay_letters(database: Database, sources: Sources, wanted: LetterFilter, by: str) -> ReplayCounts:
    """Replay every matching open letter, a page per transaction, and return the counts.

    A replay's effect and the letter's settlement commit together, so a kill loses and repeats nothing. Letters that
    another replay has locked are left to it. Raises MuseumError for a source without a replay, and whatever a replay
    raises: its page is rolled back then, and the pages before it are kept.
    """
    total, after = ReplayCounts(), 0
    with database.connect() as conn:
        while True:
            with conn.transaction():
                page = next_page(conn, wanted, after, lock=True)
                if not page:
                    return total
                for _, group in groupby(sorted(page, key=_origin), key=_origin):
                    _replay(conn, sources, list(group), by, total)
            after = page[-1].id


def _origin(letter: StoredLetter) -> tuple[str, str]:
    return letter.source, letter.museum


def _replay(conn: Connection, sources: Sources, letters: Sequence[StoredLetter], by: str, total: ReplayCounts) -> None:
    source, museum = _origin(letters[0])
    outcomes = list(zip(letters, replay_for(sources, source)(conn, museum, letters), strict=True))
    replayed = [letter.id for letter, outcome in outcomes if outcome.state == "replayed"]
    refused = [(letter.id, o.reasons, o.message) for letter, o in outcomes if o.state == "refused"]
    if replayed:
        settle(conn, replayed, "replayed", by)
    if refused:
        refuse_again(conn, refused)
    total.replayed += len(replayed)
    total.refused += len(refused)
    total.due += len(outcomes) - len(replayed) - len(refused)
