"""Where each partition of a museum's stream is read on: rows of `kiosk.stream_position`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from museum_assets.failures import MuseumError
from resources.kafka import Message
from resources.postgres import Connection
from sql import query


class Moved(MuseumError):
    """Somebody else read on meanwhile; nothing of the batch was written."""


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to read. `anchor` is the digest of the message before it; `generation` counts how often the
    topic was made anew, since offsets mean something within one topic only.
    """

    museum: str
    topic: str
    partition: int
    next_offset: int
    generation: int = 0
    anchor: bytes | None = None

    @property
    def name(self) -> str:
        """The partition, such as lmnh[0]; lmnh[0]~1 after the topic was made anew once."""
        return f"{self.topic}[{self.partition}]" + (f"~{self.generation}" if self.generation else "")

    def place(self, offset: int | str) -> str:
        """Return the place of a message for its dead letter."""
        return f"{self.name}@{offset}"


@dataclass(frozen=True, slots=True)
class Read:
    """The books of messages read: messages = loaded + duplicate + rejected."""

    loaded: int = 0
    duplicate: int = 0
    rejected: int = 0

    @property
    def messages(self) -> int:
        """How many messages."""
        return self.loaded + self.duplicate + self.rejected


def anchor(message: Message) -> bytes:
    """Return the digest by which a message is known again: of its broker timestamp and its bytes."""
    head = f"{message.timestamp}{'' if message.body is None else ':'}".encode()
    return hashlib.blake2b(head + (message.body or b""), digest_size=16).digest()


def positions(conn: Connection, museum: str, topic: str) -> dict[int, Position]:
    """Return the stored positions by partition."""
    rows = conn.execute(query("kiosk_stream_positions"), {"museum": museum, "topic": topic})
    return {row["partition"]: Position(museum, topic, **row) for row in rows}


def begin(conn: Connection, position: Position) -> None:
    """Store the position of a partition that was never read."""
    conn.execute(query("kiosk_stream_begin"), _params(position))


def advance(conn: Connection, before: Position, after: Position, read: Read) -> None:
    """Move a position on and add to its books, in the caller's transaction. Raises Moved unless it was at `before`."""
    books = {"loaded": read.loaded, "duplicate": read.duplicate, "rejected": read.rejected, "messages": read.messages}
    expected = {"before_offset": before.next_offset, "before_generation": before.generation}
    if not conn.execute(query("kiosk_stream_advance"), {**_params(after), **expected, **books}).rowcount:
        raise Moved(
            f"another process read {before.name} on from offset {before.next_offset}: nothing was written twice. Make "
            "sure that one consumer runs per museum, then run again"
        )


def _params(position: Position) -> dict[str, object]:
    return {name: getattr(position, name) for name in Position.__slots__}
