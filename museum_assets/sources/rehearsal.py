"""Rehearsing failure: a simulated source is read as a real one would be, and its marked records are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from museum_assets.dead_letters.letters import Letter, StoredLetter, write_letters
from museum_assets.dead_letters.sources import REPLAYED, Outcome
from museum_assets.sources.connector import Record
from museum_assets.sources.simulated import MARK, SimulatedSource
from resources.postgres import Connection

MUSEUM = "rehearsal"
"""Stands where a museum's slug would, so that rehearsed letters are never taken for a museum's."""
REASON = "simulated_failure"


@dataclass
class Rehearsed:
    """The books of a rehearsal: extracted = accepted + refused. `letters` counts those that are new or open again."""

    extracted: int = 0
    accepted: int = 0
    refused: int = 0
    letters: int = 0


def rehearse(conn: Connection, source: SimulatedSource) -> Rehearsed:
    """Read the source once; each record with the mark becomes a dead letter. Nothing else is kept.

    The same seed makes the same letters: repeating a rehearsal adds none, and what a person closed stays closed.
    """
    books = Rehearsed()

    def refused() -> Iterator[Letter]:
        for record in source.extract():
            books.extracted += 1
            if isinstance(record, Record) and not is_marked(record, source):
                books.accepted += 1
                continue
            books.refused += 1
            yield (
                letter(record, source)
                if isinstance(record, Record)
                else Letter(source.kind, MUSEUM, record.place, (record.code,), record.body, record.message)
            )

    with conn.transaction():
        books.letters = write_letters(conn, refused())
    return books


def is_marked(record: Record, source: SimulatedSource) -> bool:
    """Say whether the record was chosen to fail."""
    return str(record.value[source.marked]).startswith(MARK)


def letter(record: Record, source: SimulatedSource) -> Letter:
    """Return the dead letter of a marked record."""
    message = f"{source.marked} begins with {MARK}: this failure is rehearsed: replay or close the letter"
    body = orjson.dumps(dict(record.value))
    return Letter(source.kind, MUSEUM, record.place, (REASON,), body, message, {"seed": source.seed})


def replay(conn: Connection, museum: str, letters: Sequence[StoredLetter]) -> list[Outcome]:  # noqa: ARG001
    """Let rehearsed failures go through, so that the whole life of a letter can be rehearsed; nothing is written."""
    return [REPLAYED for _ in letters]
