"""Records offsets that can no longer be read as a dead letter, and goes on after them."""

from __future__ import annotations

from dataclasses import replace

from museum_assets.dead_letters.letters import Letter, write_letters
from museum_assets.kiosk.letters import KIOSK_STREAM
from museum_assets.kiosk.stream.position import BatchBooks, Position, advance
from resources.postgres import Connection

OFFSETS_LOST = "offsets_lost"


def pass_deleted(conn: Connection, before: Position, low: int) -> tuple[Position, str]:
    """Move on to `low`, the first offset that the brokers still have; return (the new position, what was lost)."""
    count = low - before.next_offset
    message = (
        f"offsets {before.next_offset} to {low - 1} of {before.name} were deleted by the brokers before they were read "
        f"(at most {count} messages): retention is shorter than the consumer was away. Reading goes on at {low}"
    )
    after = replace(before, next_offset=low, anchor=None)
    return _pass(conn, before, after, f"{before.next_offset}-{low - 1}", message, count)


def begin_anew(conn: Connection, before: Position, low: int) -> tuple[Position, str]:
    """Move to `low`, the beginning of a topic made anew under the same name; return (the new position, the loss)."""
    after = replace(before, next_offset=low, generation=before.generation + 1, anchor=None)
    message = (
        f"the topic was deleted and made anew: whatever came after offset {before.next_offset - 1} of {before.name} "
        f"was never read. Reading goes on at {low} of the new one"
    )
    return _pass(conn, before, after, f"{before.next_offset}-", message, None)


def _pass(
    conn: Connection, before: Position, after: Position, offsets: str, message: str, count: int | None
) -> tuple[Position, str]:
    context = {"topic": before.topic, "partition": before.partition, "generation": before.generation,
               "from_offset": before.next_offset, "at_most": count}  # fmt: skip
    with conn.transaction():
        letter = Letter(KIOSK_STREAM.name, before.slug, before.place(offsets), (OFFSETS_LOST,), b"", message, context)
        write_letters(conn, [letter])
        advance(conn, before, after, BatchBooks())
    return after, message
