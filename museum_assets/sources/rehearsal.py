"""Rehearsing failures: a simulated source is read like a real one, and its marked records become dead letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from museum_assets.dead_letters.letters import Letter, StoredLetter, write_letters
from museum_assets.dead_letters.sources import REPLAYED, LetterSource, ReplayOutcome
from museum_assets.sources.connector import SourceRecord
from museum_assets.sources.simulated import MARK, SIMULATED, SimulatedSource
from resources.postgres import Connection

REHEARSAL = "rehearsal"
"""Stands in place of a museum's slug, so that rehearsed letters are never taken for a museum's."""
REASON = "simulated_failure"


@dataclass
class RehearsalBooks:
    """The books of a rehearsal: extracted = accepted + refused. `letters` are those that are new or open again."""

    extracted: int = 0
    accepted: int = 0
    refused: int = 0
    letters: int = 0


def rehearse(conn: Connection, source: SimulatedSource) -> RehearsalBooks:
    """Read the source once, write a dead letter for each marked record, and return the books.

    The same seed makes the same letters, so that repeating a rehearsal adds none, and closed letters stay closed.
    """
    books = RehearsalBooks()

    def refused() -> Iterator[Letter]:
        for record in source.extract():
            books.extracted += 1
            if isinstance(record, SourceRecord) and not is_marked(record, source):
                books.accepted += 1
                continue
            books.refused += 1
            yield (
                letter(record, source)
                if isinstance(record, SourceRecord)
                else Letter(source.kind, REHEARSAL, record.place, (record.code,), record.body, record.message)
            )

    with conn.transaction():
        books.letters = write_letters(conn, refused())
    return books


def is_marked(record: SourceRecord, source: SimulatedSource) -> bool:
    """Say whether the record carries the mark, and so fails."""
    return str(record.value[source.marked]).startswith(MARK)


def letter(record: SourceRecord, source: SimulatedSource) -> Letter:
    """Return the dead letter of a marked record."""
    message = f"{source.marked} begins with {MARK}: this failure is rehearsed: replay or close the letter"
    body = orjson.dumps(dict(record.value))
    return Letter(source.kind, REHEARSAL, record.place, (REASON,), body, message, {"seed": source.seed})


def replay(conn: Connection, slug: str, letters: Sequence[StoredLetter]) -> list[ReplayOutcome]:  # noqa: ARG001
    """Return `replayed` for every letter, so that its whole life can be rehearsed; nothing is written."""
    return [REPLAYED for _ in letters]


LETTER_SOURCES = tuple(LetterSource(kind, lambda: replay) for kind in SIMULATED)
"""The simulated sources as sources of dead letters."""
