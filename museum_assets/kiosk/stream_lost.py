"""Offsets that can no longer be read: noticed and kept as a dead letter, never skipped in silence."""

from __future__ import annotations

from dataclasses import replace

from museum_assets.dead_letters.letters import Letter, write_letters
from museum_assets.kiosk.stream_batch import SOURCE
from museum_assets.kiosk.stream_position import Position, Read, advance
from resources.postgres import Connection

OFFSETS_LOST = "offsets_lost"


def pass_deleted(conn: Connection, before: Position, low: int) -> Position:
    """Go on at the first offset that there still is; return the new position."""
    count = low - before.next_offset
    message = (
        f"offsets {before.next_offset} to {low - 1} of {before.name} were deleted by the brokers before they were read "
        f"(at most {count} messages): retention is shorter than the consumer was away. Reading goes on at {low}"
    )
    after = replace(before, next_offset=low, anchor=None)
    return _pass(conn, before, after, f"{before.next_offset}-{low - 1}", message, count)


def begin_anew(conn: Connection, before: Position, low: int) -> Position:
    """Go on at the beginning of a topic that was made anew under the same name; return the new position."""
    after = replace(before, next_offset=low, generation=before.generation + 1, anchor=None)
    message = (
        f"the topic was deleted and made anew: whatever came after offset {before.next_offset - 1} of {before.name} "
        f"was never read. Reading goes on at {low} of the new one"
    )
    return _pass(conn, before, after, f"{before.next_offset}-", message, None)


def _pass(
    conn: Connection, before: Position, after: Position, offsets: str, message: str, count: int | None
) -> Position:
    context = {"topic": before.topic, "partition": before.partition, "generation": before.generation,
               "from_offset": before.next_offset, "at_most": count}  # fmt: skip
    with conn.transaction():
        letter = Letter(SOURCE, before.museum, before.place(offsets), (OFFSETS_LOST,), b"", message, context)
        write_letters(conn, [letter])
        advance(conn, before, after, Read())
    return after
