"""Stores where reading continues in each partition of a museum's stream: rows of `kiosk.stream_position`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from museum_assets.core.failures import MuseumError
from museum_assets.museums.kiosk_museum import KioskMuseum
from resources.kafka import Message
from resources.postgres import Connection
from sql import query


class PositionMoved(MuseumError):
    """Another process moved the position; nothing of the batch was written."""


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to read in a partition. `anchor` is the digest of the message before it.

    `generation` counts how often the topic was made anew: offsets of two topics cannot be compared.
    """

    slug: str
    topic: str
    partition: int
    next_offset: int
    generation: int = 0
    anchor: bytes | None = None

    @property
    def name(self) -> str:
        """The partition's name, such as lmnh[0], or lmnh[0]~1 once the topic was made anew."""
        return f"{self.topic}[{self.partition}]" + (f"~{self.generation}" if self.generation else "")

    def place(self, offset: int | str) -> str:
        """Return the `place` of a message's dead letter."""
        return f"{self.name}@{offset}"


@dataclass(frozen=True, slots=True)
class BatchBooks:
    """The books of one batch: messages = loaded + duplicate + rejected."""

    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0

    @property
    def messages(self) -> int:
        """How many messages were read."""
        return self.loaded + self.duplicate + self.rejected


def anchor(message: Message) -> bytes:
    """Return a message's digest, made of its broker timestamp and its bytes, to recognize it later."""
    head = f"{message.timestamp}{'' if message.body is None else ':'}".encode()
    return hashlib.blake2b(head + (message.body or b""), digest_size=16).digest()


def stored_positions(conn: Connection, slug: str, topic: str) -> dict[int, Position]:
    """Return the stored positions by partition."""
    rows = conn.execute(query("kiosk_stream.positions"), {"museum": slug, "topic": topic})
    return {row["partition"]: Position(slug, topic, **row) for row in rows}


def stream_totals(conn: Connection, museum: KioskMuseum) -> dict[str, Any]:
    """Return a stream's messages read, when it was read last, and what a person should know of its dead letters.

    `losses` are open letters about lost offsets, `waiting` those of an unknown site, `exhibitions` the known ones.
    """
    row = conn.execute(query("kiosk_stream.totals"), {"museum": museum.slug, "topic": museum.topic}).fetchone()
    assert row
    return row


def begin_partition(conn: Connection, position: Position) -> None:
    """Store the first position of a partition."""
    conn.execute(query("kiosk_stream.begin"), _params(position))


def advance(conn: Connection, before: Position, after: Position, batch: BatchBooks) -> None:
    """Move a position and add to its books, in the caller's transaction.

    Raises PositionMoved when the stored position is not `before`.
    """
    books = {name: getattr(batch, name) for name in ("loaded", "duplicate", "rejected", "messages")}
    expected = {"before_offset": before.next_offset, "before_generation": before.generation}
    if not conn.execute(query("kiosk_stream.advance"), {**_params(after), **expected, **books}).rowcount:
        raise PositionMoved(
            f"another process read {before.name} on from offset {before.next_offset}: nothing was written twice. "
            "Let one consumer run for each museum, then run again"
        )


def _params(position: Position) -> dict[str, object]:
    return {"museum" if name == "slug" else name: getattr(position, name) for name in Position.__slots__}
